import { describe, expect, it } from 'vitest';
import { assertHostedProof, assertProofRules, type ProofRules } from '../../src/redirect/proof.ts';

const DEPARTED = 1_800_000_000_000;
/** The user was away for 20 seconds; the provider's clock is ten minutes behind ours. */
const BEHIND_MS = 600_000;
const PROVIDER_NOW = (DEPARTED + 20_000 - BEHIND_MS) / 1_000;
const EXPECTED = {
  subject: 'auth0|ada',
  nonce: 'n'.repeat(43),
  departedAt: DEPARTED,
  receivedAt: DEPARTED + 20_000,
  providerDate: PROVIDER_NOW * 1_000,
};
const CLAIMS = {
  sub: 'auth0|ada',
  nonce: EXPECTED.nonce,
  iat: PROVIDER_NOW,
  auth_time: PROVIDER_NOW - 10,
  acr: 'gold',
  amr: ['pwd', 'mfa'],
};
const BY_AMR: ProofRules = { amr: ['mfa'] };
const BY_CLAIM: ProofRules = {
  amr: ['mfa'],
  freshness: { claim: 'https://app.example/mfa', types: ['otp'] },
};

const check = (
  claims: object = {},
  {
    rules = BY_AMR,
    ...expected
  }: Partial<typeof EXPECTED> & { rules?: ProofRules; organization?: string } = {},
) => assertHostedProof({ ...CLAIMS, ...claims }, { ...EXPECTED, ...expected }, rules);
const codeOf = (...args: Parameters<typeof check>): unknown => {
  try {
    check(...args);
    return 'proven';
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
};

describe('a proof by the provider’s own page', () => {
  it('shows its time, class and methods', () => {
    expect(check()).toEqual({
      authenticatedAt: (PROVIDER_NOW - 10) * 1_000,
      acr: 'gold',
      amr: ['pwd', 'mfa'],
    });
  });

  it.each([
    ['missing', undefined],
    ['another departure’s', 'x'.repeat(43)],
    ['longer', `${EXPECTED.nonce}n`],
    ['no text', 7],
  ])('is refused when its nonce is %s', (_what, nonce) => {
    expect(codeOf({ nonce })).toBe('identity_refused');
  });

  it('is never an approval for another subject, however old or weak it is', () => {
    expect(codeOf({ sub: 'auth0|bob', auth_time: undefined, amr: [] })).toBe('subject_mismatch');
    expect(codeOf({ sub: undefined })).toBe('subject_mismatch');
  });

  it('is for the organization that was asked for', () => {
    expect(codeOf({ org_id: 'org_1' }, { organization: 'org_1' })).toBe('proven');
    expect(codeOf({ org_id: 'org_2' }, { organization: 'org_1' })).toBe('identity_refused');
    expect(codeOf({}, { organization: 'org_1' })).toBe('identity_refused');
  });
});

describe('freshness', () => {
  it.each([undefined, null, 0, -1, 1.5, '1800000000', Number.NaN, PROVIDER_NOW * 1_000, PROVIDER_NOW + 60])(
    'refuses an invalid auth_time: %s',
    (authTime) => {
      expect(codeOf({ auth_time: authTime })).toBe('authentication_stale');
    },
  );

  it.each([
    [-20, 'proven'],
    [-25, 'proven'],
    [-26, 'authentication_stale'],
    [-30, 'authentication_stale'],
    [-3_600, 'authentication_stale'],
    [5, 'proven'],
    [6, 'authentication_stale'],
  ])('of an authentication %i seconds from the provider’s now, away for 20: %s', (offset, outcome) => {
    expect(codeOf({ auth_time: PROVIDER_NOW + offset })).toBe(outcome);
  });

  it('holds whatever the clocks show', () => {
    for (const skew of [-3_000_000, -60_000, 0, 60_000, 3_000_000]) {
      const shifted = { departedAt: DEPARTED + skew, receivedAt: DEPARTED + 20_000 + skew };
      expect(codeOf({}, shifted)).toBe('proven');
      expect(codeOf({ auth_time: PROVIDER_NOW - 30 }, shifted)).toBe('authentication_stale');
    }
  });

  it('does not count an older sign-in when the return is held back, even if `iat` is that of the code', () => {
    const heldBackMs = 3_600_000;
    const late = {
      receivedAt: EXPECTED.receivedAt + heldBackMs,
      providerDate: EXPECTED.providerDate + heldBackMs,
    };
    const before = { auth_time: PROVIDER_NOW - 30, iat: PROVIDER_NOW };

    expect(codeOf(before, late)).toBe('authentication_stale');
    expect(codeOf(before, { ...late, providerDate: undefined as never })).toBe('proven');
  });

  it('uses `iat` if a response has no date', () => {
    expect(codeOf({}, { providerDate: undefined as never })).toBe('proven');
    expect(codeOf({ auth_time: PROVIDER_NOW - 30 }, { providerDate: undefined as never })).toBe(
      'authentication_stale',
    );
  });

  describe('through a claim of the operator', () => {
    const at = new Date((PROVIDER_NOW - 10) * 1_000 + 345).toISOString();
    const name = 'https://app.example/mfa';

    it('uses the time in the claim, not auth_time', () => {
      const claims = { [name]: { at, type: 'otp' }, auth_time: PROVIDER_NOW - 3_600 };

      expect(check(claims, { rules: BY_CLAIM })).toMatchObject({
        authenticatedAt: (PROVIDER_NOW - 10) * 1_000,
        method: 'otp',
      });
      expect(codeOf({ [name]: { at: PROVIDER_NOW - 10, type: 'otp' } }, { rules: BY_CLAIM })).toBe('proven');
    });

    it.each([
      [undefined, 'authentication_stale'],
      [{ at: 'soon', type: 'otp' }, 'authentication_stale'],
      [{ type: 'otp' }, 'authentication_stale'],
      [{ at: new Date((PROVIDER_NOW - 60) * 1_000).toISOString(), type: 'otp' }, 'authentication_stale'],
      [{ at, type: 'phone' }, 'mfa_not_required'],
      [{ at }, 'mfa_not_required'],
    ])('refuses %j as %s', (told, code) => {
      expect(codeOf({ [name]: told }, { rules: BY_CLAIM })).toBe(code);
    });
  });
});

describe('strength', () => {
  it.each([
    [{ amr: ['mfa'] }, {}, 'proven'],
    [{ amr: ['mfa', 'otp'] }, {}, 'mfa_not_required'],
    [{ amr: ['mfa'] }, { amr: undefined }, 'mfa_not_required'],
    [{ amr: ['mfa'] }, { amr: 'mfa' }, 'mfa_not_required'],
    [{ amr: ['mfa'] }, { amr: ['pwd'] }, 'mfa_not_required'],
    [{ acr: ['silver', 'gold'] }, {}, 'proven'],
    [{ acr: ['silver'] }, {}, 'mfa_not_required'],
    [{ acr: ['gold'] }, { acr: undefined }, 'mfa_not_required'],
    [{ acr: ['gold'] }, { acr: ['gold'] }, 'mfa_not_required'],
    [{ acr: ['platinum'], amr: ['mfa'] }, {}, 'proven'],
  ])('by %j of a token with %j: %s', (rules, claims, outcome) => {
    expect(codeOf(claims, { rules: rules as ProofRules })).toBe(outcome);
  });

  it('names the claim that does not show it, without its value', () => {
    expect(() => check({ amr: ['face'] })).toThrow('amr does not have the values that count');
    expect(() => check({ acr: 'bronze' }, { rules: { acr: ['silver'] } })).not.toThrow(/bronze/);
  });

  it.each([
    [{}, /there is no safe default/],
    [{ acr: [] }, /there is no safe default/],
    [{ acr: ['0'] }, /^acr: must not hold 0/],
    [{ acr: ['urn:okta:loa:1fa:any'] }, /^acr: must not hold/],
    [{ acr: ['urn:okta:loa:2fa:any:ifpossible'] }, /^acr: must not hold/],
    [{ amr: ['mfa', 'pwd'] }, /^amr: must not hold pwd/],
    [{ amr: 'mfa' }, /^amr: must be a list/],
    [{ acr: ['two words'] }, /^acr: must be a list/],
    [{ amr: ['mfa'], freshness: 'amr' }, /^freshness: must be 'login', or/],
    [{ amr: ['mfa'], freshness: { claim: '' } }, /^freshness: must be/],
    [{ amr: ['mfa'], freshness: { claim: 'c', types: 'otp' } }, /^freshness\.types: must be/],
  ])('accepts no rules that one factor meets, and no empty rules: %j', (rules, message) => {
    expect(() => assertProofRules(rules as ProofRules)).toThrow(TypeError);
    expect(() => assertProofRules(rules as ProofRules)).toThrow(message);
  });
});
