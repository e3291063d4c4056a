import type { FlowTarget } from './flow-driver.ts';
import { recordKey } from './handle.ts';
import type { Asker, HostRequest, Identity } from './host-request.ts';

/** Who is asking, in both shapes. */
export interface Known {
  readonly identity: Identity;
  readonly asker: Asker;
}

/** The flow that the handle owns for this login. */
export function targetOf<Native>(
  request: HostRequest<Native>,
  { identity, asker }: Known,
  handle: string,
): FlowTarget<Native> {
  return { key: recordKey(handle, asker), asker, context: { request: request.native, identity } };
}
