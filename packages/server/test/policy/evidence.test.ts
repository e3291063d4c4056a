import { createTestTenant, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import type { Policy } from '../../src/index.ts';
import { parseEvidence, provenAt, type TokenClaims } from '../../src/policy/evidence.ts';
import { parsePolicy } from '../../src/policy/policy.ts';
import { createTestGate, type TestNative } from '../support/gate-client.ts';
import { requestOf } from '../support/requests.ts';

const NOW = Date.UTC(2026, 0, 5, 9);
const MFA = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
const claims = { sub: 'ada', acr: MFA, amr: ['pwd', 'mfa'], auth_time: NOW / 1_000 - 60 };

const proof = (given: TokenClaims, evidence: Policy['evidence'] = { acr: [MFA] }): number | undefined =>
  provenAt(given, {
    evidence: parseEvidence(evidence ?? {}, parsePolicy({})),
    subject: 'ada',
    maxAgeSeconds: 300,
    now: NOW,
  });

describe('provenAt', () => {
  it.each<Policy['evidence']>([
    { acr: ['other', MFA] },
    { amr: ['mfa'] },
    { acr: [MFA], amr: ['pwd', 'mfa'] },
  ])('accepts claims that show %j', (evidence) => {
    expect(proof(claims, evidence)).toBe(NOW - 60_000);
  });

  it.each<[string, TokenClaims, Policy['evidence']?]>([
    ['another subject', { ...claims, sub: 'grace' }],
    ['no subject', { ...claims, sub: undefined }],
    ['another class', { ...claims, acr: 'password' }],
    ['a list in place of the class', { ...claims, acr: [MFA] }],
    ['a missing method', claims, { amr: ['mfa', 'hwk'] }],
    ['the wrong class beside the right method', { ...claims, acr: '0' }, { acr: [MFA], amr: ['mfa'] }],
    ['a method that only contains the right one', { ...claims, amr: 'no mfa' }, { amr: ['mfa'] }],
    ['no time', { ...claims, auth_time: undefined }],
    ['a time as text', { ...claims, auth_time: String(NOW / 1_000) }],
    ['a time that is too old', { ...claims, auth_time: NOW / 1_000 - 301 }],
    ['a time in the future', { ...claims, auth_time: NOW / 1_000 + 1 }],
    ['a time in milliseconds', { ...claims, auth_time: NOW - 60_000 }],
    ['no number', { ...claims, auth_time: Number.NaN }],
  ])('accepts no claims with %s', (_name, given, evidence) => {
    expect(proof(given, evidence)).toBeUndefined();
  });
});

describe('policy.evidence', () => {
  let tenant: TestTenant;
  const gateWith = (given: TokenClaims | undefined): ReturnType<typeof createTestGate> => {
    tenant = createTestTenant();
    return createTestGate(tenant, { evidence: () => given });
  };
  const native: TestNative = { identity: { subject: 'ada', sessionId: 's' } };
  const request = { ...requestOf(), native, forPolicy: () => native };
  const strict: Policy = { maxAge: '5m', evidence: { acr: [MFA, 'urn:strong'] } };

  it('lets a request through if its token shows it, without an approval', async () => {
    const decision = await gateWith(claims).guard(strict)(request);

    expect(decision).toEqual({ isAllowed: true });
  });

  it('names the classes in the challenge, but only where they count', async () => {
    const gate = gateWith(undefined);
    const taking = await gate.guard(strict)(request);
    const other = await gate.guard({})(request);

    expect(taking).toMatchObject({
      isAllowed: false,
      response: {
        status: 401,
        headers: { 'www-authenticate': expect.stringContaining(`, acr_values="${MFA} urn:strong"`) },
      },
      error: { details: { acr_values: [MFA, 'urn:strong'] } },
    });
    expect(JSON.stringify(other)).not.toContain('acr_values');
  });

  it('counts only on routes that ask for it', async () => {
    expect(await gateWith(claims).guard({})(request)).toMatchObject({ isAllowed: false });
  });

  it('ends with a revocation of the subject', async () => {
    const gate = gateWith(claims);
    await gate.revokeSubject('ada');

    expect(await gate.guard(strict)(request)).toMatchObject({ isAllowed: false });
  });

  it.each<[string, Policy]>([
    ['singleUse', { singleUse: true }],
    ['singleUse', { maxAge: 0 }],
    ['action', { action: { id: '7' } }],
    ['action', { action: () => ({ id: '7' }) }],
    ['keepTokens', { keepTokens: true }],
    ['minAuthenticatorAge', { minAuthenticatorAge: '1d' }],
    ['allowEnrolledInFlow', { allowEnrolledInFlow: false }],
  ])('cannot be combined with %s: %j', (name, policy) => {
    const gate = gateWith(claims);
    expect(() => gate.guard({ ...policy, evidence: { acr: [MFA] } })).toThrow(TypeError);
    expect(() => gate.guard({ ...policy, evidence: { acr: [MFA] } })).toThrow(
      `cannot be combined with ${name}`,
    );
  });

  it.each<[string, unknown]>([
    ['must name values', {}],
    ['must name values', { acr: [] }],
    ['policy.evidence.acr:', { acr: 'strong' }],
    ['policy.evidence.acr:', { acr: ['two words'] }],
    ['policy.evidence.amr:', { amr: ['"'] }],
    ['policy.evidence.aal:', { aal: 2 }],
    ['policy.evidence:', null],
  ])('%s when it is %j', (message, evidence) => {
    expect(() => gateWith(claims).guard({ evidence } as Policy)).toThrow(message);
  });

  it("needs the gate's own option, which gives the claims", () => {
    expect(() => createTestGate(createTestTenant()).guard(strict)).toThrow(
      "needs the gate's option `evidence`",
    );
  });
});
