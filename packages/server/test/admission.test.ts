import { randomBytes } from 'node:crypto';
import type { Effect, ReasonCode } from '@stepgate/core';
import { describe, expect, it } from 'vitest';
import { type Admission, type Applicant, createAdmission } from '../src/admission.ts';
import { createLimitBook } from '../src/limits.ts';
import { createLocks } from '../src/lock.ts';
import { createMemoryStore } from '../src/memory-store.ts';
import { createRecords } from '../src/record.ts';
import { createSealer } from '../src/seal.ts';
import { UNLIMITED } from '../src/tenant-budget.ts';
import { SECRET } from './support/gate-client.ts';

const push: Effect = {
  type: 'challenge',
  params: { seq: 1, factor: 'push', authenticatorId: 'push|1' },
};

const browser = (key: string): Applicant => ({
  key,
  asker: { subject: 'ada', session: `session of ${key}` },
});

/** An admission that lets every session send one message. */
function createTestAdmission(): Admission {
  const now = (): number => 1_000;
  const store = createMemoryStore({ now });
  return createAdmission({
    records: createRecords({ store, now, sealer: createSealer(SECRET, randomBytes) }),
    locks: createLocks(store, now),
    limits: createLimitBook({ store, now, limits: { messagesPerSession: { count: 1, windowMs: 60_000 } } }),
    budget: UNLIMITED,
    clock: { now, setTimeout, clearTimeout: () => {} },
    challengeTtlMs: 300_000,
    audit: { tell: () => {} },
  });
}

describe('admission', () => {
  it('does not count a message that was lost before it was sent', async () => {
    const admission = createTestAdmission();
    const adding: Effect = { type: 'enroll', params: { seq: 1, factor: 'sms' } };
    const end = (code: ReasonCode) => ({ fact: { type: 'effect.failed', code } }) as const;

    expect(await admission.admit(browser('b'), adding)).toBeUndefined();
    await admission.account(browser('b'), adding, end('input_lost'));
    expect(await admission.admit(browser('b'), adding)).toBeUndefined();
    await admission.account(browser('b'), adding, end('result_lost'));
    expect(await admission.admit(browser('b'), adding)).toMatchObject({ fact: { code: 'rate_limited' } });
  });

  it('does not count a push that has to wait for another browser', async () => {
    const admission = createTestAdmission();

    expect(await admission.admit(browser('first'), push)).toBeUndefined();
    for (let i = 0; i < 3; i += 1) {
      expect(await admission.admit(browser('second'), push)).toMatchObject({
        fact: { code: 'push_in_progress' },
      });
    }
    await admission.release(browser('first'));

    expect(await admission.admit(browser('second'), push)).toBeUndefined();
    expect(await admission.admit(browser('second'), push)).toMatchObject({ fact: { code: 'rate_limited' } });
  });
});
