import { type Clock, isStepUpError } from '@stepgate/core';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

/** Tries one step as often as its caller can wait. A step that succeeded is not tried again. */
export type Retry = <T>(step: () => Promise<T>) => Promise<T>;

/** Tries a step once. */
export const once: Retry = (step) => step();

/** Repeats the work while the store does not answer, with growing pauses, until the time is over or the signal fires. */
export async function retryUntilDone<T>(
  work: () => Promise<T>,
  options: { readonly clock: Clock; readonly until: number; readonly signal: AbortSignal },
): Promise<T> {
  const { clock, until, signal } = options;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, 2 * wait)) {
    try {
      return await work();
    } catch (error) {
      const isOver = signal.aborted || clock.now() + wait >= until;
      if (isOver || !isStepUpError(error, 'store_unavailable')) throw error;
      await sleep(clock, wait, signal);
    }
  }
}

async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => resolve();
  const timer = clock.setTimeout(wake, ms);
  signal.addEventListener('abort', wake, { once: true });
  await promise;
  signal.removeEventListener('abort', wake);
  clock.clearTimeout(timer);
}
