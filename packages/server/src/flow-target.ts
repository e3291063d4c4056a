import type { FirstLegContext } from './first-leg.ts';
import { recordKey } from './handle.ts';
import type { Asker, HostRequest, Identity } from './host-request.ts';

/** Whose flow, in which record, and the request in which it is driven. */
export interface FlowTarget<Native> {
  /** The record's key. */
  readonly key: string;
  readonly asker: Asker;
  readonly context: FirstLegContext<Native>;
}

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
