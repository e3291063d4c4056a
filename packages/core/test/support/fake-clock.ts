import type { Clock } from '../../src/index.ts';

/** A clock that moves only on request. */
export interface FakeClock extends Clock {
  /** The times of the active timers, earliest first. */
  readonly alarms: readonly number[];
  /** Moves on, fires the timers that become due, and waits until everything has settled. */
  advance(ms: number): Promise<void>;
  /** Changes only the time, as when a laptop wakes up or its clock is corrected. */
  jump(ms: number): void;
  /** Fires the next timer now, as early timers do. */
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

/** Waits until every promise that can settle has settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
