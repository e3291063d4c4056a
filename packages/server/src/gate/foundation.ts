import cluster from 'node:cluster';
import { randomBytes } from 'node:crypto';
import { type Clock, StepUpError, systemClock } from '@stepgate/core';
import { createAudit } from '../events/audit.ts';
import type { Runtime } from '../events/runtime.ts';
import { shielded } from '../lib/shielded.ts';
import type { Bounds, Capacity } from '../limits/capacity.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import type { GateSettings } from './parse-options.ts';

/** What everything else in a gate stands on. */
export interface Foundation {
  readonly basePath: string;
  readonly capacity: Capacity & Bounds;
  /** The app's store, whose keys it may share with other gates. */
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

/** As many as nobody guesses, and no two are ever the same. */
const ID_BYTES = 16;
const NOT_SHARED =
  'No store configured: records live in this process only and are lost on restart. On one server, use @stepgate/sqlite; on several, @stepgate/redis or @stepgate/postgres. To keep records in memory, pass `store: createMemoryStore()`.';

/** Lays the foundation. */
export function createFoundation(settings: GateSettings): Foundation {
  const { basePath, capacity, testing } = settings;
  const store = settings.store ?? createMemoryStore({ now: () => (testing.clock ?? systemClock).now() });
  const clock = testing.clock ?? clockOf(store);
  const onError = shielded(settings.onError ?? ((error) => console.error(error)));
  const bytes = testing.randomBytes ?? randomBytes;
  const closing = new AbortController();
  if (settings.store === undefined && isMeantForMany()) {
    onError(new StepUpError('misconfigured', NOT_SHARED));
  }

  return {
    basePath,
    capacity,
    store,
    random: {
      bytes,
      id: () => Buffer.from(bytes(ID_BYTES)).toString('base64url'),
      number: testing.random ?? Math.random,
    },
    runtime: {
      clock,
      audit: createAudit({ ...settings, now: () => clock.now(), onError }),
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
