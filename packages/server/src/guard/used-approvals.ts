import type { Approval, KeptTokens } from '../records/handle-record.ts';
import type { Caller } from '../request/caller.ts';

/** An approval that has let a request through a guard. */
export interface UsedApproval {
  /** The record's key. */
  readonly key: string;
  readonly caller: Caller;
  /** Of the requirement that it met. */
  readonly hash: string;
  readonly approval: Approval;
  /** The tokens that were kept in the record, sealed. */
  readonly kept: readonly KeptTokens[] | undefined;
  /** It was a single-use approval, and this was its use. */
  readonly isUsedUp: boolean;
  /** When its first receipt was given. A service may act on that, so the approval stays used from then on. */
  firstReceiptAt?: number;
}

/** Where a guard stands in its route, as far as the host can tell. */
export interface GuardPlace {
  /** The handler that is this guard; `undefined` where that is not known, or the response is already out. */
  readonly self: unknown;
  /** Lists of handlers that run one directly after the other. */
  chains(): readonly (readonly unknown[])[];
}

/** What the guards of a request have used so far, shared between them. */
export interface RequestUses {
  used: readonly UsedApproval[];
  /**
   * How many of `used`, from the start, stay used when a later guard refuses, because a handler may have run with
   * them.
   */
  settled: number;
  /** The guard that ran last. */
  last: unknown;
}

const NONE: readonly UsedApproval[] = [];

/** Uses that no other guard knows of. */
export function createUses(): RequestUses {
  return { used: NONE, settled: 0, last: undefined };
}

/** Remembers a use. Nearly every request has one only, so the list has room for no more. */
export function addUse(uses: RequestUses, use: UsedApproval): void {
  uses.used = uses.used.length === 0 ? [use] : [...uses.used, use];
}

/** The use of this record that met the same demand. */
export function findUse(
  { used }: RequestUses,
  key: string,
  { hash }: { readonly hash: string },
): UsedApproval | undefined {
  return used.length === 0 ? undefined : used.find((use) => use.key === key && use.hash === hash);
}

/** Takes out the uses from the `first` on that can be given back. */
export function takeUses(uses: RequestUses, first: number): readonly UsedApproval[] {
  const taken = uses.used.slice(first).filter(({ firstReceiptAt }) => firstReceiptAt === undefined);
  uses.used = uses.used.filter((use) => !taken.includes(use));
  return taken;
}

const USES = Symbol('stepgate.uses');

/**
 * What the guards of this request have used, for the next one. Only guards that directly follow each other count as
 * one decision, and a refusal then gives everything back. If anything stands between two guards, it may have acted on
 * the approvals of the first.
 *
 * It is kept as a property of the request: a `WeakMap` of requests would cost the garbage collector more than the
 * guard itself.
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

/** A handler that stands twice in a chain does not say where it is. */
function followsDirectly(place: GuardPlace, last: unknown): boolean {
  const { self } = place;
  return place.chains().some((handlers) => {
    const at = handlers.indexOf(self);
    const isTwice =
      handlers.lastIndexOf(self) !== at || handlers.indexOf(last) !== handlers.lastIndexOf(last);
    return at > 0 && handlers[at - 1] === last && !isTwice;
  });
}
