import { AsyncResource } from 'node:async_hooks';
import type { Clock } from '@stepgate/core';
import { createManualClock } from 'suites/manual-clock.ts';
import type { Clocked } from './deeds.ts';

/** The clocks of a simulation. Real time only goes forward; what the store and the processes show can be set. */
export interface Clocks {
  /** Real time, in milliseconds since the epoch. */
  now(): number;
  advance(ms: number): void;
  /** Sets a clock forward, or back. */
  set(whose: Clocked, ms: number): void;
  storeNow(): number;
  /** The clock of a process. Its timers run by real time. */
  ofProcess(index: number): Clock;
  /** Whether all show the same time now. */
  agree(): boolean;
  /** How much shorter than real time a time was for the gate between two moments, at the most. */
  gain(from: number, to: number): number;
  /** How much longer it was, at the most. */
  loss(from: number, to: number): number;
}

const NAMES = ['store', 'process 0', 'process 1'] as const;

export function createClocks(): Clocks {
  const real = createManualClock();
  const ahead = { store: 0, 'process 0': 0, 'process 1': 0 };
  /** Since when the clocks go by so much ahead of real time. */
  const history: { readonly since: number; readonly least: number; readonly most: number }[] = [];

  function note(): void {
    const all = Object.values(ahead);
    history.push({ since: real.now(), least: Math.min(...all), most: Math.max(...all) });
  }
  note();

  /** What the clocks showed between two moments. */
  function between(from: number, to: number): typeof history {
    if (history.length === 1) return history;
    return history.filter(({ since }, index) => {
      const until = history[index + 1]?.since ?? Number.POSITIVE_INFINITY;
      return since <= to && until >= from;
    });
  }

  function rise(
    periods: typeof history,
    low: (period: (typeof history)[number]) => number,
    high: (period: (typeof history)[number]) => number,
  ): number {
    let lowest = Number.POSITIVE_INFINITY;
    let most = 0;
    for (const period of periods) {
      lowest = Math.min(lowest, low(period));
      most = Math.max(most, high(period) - lowest);
    }
    return most;
  }

  return {
    now: () => real.now(),
    advance: (ms) => real.advance(ms),
    set(whose, ms) {
      for (const name of NAMES) if (whose === 'all' || whose === name) ahead[name] += ms;
      note();
    },
    storeNow: () => real.now() + ahead.store,
    agree: () => new Set(Object.values(ahead)).size === 1,
    ofProcess(index) {
      const name = index === 0 ? 'process 0' : 'process 1';
      return {
        now: () => real.now() + ahead[name],
        // As the timers of Node do, these belong to the request that has set them.
        setTimeout: (callback, ms) => real.setTimeout(AsyncResource.bind(callback), ms),
        clearTimeout: (timer) => real.clearTimeout(timer),
      };
    },
    gain: (from, to) =>
      rise(
        between(from, to),
        ({ least }) => least,
        ({ most }) => most,
      ),
    loss: (from, to) =>
      rise(
        between(from, to),
        ({ most }) => -most,
        ({ least }) => -least,
      ),
  };
}
