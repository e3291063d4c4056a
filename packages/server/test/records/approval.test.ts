import { createFlow, FLOW_DEFAULTS, type FlowState, MFA_API_CAPABILITIES, waySettings } from '@stepgate/core';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../src/policy/policy.ts';
import { createApproval, findApproval, keepUseful } from '../../src/records/approval.ts';
import type { Approval } from '../../src/records/handle-record.ts';

function approval(id: number, members: Partial<Approval> = {}): Approval {
  return {
    id: String(id),
    subject: 'ada',
    factor: 'push',
    approvedAt: id,
    requirement: 'hash',
    singleUse: true,
    isForAction: false,
    enrolledInFlow: false,
    keepUntil: 1_000,
    ...members,
  };
}

const ids = (approvals: readonly Approval[]): string[] => approvals.map(({ id }) => id);

/** A flow that has ended well. */
function ended(adds?: { readonly factor: 'push'; readonly tokenExpiresAt: number }): FlowState {
  const { context } = createFlow({
    ...FLOW_DEFAULTS,
    factors: ['push'],
    ways: [
      waySettings(
        { name: 'mfa-api', can: MFA_API_CAPABILITIES },
        { firstLegs: ['custom'], pushCode: 'typed' },
      ),
    ],
    enroll: 'refuse',
    ...(adds && { adds }),
  });
  return { value: 'approved', context: { ...context, target: { factor: 'push' }, provenAt: 5 } };
}

describe('createApproval', () => {
  it('makes none for a flow that added a factor', () => {
    const policy = parsePolicy({});
    const common = {
      id: 'one',
      subject: 'ada',
      approvedAt: 10,
      requirement: { policy, issuedAt: 0, expiresAt: 1_000 },
      requirementHash: 'hash',
    };
    expect(createApproval({ ...common, state: ended() })).toMatchObject({ id: 'one', factor: 'push' });
    const added = ended({ factor: 'push', tokenExpiresAt: 1_000 });
    expect(createApproval({ ...common, state: added })).toBeUndefined();
  });
});

describe('findApproval', () => {
  it('counts an approval by a process whose clock is up to 5 seconds ahead, and none further ahead', () => {
    const policy = parsePolicy({ maxAge: 0 });
    const given = approval(100_000);
    const search = { subject: 'ada', hash: 'hash', policy, approvals: [given], isOldEnough: () => true };
    expect(findApproval({ ...search, now: 95_000 })).toBe(given);
    expect(findApproval({ ...search, now: 94_999 })).toBeUndefined();
  });

  it('counts an approval that opens the MFA API only while its token lives', () => {
    const policy = { ...parsePolicy({ maxAge: '1h' }), opensMfaApi: true };
    const search = { subject: 'ada', hash: 'hash', policy, now: 100, isOldEnough: () => true };
    const lives = approval(1, { singleUse: false, tokensUntil: 101 });
    const isOver = approval(2, { singleUse: false, tokensUntil: 100 });
    const hasNone = approval(3, { singleUse: false });
    expect(findApproval({ ...search, approvals: [lives, isOver, hasNone] })).toBe(lives);
    expect(findApproval({ ...search, approvals: [isOver, hasNone] })).toBeUndefined();
  });
});

describe('keepUseful', () => {
  it('keeps a used approval while it could be given back, and no expired one', () => {
    const kept = keepUseful([approval(1, { usedAt: 5 }), approval(2), approval(3, { keepUntil: 10 })], 10);
    expect(ids(kept)).toEqual(['1', '2']);
  });

  it('never lets used approvals displace unused ones, and stays small', () => {
    const unused = Array.from({ length: 15 }, (_, index) => approval(index));
    const used = Array.from({ length: 50 }, (_, index) => approval(100 + index, { usedAt: 1 }));
    const kept = keepUseful([...unused, ...used], 0);
    expect(kept).toHaveLength(20);
    expect(ids(kept.slice(0, 15))).toEqual(ids(unused));
    expect(ids(kept.slice(15))).toEqual(['145', '146', '147', '148', '149']);
  });

  it('keeps the newest of too many unused ones, and then no used one', () => {
    const unused = Array.from({ length: 25 }, (_, index) => approval(index));
    const kept = keepUseful([approval(99, { usedAt: 1 }), ...unused], 0);
    expect(ids(kept)).toEqual(ids(unused.slice(5)));
  });
});
