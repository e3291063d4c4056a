import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../src/memory-store.ts';

describe('createMemoryStore', () => {
  it('writes only over the version that was read', async () => {
    const store = createMemoryStore();

    const first = await store.write('k', { n: 1 }, { ifVersion: 0, ttlMs: 1_000 });
    const again = await store.write('k', { n: 2 }, { ifVersion: 0, ttlMs: 1_000 });
    const next = await store.write('k', { n: 3 }, { ifVersion: first ?? -1, ttlMs: 1_000 });

    expect(again).toBeUndefined();
    expect(next).toBeGreaterThan(first ?? 0);
    expect(await store.read('k')).toMatchObject({ value: { n: 3 }, version: next });
  });

  it('lets one of many writers win', async () => {
    const store = createMemoryStore();
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, n) => store.write('k', n, { ifVersion: 0, ttlMs: 1_000 })),
    );
    expect(results.filter((version) => version !== undefined)).toHaveLength(1);
  });

  it('forgets a record when its time is over', async () => {
    let now = 0;
    const store = createMemoryStore({ now: () => now });
    await store.write('k', 1, { ifVersion: 0, ttlMs: 1_000 });

    now = 999;
    expect(await store.read('k')).toMatchObject({ value: 1 });
    now = 1_000;
    expect(await store.read('k')).toBeUndefined();
    expect(await store.write('k', 2, { ifVersion: 0, ttlMs: 1_000 })).toBeDefined();
  });

  it('keeps a copy, which later changes of the value do not reach', async () => {
    const store = createMemoryStore();
    const value = { list: [1] };
    await store.write('k', value, { ifVersion: 0, ttlMs: 1_000 });
    value.list.push(2);
    expect(await store.read('k')).toMatchObject({ value: { list: [1] } });
  });

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

  it('never gives a version out twice for a key, after a delete or the end of its time either', async () => {
    let now = 0;
    const store = createMemoryStore({ now: () => now });
    const first = await store.write('k', 1, { ifVersion: 0, ttlMs: 1_000 });
    await store.delete('k');
    const second = await store.write('k', 2, { ifVersion: 0, ttlMs: 1_000 });
    now = 1_000;
    const third = await store.write('k', 3, { ifVersion: 0, ttlMs: 1_000 });
    expect(new Set([first, second, third]).size).toBe(3);
  });
});
