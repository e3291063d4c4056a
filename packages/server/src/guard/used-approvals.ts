import type { Approval, KeptTokens } from '../records/handle-record.ts';
import type { Caller } from '../request/caller.ts';

/** An approval that has let a request through a guard. */
export interface UsedApproval {
  /** The record's key. */
  readonly key: string;
  readonly caller: Caller;
  /** Of the requirement that it has met. */
  readonly hash: string;
  readonly approval: Approval;
  /** The tokens that were kept in the record, sealed. */
  readonly kept: readonly KeptTokens[] | undefined;
  /** It was for a single use, which this was. */
  readonly isUsedUp: boolean;
}

const USES = Symbol('stepgate.uses');

/**
 * What the guards of a request have used so far: a list that they share. It hangs on the request itself and goes with
 * it; a `WeakMap` of requests costs a garbage collector more than a guard costs in all.
 */
export function usedApprovalsOf(native: unknown): UsedApproval[] {
  if (typeof native !== 'object' || native === null || !Object.isExtensible(native)) return [];
  const request = native as { [USES]?: UsedApproval[] };
  request[USES] ??= [];
  return request[USES];
}
