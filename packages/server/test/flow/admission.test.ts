import { randomBytes } from 'node:crypto';
import type { Effect, ReasonCode } from '@stepgate/core';
import { describe, expect, it } from 'vitest';
import { type Admission, createAdmission } from '../../src/flow/admission.ts';
import { createSealer } from '../../src/lib/seal.ts';
import { createLimitBook } from '../../src/limits/limits.ts';
import { type TenantBudget, UNLIMITED } from '../../src/limits/tenant-budget.ts';
import { createRecords } from '../../src/records/records.ts';
import type { Owner } from '../../src/request/handle-cookie.ts';
import { createLocks } from '../../src/store/lock.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import type { Retry } from '../../src/store/retry.ts';
import type { Store } from '../../src/store/store.ts';
import { SECRET } from '../support/gate-client.ts';

const push: Effect = {
  type: 'challenge',
  params: { seq: 1, factor: 'push', authenticatorId: 'push|1' },
};

const browser = (key: string): Owner => ({
  key,
  caller: { subject: 'ada', session: `session of ${key}` },
});

/** Tries again until it succeeds. */
const retry: Retry = (step) => step().catch(() => retry(step));
const wanted = { isWanted: async () => true, retry, checkHolder: async () => {} };
const ONE = { count: 1, windowMs: 60_000 };

let lastClaim = 0;
/** An effect under a claim of this attempt. */
const jobOf = (effect: Effect) => ({
  effect,
  claim: `claim ${++lastClaim}`,
  pushes: [],
  purpose: 'approving' as const,
});

/** An admission that lets every session send one message. */
function createTestAdmission({
  budget = UNLIMITED,
  time = { now: 1_000 },
  fails = () => false,
}: {
  readonly budget?: TenantBudget;
  readonly time?: { now: number };
  readonly fails?: (key: string) => boolean;
} = {}): Admission {
  const now = (): number => time.now;
  const memory = createMemoryStore({ now });
  const store: Store = {
    ...memory,
    write: (key, value, options) =>
      fails(key) ? Promise.reject(new Error('away')) : memory.write(key, value, options),
  };
  return createAdmission({
    records: createRecords({ store, now, sealer: createSealer(SECRET, randomBytes) }),
    locks: createLocks(store, now),
    limits: createLimitBook({
      store,
      now,
      resendAfterMs: 15_000,
      limits: { messages: { perSession: ONE }, pushes: { perSession: ONE } },
    }),
    budget,
    clock: { now, setTimeout, clearTimeout: () => {} },
    challengeTtlMs: 300_000,
    audit: { publish: () => {} },
    onError: () => {},
  });
}

describe('admission', () => {
  it('does not count a message that was lost before it was sent', async () => {
    const admission = createTestAdmission();
    const adding: Effect = { type: 'enroll', params: { seq: 1, factor: 'sms' } };
    const end = (code: ReasonCode) => ({ fact: { type: 'effect.failed', code } }) as const;

    const lost = jobOf(adding);
    expect(await admission.admit(browser('b'), lost, wanted)).toBe('admitted');
    await admission.account(browser('b'), lost, end('input_lost'));
    const sent = jobOf(adding);
    expect(await admission.admit(browser('b'), sent, wanted)).toBe('admitted');
    await admission.account(browser('b'), sent, end('result_lost'));
    expect(await admission.admit(browser('b'), jobOf(adding), wanted)).toMatchObject({
      fact: { code: 'rate_limited' },
    });
  });

  it('does not count a push that has to wait for another browser', async () => {
    const time = { now: 1_000 };
    const admission = createTestAdmission({ time });

    expect(await admission.admit(browser('first'), jobOf(push), wanted)).toBe('admitted');
    for (let i = 0; i < 3; i += 1) {
      expect(await admission.admit(browser('second'), jobOf(push), wanted)).toMatchObject({
        fact: { code: 'push_in_progress' },
      });
    }
    await admission.release(browser('first'));
    time.now += 15_000;

    expect(await admission.admit(browser('second'), jobOf(push), wanted)).toBe('admitted');
    expect(await admission.admit(browser('second'), jobOf(push), wanted)).toMatchObject({
      fact: { code: 'rate_limited' },
    });
  });

  it('does not count an effect that nobody wants any more at its turn', async () => {
    const admission = createTestAdmission();

    const unwanted = { ...wanted, isWanted: async () => false };
    expect(await admission.admit(browser('b'), jobOf(push), unwanted)).toBe('unwanted');
    expect(await admission.admit(browser('b'), jobOf(push), wanted)).toBe('admitted');
  });

  it.each(['pushes.perSubject', 'pushes.perSession'])('counts once when %s is away once', async (name) => {
    let faults = 1;
    const admission = createTestAdmission({
      fails: (key) => key.startsWith(`limit:${name}:`) && faults-- > 0,
    });

    expect(await admission.admit(browser('b'), jobOf(push), wanted)).toBe('admitted');
    expect(faults).toBeLessThan(1);
  });

  it('restores what the budget refuses, even if the store is away once then', async () => {
    let isBusy = true;
    let isAway = false;
    const admission = createTestAdmission({
      budget: {
        ...UNLIMITED,
        async takeTurn() {
          isAway = isBusy;
          return isBusy ? 1_000 : undefined;
        },
      },
      fails: (key) => {
        const fails = isAway && key.startsWith('limit:');
        if (fails) isAway = false;
        return fails;
      },
    });

    expect(await admission.admit(browser('b'), jobOf(push), wanted)).toMatchObject({
      fact: { code: 'rate_limited' },
    });
    isBusy = false;
    expect(await admission.admit(browser('b'), jobOf(push), wanted)).toBe('admitted');
  });

  it('takes another turn when the store was away after the first, because what goes out follows its turn', async () => {
    const order: string[] = [];
    const admission = createTestAdmission({
      budget: { ...UNLIMITED, takeTurn: async () => void order.push('turn') },
    });
    const isWanted = async (): Promise<boolean> => {
      order.push('asked');
      if (order.length === 2) throw new Error('away');
      return true;
    };

    expect(await admission.admit(browser('b'), jobOf(push), { ...wanted, isWanted })).toBe('admitted');
    expect(order).toEqual(['turn', 'asked', 'turn', 'asked']);
  });
});
