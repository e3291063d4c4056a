import type { Clock } from '@stepgate/core';

/** A clock that stands still until a test moves it. Timers fire in the order of their times, within `advance`. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** Resolves when something waits for the time: at once, or with the next timer. */
  whenWaited(): Promise<void>;
}

/** Makes a clock that begins at a fixed time. */
export function createManualClock(): ManualClock {
  const timers = new Map<number, { readonly at: number; readonly callback: () => void }>();
  let now = Date.UTC(2026, 0, 5, 9);
  let lastId = 0;
  let watchers: (() => void)[] = [];

  function earliest(
    until: number,
  ): [number, { readonly at: number; readonly callback: () => void }] | undefined {
    return [...timers].filter(([, { at }]) => at <= until).toSorted(([, a], [, b]) => a.at - b.at)[0];
  }

  return {
    now: () => now,
    setTimeout(callback, ms) {
      lastId += 1;
      timers.set(lastId, { at: now + ms, callback });
      for (const watcher of watchers.splice(0)) watcher();
      return lastId;
    },
    clearTimeout(timer) {
      timers.delete(timer as number);
    },
    advance(ms) {
      const end = now + ms;
      for (let next = earliest(end); next !== undefined; next = earliest(end)) {
        const [id, { at, callback }] = next;
        timers.delete(id);
        now = Math.max(now, at);
        callback();
      }
      now = end;
    },
    whenWaited() {
      if (timers.size > 0) return Promise.resolve();
      return new Promise((resolve) => {
        watchers = [...watchers, resolve];
      });
    },
  };
}

/** The clock of a process that has stopped: it tells the time, but its timers never fire. */
export function stoppedClock(clock: Clock): Clock {
  return { now: () => clock.now(), setTimeout: () => undefined, clearTimeout: () => {} };
}
