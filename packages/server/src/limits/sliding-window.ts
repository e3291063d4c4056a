import * as v from 'valibot';
import { reachable, updateStored } from '../store/compare-and-set.ts';
import type { Store, StoredRecord } from '../store/store.ts';

/** A counter in the store, shared by all processes: at most `count` points in any interval as long as the window. */
export interface SlidingWindow {
  /**
   * Counts a point under this id, only once even if called again. When the window is full, returns the time to wait
   * in milliseconds, and counts nothing.
   */
  take(key: string, id: string): Promise<number | undefined>;
  /** Takes the point with this id back. Other points keep their times. */
  giveBack(key: string, id: string): Promise<void>;
  /** The time to wait until another point fits, in milliseconds. */
  wait(key: string): Promise<number>;
}

/** One counted point: when, and under which id. */
type Point = readonly [time: number, id: string];

const PointsSchema = v.object({ points: v.array(v.tuple([v.number(), v.string()])) });

/** Makes a counter. `name` tells its records from those of other counters. */
export function createSlidingWindow(options: {
  readonly store: Store;
  readonly now: () => number;
  readonly name: string;
  readonly count: number;
  readonly windowMs: number;
}): SlidingWindow {
  const { store, now, name, count, windowMs } = options;
  const placeOf = (key: string): string => `limit:${name}:${key}`;

  function pointsIn(stored: StoredRecord | undefined): readonly Point[] {
    const parsed = v.safeParse(PointsSchema, stored?.value);
    return parsed.success ? parsed.output.points.filter(([time]) => time > now() - windowMs) : [];
  }

  /** How long until fewer than `count` points are left. */
  function waitAmong(points: readonly Point[]): number {
    const oldest = points[points.length - count];
    return oldest === undefined ? 0 : Math.max(1, oldest[0] + windowMs - now());
  }

  return {
    take: (key, id) =>
      updateStored<number | undefined>(store, placeOf(key), (stored) => {
        const points = pointsIn(stored);
        if (points.some(([, one]) => one === id)) return { result: undefined };
        if (points.length >= count) return { result: waitAmong(points) };
        const value = { points: [...points, [now(), id]] };
        return { write: { value, ttlMs: windowMs }, result: undefined };
      }),
    giveBack: (key, id) =>
      updateStored(store, placeOf(key), (stored) => {
        const points = pointsIn(stored);
        const left = points.filter(([, one]) => one !== id);
        if (left.length === points.length) return { result: undefined };
        return {
          write: { value: { points: left.map(([...point]) => point) }, ttlMs: windowMs },
          result: undefined,
        };
      }),
    wait: async (key) => waitAmong(pointsIn(await reachable(store.read(placeOf(key))))),
  };
}
