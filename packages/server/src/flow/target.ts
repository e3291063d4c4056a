import type { Caller, HookContext } from '../request/caller.ts';
import { type Owner, recordKey } from '../request/handle-cookie.ts';
import type { HostRequest } from '../request/host-request.ts';

/** Whose flow it is, and what the app's hooks are given of the request that drives it. */
export interface FlowTarget<Native> extends Owner {
  readonly caller: Caller;
  readonly context: HookContext<Native>;
}

/** The flow that the handle owns for this login. */
export function targetOf<Native>(
  request: HostRequest<Native>,
  caller: Caller,
  handle: string,
): FlowTarget<Native> {
  return {
    key: recordKey(handle, caller),
    caller,
    context: { request: request.native, identity: caller.identity },
  };
}
