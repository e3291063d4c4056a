import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSealer } from '../../src/lib/seal.ts';
import { parsePolicy } from '../../src/policy/policy.ts';
import { createRequirements, requirementHash } from '../../src/policy/requirement.ts';

const ada = { subject: 'ada', session: 's1' };
const policy = parsePolicy({ maxAge: '1m', action: { id: '7', title: 'Close' } });
const sealer = createSealer('a secret of at least 32 characters, for tests', randomBytes);

describe('createRequirements', () => {
  it('opens a ticket for the caller that it was issued to', () => {
    const requirements = createRequirements({ sealer, now: () => 5, ttlMs: 10 });
    const ticket = requirements.issue(ada, { policy, returnTo: '/account' });
    expect(requirements.open(ada, ticket)).toEqual({
      policy,
      returnTo: '/account',
      issuedAt: 5,
      expiresAt: 15,
    });
  });

  it.each([
    { subject: 'grace', session: 's1' },
    { subject: 'ada', session: 's2' },
  ])('opens no ticket for $subject in $session', (caller) => {
    const requirements = createRequirements({ sealer, now: () => 0, ttlMs: 10 });
    const ticket = requirements.issue(ada, { policy });
    expect(() => requirements.open(caller, ticket)).toThrow(
      expect.objectContaining({ code: 'requirement_invalid', status: 400 }),
    );
  });

  it('leaves out ways back that would make a ticket too long for an address', () => {
    const requirements = createRequirements({ sealer, now: () => 0, ttlMs: 10 });
    const long = parsePolicy({ action: { id: '7', details: 'x'.repeat(4_000) } });
    const path = `/${'y'.repeat(2_000)}`;
    const ticket = requirements.issue(ada, { policy: long, returnTo: path, leaveTo: path });
    expect(ticket.length).toBeLessThanOrEqual(8_192);
    expect(requirements.open(ada, ticket)).toEqual({ policy: long, issuedAt: 0, expiresAt: 10 });
  });

  it('issues no ticket that no endpoint would accept', () => {
    const requirements = createRequirements({ sealer, now: () => 0, ttlMs: 10 });
    const subject = 'a'.repeat(8_000);
    expect(() => requirements.issue({ ...ada, subject }, { policy })).toThrow(TypeError);
  });

  it('opens no expired ticket', () => {
    let now = 0;
    const requirements = createRequirements({ sealer, now: () => now, ttlMs: 10 });
    const ticket = requirements.issue(ada, { policy });
    now = 9;
    expect(requirements.open(ada, ticket)).toMatchObject({ policy });
    now = 10;
    expect(() => requirements.open(ada, ticket)).toThrow(
      expect.objectContaining({ code: 'requirement_expired', status: 400 }),
    );
  });

  it('opens nothing that was sealed for another purpose', () => {
    const requirements = createRequirements({ sealer, now: () => 0, ttlMs: 10 });
    const forged = sealer.seal({ ...ada, requirement: { policy, issuedAt: 0, expiresAt: 10 } }, 'vault:k');
    expect(() => requirements.open(ada, forged)).toThrow(
      expect.objectContaining({ code: 'requirement_invalid' }),
    );
  });
});

describe('requirementHash', () => {
  it('is the same for the same policy, however it is written', () => {
    expect(requirementHash(parsePolicy({ maxAge: '5m', factors: ['otp', 'push'] }))).toBe(
      requirementHash(parsePolicy({})),
    );
  });

  it('differs with every member', () => {
    const policies = [
      {},
      { maxAge: '6m' },
      { factors: ['push'] },
      { singleUse: true },
      { allowEnrolledInFlow: false },
      { minAuthenticatorAge: '1d' },
      { keepTokens: true },
      { action: { id: '7' } },
      { action: { id: '8' } },
      { action: { id: '7', title: 'x' } },
      { action: { id: '7', details: 'x' } },
    ] as const;
    expect(new Set(policies.map((one) => requirementHash(parsePolicy(one)))).size).toBe(policies.length);
  });
});
