import { describe, expect, it } from 'vitest';
import { createLimitBook } from '../src/limits.ts';

describe('limits', () => {
  it('asks the session first and spares the subject once the session is used up', async () => {
    const book = createLimitBook({
      messagesPerSession: { count: 2, windowMs: 60_000 },
      messagesPerSubject: { count: 3, windowMs: 60_000 },
    });
    const thief = [
      ['messagesPerSession', 'stolen'],
      ['messagesPerSubject', 'ada'],
    ] as const;
    const owner = [
      ['messagesPerSession', 'own'],
      ['messagesPerSubject', 'ada'],
    ] as const;

    expect(await book.charge(thief)).toBeUndefined();
    expect(await book.charge(thief)).toBeUndefined();
    for (let i = 0; i < 10; i += 1) expect(await book.charge(thief)).toBeGreaterThan(0);
    expect(await book.charge(owner)).toBeUndefined();
    expect(await book.charge(owner)).toBeGreaterThan(0);
  });

  it('says how long to wait, within the window', async () => {
    const book = createLimitBook({ startsPerSession: { count: 1, windowMs: 60_000 } });
    await book.charge([['startsPerSession', 's']]);
    expect(await book.charge([['startsPerSession', 's']])).toBeLessThanOrEqual(60_000);
  });

  it('takes an attempt back that was no wrong one', async () => {
    const book = createLimitBook({ wrongCodesPerFlow: { count: 1, windowMs: 60_000 } });
    const charges = [['wrongCodesPerFlow', 'f']] as const;
    await book.charge(charges);
    await book.refund(charges);
    expect(await book.charge(charges)).toBeUndefined();
  });

  it('never exceeds its count under parallel tries', async () => {
    const book = createLimitBook({ wrongCodesPerSubject: { count: 8, windowMs: 60_000 } });
    const waits = await Promise.all(
      Array.from({ length: 100 }, () => book.charge([['wrongCodesPerSubject', 'ada']])),
    );
    expect(waits.filter((wait) => wait === undefined)).toHaveLength(8);
  });

  it('lifts a limit that is false', async () => {
    const book = createLimitBook({ startsPerSession: false });
    for (let i = 0; i < 50; i += 1) expect(await book.charge([['startsPerSession', 's']])).toBeUndefined();
  });

  it('names the limit that is wrong', () => {
    const wrong = { startsPerSession: { count: 0, windowMs: 1 } };
    expect(() => createLimitBook(wrong)).toThrow(
      new TypeError('limits.startsPerSession: must be false, or { count, windowMs } of whole numbers from 1'),
    );
    expect(() => createLimitBook({ pushes: false } as object)).toThrow(/limits\.pushes/);
  });
});
