import type { Clock } from '@stepgate/core';

/** Waits for the work, but not for longer than `ms`: it goes on without us. */
export async function waitAtMost(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  let timer: unknown;
  const timeout = new Promise<void>((resolve) => {
    timer = clock.setTimeout(resolve, ms);
  });
  await Promise.race([work, timeout]).finally(() => clock.clearTimeout(timer));
}
