import type { Clock } from '../../src/index.ts';

/** A clock that moves only when it is told to. */
export interface FakeClock extends Clock {
  /** The times of the timers that are set, earliest first. */
  readonly alarms: readonly number[];
  /** Moves on, calling back what becomes due on the way, and lets everything settle. */
  advance(ms: number): Promise<void>;
  /** Moves the time alone, as when a laptop wakes up or its clock is put right. */
  jump(ms: number): void;
  /** Calls back the next timer now, as timers that are early do. */
  fireEarly(): Promise<void>;
}

export function createFakeClock(start: number = Date.UTC(2026, 0, 1)): FakeClock {
  const timers = new Map<number, { readonly at: number; readonly callback: () => void }>();
  let now = start;
  let lastId = 0;

  function earliest(): [number, { readonly at: number; readonly callback: () => void }] | undefined {
    return [...timers].sort(([, one], [, other]) => one.at - other.at)[0];
  }

  return {
    now: () => now,
    setTimeout(callback, ms) {
      lastId += 1;
      timers.set(lastId, { at: now + ms, callback });
      return lastId;
    },
    clearTimeout: (id) => void timers.delete(id as number),
    get alarms() {
      return [...timers.values()].map(({ at }) => at).sort((one, other) => one - other);
    },
    async advance(ms) {
      const end = now + ms;
      for (let next = earliest(); next !== undefined && next[1].at <= end; next = earliest()) {
        const [id, { at, callback }] = next;
        timers.delete(id);
        now = Math.max(now, at);
        callback();
        await settled();
      }
      now = end;
      await settled();
    },
    jump(ms) {
      now += ms;
    },
    async fireEarly() {
      const next = earliest();
      if (next === undefined) throw new Error('no timer is set');
      timers.delete(next[0]);
      next[1].callback();
      await settled();
    },
  };
}

/** Lets every promise that can settle do so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
