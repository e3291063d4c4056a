import type { Clock } from '@stepgate/core';

interface Timer {
  readonly at: number;
  readonly ms: number;
  readonly callback: () => void;
}

/** A clock that moves only when a test advances it. */
export interface ManualClock extends Clock {
  /** Moves on, and runs the timers that are due, in order. */
  advance(ms: number): void;
  /** Resolves when a timer with such a length is waiting. */
  timerOf(isWanted: (ms: number) => boolean): Promise<void>;
}

export function createManualClock(start = 1_000_000): ManualClock {
  const timers = new Set<Timer>();
  const waiting = new Set<{ isWanted: (ms: number) => boolean; resolve: () => void }>();
  let now = start;
  return {
    now: () => now,
    setTimeout(callback, ms) {
      const timer = { at: now + ms, ms, callback };
      timers.add(timer);
      for (const one of waiting) {
        if (!one.isWanted(ms)) continue;
        waiting.delete(one);
        one.resolve();
      }
      return timer;
    },
    clearTimeout: (timer) => void timers.delete(timer as Timer),
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        now = next.at;
        next.callback();
      }
      now = end;
    },
    timerOf(isWanted) {
      if ([...timers].some(({ ms }) => isWanted(ms))) return Promise.resolve();
      return new Promise((resolve) => waiting.add({ isWanted, resolve }));
    },
  };
}
