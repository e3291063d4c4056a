import { afterEach, expect, it, vi } from 'vitest';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { describeStore } from '../../src/store-contract.ts';

/** The tests of the contract for a store, by their titles. */
function testsOf(store: Store): ReadonlyMap<string, () => Promise<void>> {
  const tests = new Map<string, () => Promise<void>>();
  describeStore('a store', () => ({ store, other: store }), {
    describe: (_, body) => body(),
    it: (title, body) => tests.set(title, body),
  });
  return tests;
}

afterEach(() => vi.useRealTimers());

it('waits for nothing more when a write fails that should wake a watcher', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const store = { ...createMemoryStore(), write: () => Promise.reject(new Error('the store is away')) };
  const waking = [...testsOf(store)].filter(([title]) => /watcher/.test(title));
  expect(waking).toHaveLength(3);

  for (const [, test] of waking) {
    await expect(test()).rejects.toThrow('the store is away');
    // A timer that is left would reject a promise that nothing handles.
    expect(vi.getTimerCount()).toBe(0);
  }
});
