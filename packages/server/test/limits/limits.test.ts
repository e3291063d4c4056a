import { describe, expect, it } from 'vitest';
import { createMemoryStore, DEFAULT_LIMITS, type Limits } from '../../src/index.ts';
import { type Attempt, createLimitBook, type LimitBook, type LimitKeys } from '../../src/limits/limits.ts';
import { slowStore } from '../support/slow-store.ts';

const MINUTE_MS = 60_000;

const thief: LimitKeys = { flow: 'his', session: 'stolen', subject: 'ada' };
const owner: LimitKeys = { flow: 'hers', session: 'own', subject: 'ada' };

function bookAt(time: { now: number }, limits?: Partial<Limits>): LimitBook {
  const now = (): number => time.now;
  return createLimitBook({ store: createMemoryStore({ now }), now, limits });
}

/** How many of these attempts pass. */
async function passing(book: LimitBook, attempt: Attempt, keys: LimitKeys, tries = 30): Promise<number> {
  let passed = 0;
  for (let i = 0; i < tries; i += 1) {
    if ((await book.charge(attempt, keys)) === undefined) passed += 1;
  }
  return passed;
}

describe('limits', () => {
  it.each<[Attempt, number]>([
    ['start', 10],
    ['message', 3],
    ['push', 5],
    ['password', 5],
    ['list', 30],
    ['code', 5],
  ])('let a session do so many of a kind (%s: %i) by default', async (attempt, count) => {
    expect(await passing(bookAt({ now: 0 }), attempt, thief)).toBe(count);
  });

  it.each<Attempt>(['message', 'push', 'password', 'code'])(
    'leave the owner one %s at any time, whatever a stolen session does with many handles for hours',
    async (attempt) => {
      const time = { now: 0 };
      const book = bookAt(time);
      for (let minute = 0; minute < 150; minute += 1) {
        await passing(book, attempt, { ...thief, flow: `handle ${minute % 7}` });
        const wait = await book.charge(attempt, owner);
        expect(wait).toBeUndefined();
        await book.refund(attempt, owner);
        time.now += MINUTE_MS;
      }
    },
  );

  it('keep one session from the last of the subject when the options give a session more', async () => {
    const book = bookAt(
      { now: 0 },
      {
        messagesPerSession: { count: 100, windowMs: MINUTE_MS },
        messagesPerSubject: { count: 4, windowMs: MINUTE_MS },
      },
    );
    expect(await passing(book, 'message', thief)).toBe(3);
    expect(await passing(book, 'message', owner)).toBe(1);
  });

  it('hold in every interval as long as the window, not only from its first attempt on', async () => {
    const time = { now: 0 };
    const book = bookAt(time, {
      startsPerSession: { count: 3, windowMs: 10_000 },
    });
    const passed: number[] = [];
    for (; time.now < 60_000; time.now += 500) {
      if ((await book.charge('start', owner)) === undefined) passed.push(time.now);
    }
    const busiest = passed.map((from) => passed.filter((at) => at >= from && at < from + 10_000).length);
    expect(Math.max(...busiest)).toBe(3);
    expect(passed.length).toBe(18);
  });

  it('say how long to wait, and mean it', async () => {
    const time = { now: 0 };
    const book = bookAt(time, { startsPerSession: { count: 2, windowMs: MINUTE_MS } });
    await book.charge('start', owner);
    time.now = 20_000;
    await book.charge('start', owner);
    time.now = 30_000;

    const wait = await book.charge('start', owner);
    expect(wait).toBe(30_000);
    time.now += 29_999;
    expect(await book.charge('start', owner)).toBe(1);
    time.now += 1;
    expect(await book.charge('start', owner)).toBeUndefined();
  });

  it('say the longest of the times to wait', async () => {
    const book = bookAt(
      { now: 0 },
      {
        messagesPerSession: { count: 1, windowMs: MINUTE_MS },
        messagesPerSubject: { count: 2, windowMs: 10 * MINUTE_MS },
      },
    );
    await book.charge('message', thief);
    await book.charge('message', owner);
    expect(await book.charge('message', thief)).toBe(10 * MINUTE_MS);
  });

  it.each<Attempt>(['message', 'password', 'code'])('count a refused %s nowhere', async (attempt) => {
    const time = { now: 0 };
    const book = bookAt(time, {
      messagesPerSubject: { count: 2, windowMs: MINUTE_MS },
      passwordsPerSubject: { count: 2, windowMs: MINUTE_MS },
      wrongCodesPerSubject: { count: 2, windowMs: MINUTE_MS },
    });
    await book.charge(attempt, owner);
    await book.charge(attempt, thief);
    // Refused by the subject's limit, for the third session: its own is not touched.
    const third = { ...thief, flow: 'third', session: 'third' };
    expect(await passing(book, attempt, third)).toBe(0);
    time.now = MINUTE_MS;
    expect(await passing(book, attempt, third)).toBe(1);
    expect(await passing(book, attempt, owner)).toBe(1);
  });

  it('take an attempt back that was no wrong one', async () => {
    const book = bookAt({ now: 0 });
    for (let i = 0; i < 20; i += 1) {
      expect(await book.charge('code', owner)).toBeUndefined();
      await book.refund('code', owner);
    }
  });

  it('are never exceeded by attempts at once, in however many processes', async () => {
    const store = slowStore(createMemoryStore({ now: () => 0 }));
    const limits = { startsPerSession: { count: 8, windowMs: MINUTE_MS } };
    const books = [1, 2, 3].map(() => createLimitBook({ store, now: () => 0, limits }));
    const waits = await Promise.all(
      Array.from({ length: 60 }, (_, index) => books[index % 3]?.charge('start', owner)),
    );
    expect(waits.filter((wait) => wait === undefined)).toHaveLength(8);
  });

  it('keep nothing for longer than the window', async () => {
    const time = { now: 0 };
    const now = (): number => time.now;
    const kept: { key: string; ttlMs: number }[] = [];
    const store = createMemoryStore({ now });
    const book = createLimitBook({
      now,
      store: {
        ...store,
        write(key, value, options) {
          kept.push({ key, ttlMs: options.ttlMs });
          return store.write(key, value, options);
        },
      },
    });
    await book.charge('start', owner);
    expect(kept).toEqual([{ key: 'limit:startsPerSession:own', ttlMs: 600_000 }]);
  });

  it('refuse when the store does not answer, as every guard does', async () => {
    const store = { ...createMemoryStore(), read: () => Promise.reject(new Error('hunter2')) };
    const book = createLimitBook({ store, now: () => 0 });
    await expect(book.charge('start', owner)).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('are lifted by false', async () => {
    expect(await passing(bookAt({ now: 0 }, { startsPerSession: false }), 'start', owner, 50)).toBe(50);
  });

  it('name the limit that is wrong', () => {
    const wrong = { startsPerSession: { count: 0, windowMs: 1 } };
    expect(() => bookAt({ now: 0 }, wrong)).toThrow(
      new TypeError('limits.startsPerSession: must be false, or { count, windowMs } of whole numbers from 1'),
    );
    expect(() => bookAt({ now: 0 }, { pushes: false } as object)).toThrow(/limits\.pushes/);
    expect(Object.values(DEFAULT_LIMITS)).not.toContain(false);
  });
});
