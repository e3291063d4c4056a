import { randomBytes } from 'node:crypto';
import type { Effect } from '@stepgate/core';
import { describe, expect, it } from 'vitest';
import { type Applicant, createAdmission } from '../src/admission.ts';
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

describe('admission', () => {
  it('does not count a push that has to wait for another browser', async () => {
    const now = (): number => 1_000;
    const store = createMemoryStore({ now });
    const admission = createAdmission({
      records: createRecords({ store, now, sealer: createSealer(SECRET, randomBytes) }),
      locks: createLocks(store, now),
      limits: createLimitBook({
        store,
        now,
        limits: { messagesPerSession: { count: 1, windowMs: 60_000 } },
      }),
      budget: UNLIMITED,
      clock: { now, setTimeout, clearTimeout: () => {} },
      challengeTtlMs: 300_000,
      audit: { tell: () => {} },
    });

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
