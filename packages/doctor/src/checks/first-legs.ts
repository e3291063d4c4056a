import { createAuth0SignIn, type MfaTransaction, type SignInResult } from '@stepgate/core';
import { type Finding, fail, ok, skipped } from '../finding.ts';
import type { DoctorAuth0, TestUser } from '../options.ts';
import { errorOf, inWords, type Outcome, observe, type Wire } from '../wire.ts';

/** The results of the first legs. */
export interface FirstLegs {
  readonly findings: readonly Finding[];
  /** What the factors can be checked with, if MFA was demanded. */
  readonly transaction: MfaTransaction | undefined;
}

/** How one first leg for the step-up scope ended. */
type Leg =
  | { readonly end: 'demanded'; readonly transaction: MfaTransaction }
  | { readonly end: 'not-demanded'; readonly hasScope: boolean }
  | { readonly end: 'refused'; readonly outcome: Outcome<SignInResult> };

const DEMAND =
  'deploy the post-login Action of docs/guides/tenant-setup.md and drag it into the Login flow; it must name this scope and this audience';

/** Asks for the step-up scope with every available first leg: `mfa-demanded` and `refresh-token`. */
export async function checkFirstLegs(
  auth0: DoctorAuth0,
  wire: Wire,
  {
    user,
    refreshToken,
    usesRefreshTokens,
  }: {
    readonly user: TestUser | undefined;
    readonly refreshToken: string | undefined;
    readonly usesRefreshTokens: boolean;
  },
): Promise<FirstLegs> {
  const signIn = createAuth0SignIn({ ...auth0, fetch: wire.fetch });
  const byPassword = user && legOf(await observe(wire, () => signIn.password(user)), auth0);
  const byRefreshToken =
    usesRefreshTokens && refreshToken !== undefined
      ? legOf(await observe(wire, () => signIn.refreshToken({ refreshToken })), auth0)
      : undefined;
  const transaction = transactionOf(byPassword) ?? transactionOf(byRefreshToken);
  return {
    findings: [
      demanded(byPassword, byRefreshToken),
      usesRefreshTokens
        ? renewing(byPassword, byRefreshToken, auth0)
        : skipped('refresh-token', 'this app uses another first leg', 'leave usesRefreshTokens out'),
    ],
    transaction,
  };
}

function legOf(outcome: Outcome<SignInResult>, { scope }: DoctorAuth0): Leg {
  if (!outcome.isDone) return { end: 'refused', outcome };
  if (outcome.value.status === 'mfa_required') return { end: 'demanded', transaction: outcome.value };
  const granted = outcome.value.tokens.scope?.split(' ') ?? [];
  const hasScope = (scope ?? '').split(' ').every((one) => one === '' || granted.includes(one));
  return { end: 'not-demanded', hasScope };
}

function transactionOf(leg: Leg | undefined): MfaTransaction | undefined {
  return leg?.end === 'demanded' ? leg.transaction : undefined;
}

function demanded(byPassword: Leg | undefined, byRefreshToken: Leg | undefined): Finding {
  if (byPassword?.end === 'demanded' || byRefreshToken?.end === 'demanded') {
    return ok('mfa-demanded', 'the step-up scope is answered with mfa_required');
  }
  // A scope that a refresh token may not ask for says nothing about the Action.
  const leg =
    byPassword ??
    (byRefreshToken?.end === 'not-demanded' && byRefreshToken.hasScope ? byRefreshToken : undefined);
  if (leg === undefined) {
    const fix = 'name a test user, in DOCTOR_USERNAME and DOCTOR_PASSWORD or in the config file';
    return skipped('mfa-demanded', 'nothing could ask for the step-up scope', fix);
  }
  if (leg.end === 'refused') {
    const fix = isWithoutToken(leg.outcome)
      ? 'let the Action demand MFA with api.multifactor.enable, which works with the MFA API'
      : "look at the tenant's log (Monitoring, Logs) for this minute: an Action may have failed or denied access";
    return fail('mfa-demanded', inWords(leg.outcome), fix);
  }
  if (leg.hasScope) return fail('mfa-demanded', 'tokens with the step-up scope came without MFA', DEMAND);
  return fail(
    'mfa-demanded',
    'tokens came without MFA, and without the step-up scope',
    `add the scope to the API (Permissions), grant it to the test user if RBAC is on, and ${DEMAND}`,
  );
}

function isWithoutToken(outcome: Outcome<SignInResult>): boolean {
  return errorOf(outcome) === 'mfa_required';
}

const POLICY =
  "name audience and step-up scope in the application's refresh_token.policies (Multi-Resource Refresh Token), and sign in anew";

function renewing(byPassword: Leg | undefined, leg: Leg | undefined, { audience }: DoctorAuth0): Finding {
  if (leg === undefined) {
    return skipped(
      'refresh-token',
      'there is no refresh token',
      'name a test user, or pass DOCTOR_REFRESH_TOKEN',
    );
  }
  if (leg.end === 'demanded')
    return ok('refresh-token', 'it may ask for the step-up scope, and MFA is demanded');
  if (leg.end === 'not-demanded') {
    if (!leg.hasScope) {
      return fail('refresh-token', 'the tenant leaves the step-up scope out', POLICY);
    }
    if (byPassword?.end === 'demanded') {
      const fix =
        'let the Action demand MFA of refresh tokens too: it must not return for oauth2-refresh-token';
      return fail('refresh-token', 'it gets the step-up scope without MFA, but the password does not', fix);
    }
    return skipped('refresh-token', 'mfa-demanded comes first', 'fix mfa-demanded, then try again');
  }
  const seen = inWords(leg.outcome);
  if (errorOf(leg.outcome) === 'unauthorized_client') {
    const fix =
      'switch Refresh Token on under Applications, the application, Advanced Settings, Grant Types, and save';
    return fail('refresh-token', seen, fix);
  }
  if (isWithoutToken(leg.outcome)) {
    const fix =
      'sign in anew: a refresh token from before the user had a factor, or before the Action, cannot continue (Stepgate then uses the password)';
    return fail('refresh-token', `${seen}, but without an mfa_token`, fix);
  }
  if (errorOf(leg.outcome) === 'access_denied') {
    return fail('refresh-token', `${seen} for the audience ${audience ?? 'of its login'}`, POLICY);
  }
  return fail(
    'refresh-token',
    seen,
    'give a refresh token of this application that is not used up, expired or revoked',
  );
}
