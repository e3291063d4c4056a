import type { KeptTokens } from './kept-tokens.ts';
import type { Approval } from './record.ts';

/** An approval that has let a request through a guard. */
export interface Use {
  /** The record's key. */
  readonly key: string;
  /** Of the requirement that it has met. */
  readonly hash: string;
  readonly approval: Approval;
  /** The tokens that were kept in the record, sealed. */
  readonly kept: readonly KeptTokens[] | undefined;
  /** It was for a single use, which this was. */
  readonly isUsedUp: boolean;
}

/** Remembers, for as long as a request lives, what its guards have used. */
export interface RequestUses {
  /** The list of this request, which its guards share. */
  of(native: unknown): Use[];
}

/** Makes the memory. It holds no request back from being forgotten. */
export function createRequestUses(): RequestUses {
  const lists = new WeakMap<object, Use[]>();
  return {
    of(native) {
      if (typeof native !== 'object' || native === null) return [];
      const list = lists.get(native) ?? [];
      lists.set(native, list);
      return list;
    },
  };
}
