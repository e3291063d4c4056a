import { describe, expect, it } from 'vitest';
import { createMemoryStore, type Store } from '../../src/index.ts';
import { createLocks } from '../../src/store/lock.ts';
import { slowStore } from '../support/slow-store.ts';

function locksAt(time: { now: number }, store: Store = createMemoryStore({ now: () => time.now })) {
  return createLocks(store, () => time.now);
}

describe('createLocks', () => {
  it('gives a lock to one holder, and tells the others who has it and until when', async () => {
    const locks = locksAt({ now: 0 });
    expect(await locks.acquire('push', 'a', 10)).toBeUndefined();
    expect(await locks.acquire('push', 'b', 20)).toEqual({ holder: 'a', until: 10 });
    expect(await locks.acquire('other', 'b', 20)).toBeUndefined();
  });

  it('lets its holder extend it', async () => {
    const locks = locksAt({ now: 0 });
    await locks.acquire('push', 'a', 10);
    expect(await locks.acquire('push', 'a', 30)).toBeUndefined();
    expect(await locks.acquire('push', 'b', 20)).toEqual({ holder: 'a', until: 30 });
  });

  it('ends by itself', async () => {
    const time = { now: 0 };
    const locks = locksAt(time);
    await locks.acquire('push', 'a', 10);
    time.now = 10;
    expect(await locks.acquire('push', 'b', 20)).toBeUndefined();
  });

  it('is released by its holder only', async () => {
    const locks = locksAt({ now: 0 });
    await locks.acquire('push', 'a', 10);
    await locks.release('push', 'b');
    expect(await locks.acquire('push', 'b', 20)).toEqual({ holder: 'a', until: 10 });
    await locks.release('push', 'a');
    expect(await locks.acquire('push', 'b', 20)).toBeUndefined();
  });

  it('stays with a holder who takes it again while it is about to be freed', async () => {
    const locks = locksAt({ now: 0 });
    await locks.acquire('push', 'a', 10);
    await locks.release('push', 'a', async () => {
      await locks.acquire('push', 'a', 30);
      return true;
    });
    expect(await locks.acquire('push', 'b', 20)).toEqual({ holder: 'a', until: 30 });
  });

  it('is not freed while it is not over', async () => {
    const locks = locksAt({ now: 0 });
    await locks.acquire('push', 'a', 10);
    await locks.release('push', 'a', async () => false);
    expect(await locks.acquire('push', 'b', 20)).toEqual({ holder: 'a', until: 10 });
  });

  it('has one winner among concurrent requests', async () => {
    const locks = locksAt({ now: 0 }, slowStore(createMemoryStore({ now: () => 0 })));
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((holder) => locks.acquire('push', holder, 10)),
    );
    expect(answers.filter((other) => other === undefined)).toHaveLength(1);
  });

  it('goes to the same holder as often as it asks, also concurrently', async () => {
    const locks = locksAt({ now: 0 }, slowStore(createMemoryStore({ now: () => 0 })));
    const answers = await Promise.all(['a', 'a', 'a'].map((holder) => locks.acquire('push', holder, 10)));
    expect(answers).toEqual([undefined, undefined, undefined]);
  });
});
