import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import { describeStore } from '../../src/store-contract.ts';

describeStore(
  'the memory store',
  () => {
    let now = 0;
    const store = createMemoryStore({ now: () => now });
    return {
      store,
      other: store,
      passTime: async (ms) => {
        now += ms;
      },
    };
  },
  { describe, it },
);

describe('createMemoryStore', () => {
  it('calls listeners of the key after each write and delete, until they leave', async () => {
    const store = createMemoryStore();
    let calls = 0;
    const leave = store.subscribe?.('k', () => {
      calls += 1;
    });

    await store.write('other', 1, { ifVersion: 0, ttlMs: 1_000 });
    expect(calls).toBe(0);
    await store.write('k', 1, { ifVersion: 0, ttlMs: 1_000 });
    await store.write('k', 1, { ifVersion: 0, ttlMs: 1_000 });
    expect(calls).toBe(1);
    await store.delete('k');
    expect(calls).toBe(2);
    leave?.();
    await store.write('k', 1, { ifVersion: 0, ttlMs: 1_000 });
    expect(calls).toBe(2);
  });
});
