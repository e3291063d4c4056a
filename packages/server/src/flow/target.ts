import type { Caller, HookContext } from '../request/caller.ts';
import { type Owner, recordKey } from '../request/handle-cookie.ts';
import type { HostRequest } from '../request/host-request.ts';

/** Whose flow it is, and what the app's hooks are given of the request that drives it. */
export interface FlowTarget extends Owner {
  readonly caller: Caller;
  readonly context: HookContext;
}

/** The flow that the handle owns for this login. */
export function targetOf(request: HostRequest, caller: Caller, handle: string): FlowTarget {
  return {
    key: recordKey(handle, caller),
    caller,
    context: { request: request.native, identity: caller.identity },
  };
}
