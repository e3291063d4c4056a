import type { Ask } from './pool.ts';

const SWEEP_EVERY_MS = 60_000;
const ROWS_AT_ONCE = 500;

/** Deletes expired records about once a minute. Returns the function that ends it. */
export function startSweeper(ask: Ask, sweep: string): () => void {
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;

  async function sweepAll(): Promise<void> {
    try {
      for (let swept = ROWS_AT_ONCE; swept === ROWS_AT_ONCE && !isOver; ) {
        swept = (await ask(sweep, [ROWS_AT_ONCE])).rowCount ?? 0;
      }
    } catch {
      // `ask` has reported it, and the next sweep tries again.
    }
    if (!isOver) wait();
  }

  /** Random, since many processes start at the same time. */
  function wait(): void {
    timer = setTimeout(() => void sweepAll(), SWEEP_EVERY_MS * (0.5 + Math.random()));
    timer.unref();
  }

  wait();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
