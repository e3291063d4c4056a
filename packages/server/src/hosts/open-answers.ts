import type { Clock } from '@stepgate/core';
import type { WhenGone } from '../request/host-request.ts';

/** The responses of a process that are still being sent, so that a graceful stop can wait for them. */
export interface OpenAnswers {
  /** Counts a response until `whenGone` calls back. */
  add(whenGone: WhenGone): void;
  /** Resolves when all responses counted so far are out, or after {@link LONGEST_WAIT_MS}. */
  written(): Promise<void>;
}

/** A stop does not wait longer for clients that have stopped reading. */
const LONGEST_WAIT_MS = 2_000;

/** Makes the counter. */
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
