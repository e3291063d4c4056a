import type { Clock } from '@stepgate/core';
import type { WhenGone } from '../request/host-request.ts';

/** The answers of a process that are not out yet, for a graceful stop to wait for. */
export interface OpenAnswers {
  /** Counts an answer until `whenGone` calls back. */
  add(whenGone: WhenGone): void;
  /** Resolves when all that are counted now are out, or {@link LONGEST_WAIT_MS} have passed. */
  written(): Promise<void>;
}

/** A stop does not wait longer for clients that have stopped reading. */
const LONGEST_WAIT_MS = 2_000;

/** Counts answers. */
export function createOpenAnswers(clock: Clock): OpenAnswers {
  const open = new Set<Promise<void>>();
  return {
    add(whenGone) {
      const { promise, resolve } = Promise.withResolvers<void>();
      open.add(promise);
      whenGone(() => {
        open.delete(promise);
        resolve();
      });
    },
    async written() {
      const timedOut = Promise.withResolvers<void>();
      const timer = clock.setTimeout(timedOut.resolve, LONGEST_WAIT_MS);
      await Promise.race([Promise.all(open), timedOut.promise]);
      clock.clearTimeout(timer);
    },
  };
}
