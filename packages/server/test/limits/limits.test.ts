import { describe, expect, it } from 'vitest';
import { createMemoryStore, DEFAULT_LIMITS, type LimitOptions } from '../../src/index.ts';
import { createLimitBook, type LimitBook, type LimitKeys, type LimitName } from '../../src/limits/limits.ts';
import { slowStore } from '../support/slow-store.ts';

const MINUTE_MS = 60_000;
const RESEND_AFTER_MS = 15_000;

const attacker: LimitKeys = { flow: 'theirs', session: 'stolen', subject: 'ada' };
const owner: LimitKeys = { flow: 'own', session: 'own', subject: 'ada' };

function bookAt(time: { now: number }, limits?: LimitOptions): LimitBook {
  const now = (): number => time.now;
  return createLimitBook({ store: createMemoryStore({ now }), now, limits, resendAfterMs: RESEND_AFTER_MS });
}

let lastId = 0;
const nextId = (): string => `attempt ${++lastId}`;

/** How many of these attempts pass. */
async function passing(book: LimitBook, attempt: LimitName, keys: LimitKeys, tries = 30): Promise<number> {
  let passed = 0;
  for (let i = 0; i < tries; i += 1) {
    if ((await book.charge(attempt, nextId(), keys)) === undefined) passed += 1;
  }
  return passed;
}

describe('limits', () => {
  it.each<[LimitName, number]>([
    ['starts', 10],
    ['pushes', 3],
    ['messages', 3],
    ['unapprovedPushes', 5],
    ['passwords', 5],
    ['lists', 30],
    ['codes', 5],
  ])('allow a session this many of a kind (%s: %i) by default', async (attempt, count) => {
    expect(await passing(bookAt({ now: 0 }), attempt, attacker)).toBe(count);
  });

  it.each<LimitName>(['messages', 'pushes', 'unapprovedPushes', 'passwords', 'codes'])(
    'leave the owner one %s at any time, however many handles a stolen session uses for hours',
    async (attempt) => {
      const time = { now: 0 };
      const book = bookAt(time);
      for (let minute = 0; minute < 150; minute += 1) {
        await passing(book, attempt, { ...attacker, flow: `handle ${minute % 7}` });
        const id = nextId();
        const wait = await book.charge(attempt, id, owner);
        expect(wait).toBeUndefined();
        await book.refund(attempt, id, owner);
        time.now += MINUTE_MS;
      }
    },
  );

  it('keep one session from the last attempt of the subject when the options give a session more', async () => {
    const book = bookAt(
      { now: 0 },
      {
        messages: {
          perSession: { count: 100, windowMs: MINUTE_MS },
          perSubject: { count: 4, windowMs: MINUTE_MS },
        },
      },
    );
    expect(await passing(book, 'messages', attacker)).toBe(3);
    expect(await passing(book, 'messages', owner)).toBe(1);
  });

  it('hold in every interval as long as the window, not only from the first attempt on', async () => {
    const time = { now: 0 };
    const book = bookAt(time, {
      starts: { perSession: { count: 3, windowMs: 10_000 } },
    });
    const passed: number[] = [];
    for (; time.now < 60_000; time.now += 500) {
      if ((await book.charge('starts', nextId(), owner)) === undefined) passed.push(time.now);
    }
    const busiest = passed.map((from) => passed.filter((at) => at >= from && at < from + 10_000).length);
    expect(Math.max(...busiest)).toBe(3);
    expect(passed.length).toBe(18);
  });

  it('say how long to wait, exactly', async () => {
    const time = { now: 0 };
    const book = bookAt(time, { starts: { perSession: { count: 2, windowMs: MINUTE_MS } } });
    await book.charge('starts', nextId(), owner);
    time.now = 20_000;
    await book.charge('starts', nextId(), owner);
    time.now = 30_000;

    const wait = await book.charge('starts', nextId(), owner);
    expect(wait).toBe(30_000);
    time.now += 29_999;
    expect(await book.charge('starts', nextId(), owner)).toBe(1);
    time.now += 1;
    expect(await book.charge('starts', nextId(), owner)).toBeUndefined();
  });

  it('say the longest of the times to wait', async () => {
    const book = bookAt(
      { now: 0 },
      {
        messages: {
          perSession: { count: 1, windowMs: MINUTE_MS },
          perSubject: { count: 2, windowMs: 10 * MINUTE_MS },
        },
      },
    );
    await book.charge('messages', nextId(), attacker);
    await book.charge('messages', nextId(), owner);
    expect(await book.charge('messages', nextId(), attacker)).toBe(10 * MINUTE_MS);
  });

  it.each<LimitName>(['messages', 'passwords', 'codes'])('count a refused %s nowhere', async (attempt) => {
    const time = { now: 0 };
    const book = bookAt(time, {
      messages: { perSubject: { count: 2, windowMs: MINUTE_MS } },
      passwords: { perSubject: { count: 2, windowMs: MINUTE_MS } },
      codes: { perSubject: { count: 2, windowMs: MINUTE_MS } },
    });
    await book.charge(attempt, nextId(), owner);
    await book.charge(attempt, nextId(), attacker);
    // Refused by the subject's limit, for the third session: its own is not touched.
    const third = { ...attacker, flow: 'third', session: 'third' };
    expect(await passing(book, attempt, third)).toBe(0);
    time.now = MINUTE_MS;
    expect(await passing(book, attempt, third)).toBe(1);
    expect(await passing(book, attempt, owner)).toBe(1);
  });

  it('restore an attempt that was not wrong', async () => {
    const book = bookAt({ now: 0 });
    for (let i = 0; i < 20; i += 1) {
      const id = nextId();
      expect(await book.charge('codes', id, owner)).toBeUndefined();
      await book.refund('codes', id, owner);
    }
  });

  it('are never exceeded by concurrent attempts, in any number of processes', async () => {
    const store = slowStore(createMemoryStore({ now: () => 0 }));
    const limits = { starts: { perSession: { count: 8, windowMs: MINUTE_MS } } };
    const books = [1, 2, 3].map(() =>
      createLimitBook({ store, now: () => 0, resendAfterMs: RESEND_AFTER_MS, limits }),
    );
    const waits = await Promise.all(
      Array.from({ length: 60 }, (_, index) => books[index % 3]?.charge('starts', nextId(), owner)),
    );
    expect(waits.filter((wait) => wait === undefined)).toHaveLength(8);
  });

  it('keep nothing longer than the window', async () => {
    const time = { now: 0 };
    const now = (): number => time.now;
    const kept: { key: string; ttlMs: number }[] = [];
    const store = createMemoryStore({ now });
    const book = createLimitBook({
      now,
      resendAfterMs: RESEND_AFTER_MS,
      store: {
        ...store,
        write(key, value, options) {
          kept.push({ key, ttlMs: options.ttlMs });
          return store.write(key, value, options);
        },
      },
    });
    await book.charge('starts', nextId(), owner);
    expect(kept).toEqual([{ key: 'limit:starts.perSession:own', ttlMs: 600_000 }]);
  });

  it('refuse when the store does not answer, as every guard does', async () => {
    const store = { ...createMemoryStore(), read: () => Promise.reject(new Error('hunter2')) };
    const book = createLimitBook({ store, now: () => 0, resendAfterMs: RESEND_AFTER_MS });
    await expect(book.charge('starts', nextId(), owner)).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('count an attempt once, however often it is charged under its id', async () => {
    const book = bookAt({ now: 0 }, { starts: { perSession: { count: 2, windowMs: MINUTE_MS } } });
    for (let i = 0; i < 5; i += 1) expect(await book.charge('starts', 'the same', owner)).toBeUndefined();
    expect(await passing(book, 'starts', owner)).toBe(1);
  });

  it('restore the named attempt, and leave the others their times', async () => {
    const time = { now: 0 };
    const book = bookAt(time, {
      pushes: { perSession: { count: 2, windowMs: MINUTE_MS }, perSubject: false },
    });
    await book.charge('pushes', 'approved', owner);
    time.now = 50_000;
    await book.charge('pushes', 'unapproved', owner);
    await book.refund('pushes', 'approved', owner);
    // Only the one of second 50 is left, and it is in the way until second 110.
    time.now = 60_000;
    expect(await passing(book, 'pushes', owner)).toBe(1);
    time.now = 109_999;
    expect(await passing(book, 'pushes', owner)).toBe(0);
  });

  it('accept one limit for every scope of an attempt: two pushes an hour', async () => {
    const time = { now: 0 };
    const book = bookAt(time, { pushes: { count: 2, windowMs: 60 * MINUTE_MS } });
    const pushes = (await passing(book, 'pushes', attacker)) + (await passing(book, 'pushes', owner));
    expect(pushes).toBe(2);
    expect(await passing(book, 'messages', owner)).toBe(3);
  });

  it('keep messages to one device apart, in every session', async () => {
    const time = { now: 0 };
    const book = bookAt(time);
    expect(await book.charge('resends', nextId(), { ...attacker, device: 'phone' })).toBeUndefined();
    time.now = 1;
    expect(await book.charge('resends', nextId(), { ...owner, device: 'phone' })).toBe(RESEND_AFTER_MS - 1);
    expect(await book.charge('resends', nextId(), { ...owner, device: 'tablet' })).toBeUndefined();
  });

  it('are lifted by false', async () => {
    expect(await passing(bookAt({ now: 0 }, { starts: false }), 'starts', owner, 50)).toBe(50);
  });

  it('name the limit that is wrong', () => {
    const wrong = { starts: { perSession: { count: 0, windowMs: 1 } } };
    expect(() => bookAt({ now: 0 }, wrong)).toThrow(
      new TypeError(
        'limits.starts.perSession: must be false, or { count, windowMs } of whole numbers from 1',
      ),
    );
    expect(() => bookAt({ now: 0 }, { pushs: false } as object)).toThrow(/limits\.pushs/);
    expect(Object.values(DEFAULT_LIMITS)).not.toContain(false);
  });
});
