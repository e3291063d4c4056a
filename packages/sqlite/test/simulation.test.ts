import { createSqliteStore, type SqliteStore } from '@stepgate/sqlite';
import { expect, it, onTestFinished, vi } from 'vitest';
import { failureIn } from '../../server/test/simulation/property.ts';
import type { CreateStore } from '../../server/test/simulation/world.ts';
import { newPath } from './support/new-path.ts';

const RUNS = 20;
/** Without compare-and-set, its second run breaks a promise. */
const SEED = 1;

it('breaks no promise of the simulation, whose clock and failures are made up, on SQLite either', {
  timeout: 120_000,
}, async () => {
  const stores: SqliteStore[] = [];
  const faults: unknown[] = [];
  onTestFinished(() => {
    for (const store of stores) store.close();
  });
  const createStore: CreateStore = (now) => {
    const store = createSqliteStore({
      path: newPath(),
      durable: false,
      onError: (error) => faults.push(error),
    });
    stores.push(store);
    /** The store reads the machine's clock before it waits for anything. */
    function atItsTime<T>(work: () => T): T {
      const clock = vi.spyOn(Date, 'now').mockImplementation(now);
      try {
        return work();
      } finally {
        clock.mockRestore();
      }
    }
    return {
      read: (key) => atItsTime(() => store.read(key)),
      write: (key, value, options) => atItsTime(() => store.write(key, value, options)),
      delete: (key) => atItsTime(() => store.delete(key)),
    };
  };

  expect(await failureIn(RUNS, SEED, createStore)).toBeUndefined();
  // A store that does nothing breaks no promise.
  expect([stores.length, faults]).toEqual([RUNS, []]);
});
