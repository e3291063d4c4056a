import cluster from 'node:cluster';
import { randomBytes, randomUUID } from 'node:crypto';
import { type Clock, StepUpError, systemClock } from '@stepgate/core';
import { createAudit } from '../events/audit.ts';
import type { Runtime } from '../events/runtime.ts';
import { tracedStore } from '../events/signals.ts';
import { type Capacity, parseCapacity } from '../limits/capacity.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { parseBasePath } from './assert-options.ts';
import type { GateOptions } from './gate-options.ts';

/** What everything else in a gate stands on. */
export interface Foundation {
  readonly basePath: string;
  readonly capacity: Capacity;
  readonly store: Store;
  readonly random: Random;
  readonly runtime: Runtime;
  /** Closes the gate: fires `runtime.closing`. */
  close(): void;
}

/** Where randomness comes from. */
export interface Random {
  readonly bytes: (size: number) => Uint8Array;
  readonly id: () => string;
  /** From 0 up to, but not including, 1. */
  readonly number: () => number;
}

const NOT_SHARED =
  'No store configured: records live in this process only and are lost on restart. Give all processes the same store; if there is only one process, say so with `store: createMemoryStore()`.';

/**
 * Lays the foundation.
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createFoundation(options: GateOptions<unknown>): Foundation {
  const store = tracedStore(
    options.store ?? createMemoryStore({ now: () => (options.clock ?? systemClock).now() }),
  );
  const clock = options.clock ?? clockOf(store);
  const onError = shielded(options.onError ?? ((error) => console.error(error)));
  const closing = new AbortController();
  if (options.store === undefined && isMeantForMany()) {
    onError(new StepUpError('misconfigured', NOT_SHARED));
  }

  return {
    basePath: parseBasePath(options.basePath ?? '/step-up'),
    capacity: parseCapacity(options.capacity),
    store,
    random: {
      bytes: options.randomBytes ?? randomBytes,
      id: options.randomUUID ?? randomUUID,
      number: options.random ?? Math.random,
    },
    runtime: {
      clock,
      audit: createAudit({ ...options, now: () => clock.now(), onError }),
      onError,
      closing: closing.signal,
    },
    close: () => closing.abort(),
  };
}

/** The store's time where it has one, so that what one process writes means the same to the others. */
function clockOf(store: Store): Clock {
  return store.now === undefined ? systemClock : { ...systemClock, now: () => store.now?.() ?? Date.now() };
}

/** Whether there may be more processes than this one. */
function isMeantForMany(): boolean {
  return cluster.isWorker || process.env.NODE_ENV === 'production';
}

/**
 * A hook that fails must fail neither the work that it hears of nor the process. Its error is printed, since a logger's
 * method that was passed without its logger always throws.
 */
function shielded(hook: (error: unknown) => unknown): (error: unknown) => void {
  return (error) => {
    void (async () => hook(error))().catch((failure: unknown) =>
      console.error('onError failed', failure, error),
    );
  };
}
