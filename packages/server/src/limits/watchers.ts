import { StepUpError } from '@stepgate/core';
import type { Bounds, Capacity } from './capacity.ts';

/** Counts the requests that are held open in this process: long-polls and event streams. */
export interface Watchers {
  /** Whether one more watcher can follow this record. */
  hasRoom(key: string): boolean;
  /**
   * Counts one more watcher of this record. Call the returned function to take it off; further calls do nothing.
   *
   * @throws StepUpError `too_many_watchers` (429) for the record, `overloaded` (503) for the process.
   */
  enter(key: string): () => void;
}

/** When there may be room again: most watchers end within a minute, many sooner. */
export const WATCH_AGAIN_SECONDS = 10;

/** Makes the counter. */
export function createWatchers({
  watchersPerHandle,
  watchersPerProcess,
}: Pick<Bounds, 'watchersPerHandle'> & Pick<Capacity, 'watchersPerProcess'>): Watchers {
  const perKey = new Map<string, number>();
  let all = 0;

  const isFullFor = (key: string): boolean => (perKey.get(key) ?? 0) >= watchersPerHandle;

  function leave(key: string): void {
    all -= 1;
    const left = (perKey.get(key) ?? 0) - 1;
    if (left > 0) perKey.set(key, left);
    else perKey.delete(key);
  }

  return {
    hasRoom: (key) => all < watchersPerProcess && !isFullFor(key),
    enter(key) {
      // The record's own limit first, so that the client learns which limit it has reached.
      if (isFullFor(key)) throw tooMany(watchersPerHandle);
      if (all >= watchersPerProcess) throw overloaded();
      all += 1;
      perKey.set(key, (perKey.get(key) ?? 0) + 1);
      let isIn = true;
      return () => {
        if (isIn) leave(key);
        isIn = false;
      };
    },
  };
}

function tooMany(most: number): StepUpError {
  return new StepUpError(
    'too_many_watchers',
    `This browser already follows its flow in ${most} places. Close one, or read the view without waiting.`,
    { retryAfterMs: WATCH_AGAIN_SECONDS * 1_000 },
  );
}

function overloaded(): StepUpError {
  return new StepUpError(
    'overloaded',
    'This server follows as many flows as it can. Try again later, or read the view without waiting.',
    { retryAfterMs: WATCH_AGAIN_SECONDS * 1_000 },
  );
}
