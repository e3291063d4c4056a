import { StepUpError } from '@stepgate/core';
import type { Json, Store, StoredRecord } from './store.ts';

/** What an update writes, if anything, and its result for the caller. */
export interface Update<T> {
  readonly write?: { readonly value: Json; readonly ttlMs: number };
  readonly result: T;
  /** Called with the version that the write made. */
  readonly written?: (version: number) => void;
}

const MOST_TRIES = 20;

/**
 * Reads, decides and writes, and repeats if another write came between. `decide` runs again after a lost race, so it
 * must be pure, except for random ids. `guess`: what is probably stored, for a first try without a read.
 *
 * @throws StepUpError `store_unavailable` (503) when the store does not answer, or other writes always came first.
 */
export async function updateStored<T>(
  store: Store,
  key: string,
  decide: (stored: StoredRecord | undefined) => Update<T>,
  guess?: StoredRecord,
): Promise<T> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
    const isGuess = attempt === 0 && guess !== undefined;
    const stored = isGuess ? guess : await reachable(store.read(key));
    const { write, result, written } = decide(stored);
    if (write === undefined) {
      // Nothing confirmed the guess: read, and decide again.
      if (isGuess) continue;
      return result;
    }
    const { value, ttlMs } = write;
    const writing = store.write(key, value, { ifVersion: stored?.version ?? 0, ttlMs });
    const version = await reachable(writing);
    if (version === undefined) continue;
    written?.(version);
    return result;
  }
  throw unavailable();
}

/** Turns a store's error into a 503 that repeats none of its text. */
export function reachable<T>(answer: Promise<T>): Promise<T> {
  return answer.catch(() => {
    throw unavailable();
  });
}

/** The error for a store that does not answer. It repeats none of the store's text. */
export function unavailable(): StepUpError {
  return new StepUpError('store_unavailable', 'The store does not answer.', {
    retryAfterMs: 1_000,
    headers: { 'retry-after': '1' },
  });
}
