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

/** Where in its route a guard stands, as far as the host can tell. */
export interface GuardPlace {
  /** The handler that is this guard. */
  readonly self: unknown;
  /** Lists of handlers that run one directly after the other. */
  readonly chains: () => readonly (readonly unknown[])[];
}

/** What the guards of a request have used so far. They share it. */
export interface RequestUses {
  readonly used: UsedApproval[];
  /** So many of `used`, the first ones, stay used when a later guard refuses: a handler may have run with them. */
  settled: number;
  /** The guard that came last. */
  last: unknown;
}

/** Uses of which no other guard knows. */
export function createUses(): RequestUses {
  return { used: [], settled: 0, last: undefined };
}

const USES = Symbol('stepgate.uses');

/**
 * What the guards of this request have used, for the next one. Only guards that follow each other directly are one
 * decision, of which a refusal gives everything back: whatever else stands between two guards may have acted on the
 * approvals of the first.
 *
 * It is a property of the request: a `WeakMap` of requests costs the garbage collector more than a guard costs in all.
 */
export function enterGuard(native: unknown, place: GuardPlace | undefined): RequestUses {
  const uses = usesOf(native);
  if (uses.used.length > 0 && !(place && followsDirectly(place, uses.last))) uses.settled = uses.used.length;
  uses.last = place?.self;
  return uses;
}

function usesOf(native: unknown): RequestUses {
  if (typeof native !== 'object' || native === null || !Object.isExtensible(native)) return createUses();
  const request = native as { [USES]?: RequestUses };
  request[USES] ??= createUses();
  return request[USES];
}

/** A handler that stands twice in a chain does not tell where it stands. */
function followsDirectly({ self, chains }: GuardPlace, last: unknown): boolean {
  return chains().some((handlers) => {
    const at = handlers.indexOf(self);
    const isTwice =
      handlers.lastIndexOf(self) !== at || handlers.indexOf(last) !== handlers.lastIndexOf(last);
    return at > 0 && handlers[at - 1] === last && !isTwice;
  });
}
