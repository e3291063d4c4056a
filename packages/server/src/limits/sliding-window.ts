import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import RateLimiterStoreAbstract from 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js';
import * as v from 'valibot';
import { reachable, updateStored } from '../store/compare-and-set.ts';
import type { Store, StoredRecord } from '../store/store.ts';

/** What a counter is made of. */
export interface SlidingWindowOptions {
  readonly store: Store;
  readonly now: () => number;
  readonly name: string;
  readonly count: number;
  readonly windowMs: number;
}

/** The points that count now, and how many an attempt would have made of them. */
interface Window {
  readonly times: readonly number[];
  readonly consumed: number;
}

const TimesSchema = v.object({ times: v.array(v.number()) });

/**
 * Makes a counter in the store, the same for all processes. It keeps the time of each point, so that no interval as
 * long as the window ever holds more than `count`; what is refused leaves no trace.
 */
export function createSlidingWindow(options: SlidingWindowOptions): RateLimiterAbstract {
  return new SlidingWindow(options);
}

class SlidingWindow extends RateLimiterStoreAbstract {
  readonly #options: SlidingWindowOptions;

  constructor(options: SlidingWindowOptions) {
    const { name, count, windowMs, store } = options;
    super({
      keyPrefix: `limit:${name}`,
      points: count,
      duration: windowMs / 1_000,
      storeClient: store,
    });
    this.#options = options;
  }

  /** The library's way to add points, or with less than none to take the latest back. */
  async _upsert(key: string, points: number): Promise<Window> {
    const { store, now, count, windowMs } = this.#options;
    return updateStored<Window>(store, key, (stored) => {
      const before = this.#timesIn(stored);
      const consumed = Math.max(0, before.length + points);
      if (consumed > count && points > 0) return { result: { times: before, consumed } };
      const added = Array.from({ length: Math.max(0, points) }, now);
      const times = [...before.slice(0, consumed), ...added];
      return { write: { value: { times }, ttlMs: windowMs }, result: { times, consumed } };
    });
  }

  async _get(key: string): Promise<Window | null> {
    const stored = await reachable(this.#options.store.read(key));
    if (stored === undefined) return null;
    const times = this.#timesIn(stored);
    return { times, consumed: times.length };
  }

  _getRateLimiterRes(_key: string, _points: number, { times, consumed }: Window): RateLimiterRes {
    const { now, count, windowMs } = this.#options;
    const inTheWay = times[times.length - count];
    const wait = inTheWay === undefined ? 0 : Math.max(1, inTheWay + windowMs - now());
    return new RateLimiterRes(Math.max(0, count - consumed), wait, consumed);
  }

  #timesIn(stored: StoredRecord | undefined): readonly number[] {
    const { now, windowMs } = this.#options;
    const parsed = v.safeParse(TimesSchema, stored?.value);
    return parsed.success ? parsed.output.times.filter((time) => time > now() - windowMs) : [];
  }
}
