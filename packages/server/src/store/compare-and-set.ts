import { StepUpError } from '@stepgate/core';
import type { Json, Store, StoredRecord } from './store.ts';

/** What an update wants written, if anything, and what it wants to tell its caller. */
export interface Update<T> {
  readonly write?: { readonly value: Json; readonly ttlMs: number };
  readonly result: T;
  /** Hears of the version that the write has made. */
  readonly written?: (version: number) => void;
}

const MOST_TRIES = 20;

/**
 * Reads, decides and writes until no other write comes between. `decide` must be pure but for random ids: it runs
 * again after a lost race. `guess`: what is probably there still, for a first try that does not read.
 *
 * @throws StepUpError `store_unavailable` (503) when the store does not answer, or others were always faster.
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
      // Over a guess nothing was compared.
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

/** A store that throws is a 503 that says nothing of the store's own words. */
export function reachable<T>(answer: Promise<T>): Promise<T> {
  return answer.catch(() => {
    throw unavailable();
  });
}

function unavailable(): StepUpError {
  return new StepUpError('store_unavailable', 'the store does not answer', {
    retryAfterMs: 1_000,
    headers: { 'retry-after': '1' },
  });
}
