import type { Asker, FirstLegContext, Known } from '../request/asker.ts';
import { recordKey } from '../request/handle-cookie.ts';
import type { HostRequest } from '../request/host-request.ts';

/** Whose flow, in which record, and the request in which it is driven. */
export interface FlowTarget<Native> {
  /** The record's key. */
  readonly key: string;
  readonly asker: Asker;
  readonly context: FirstLegContext<Native>;
}

/** The flow that the handle owns for this login. */
export function targetOf<Native>(
  request: HostRequest<Native>,
  { identity, asker }: Known,
  handle: string,
): FlowTarget<Native> {
  return { key: recordKey(handle, asker), asker, context: { request: request.native, identity } };
}
