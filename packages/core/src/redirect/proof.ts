import { isRecord } from '../lib/json.ts';
import type { Authentication } from '../provider/authentication.ts';
import { StepUpError } from '../terms/step-up-error.ts';
import { isSameSecret } from './return.ts';

/** What makes an authentication on the provider's page strong, and fresh. */
export interface ProofRules {
  /** The values of `acr` that count, any one. */
  readonly acr?: readonly string[];
  /** The values of `amr` that count, all of them. */
  readonly amr?: readonly string[];
  /**
   * What tells when the user authenticated. `login` (default): `auth_time`, of a login that `max_age=0` asks for. Or a
   * claim that the operator sets, `{ at, type }`: when the second factor was passed, as a date or in seconds, and which
   * of `types` it was.
   */
  readonly freshness?: 'login' | { readonly claim: string; readonly types?: readonly string[] };
}

/** Claims of an `id_token` whose signature, issuer, audience and times were verified. */
export type VerifiedClaims = Readonly<Record<string, unknown>>;

/** Whose authentication it must be, and how long it may have taken. All times in milliseconds. */
export interface ExpectedProof {
  readonly subject: string;
  readonly nonce: string;
  /** Auth0's organization, where one was asked for. */
  readonly organization?: string | undefined;
  /** When the user was sent away, by our clock. */
  readonly departedAt: number;
  /** When the tokens arrived, by our clock. */
  readonly receivedAt: number;
  /** The `Date` of the token response, by the provider's clock. */
  readonly providerDate?: number | undefined;
}

/** What the provider says of an authentication that counts. */
export interface HostedProof extends Authentication {
  readonly authenticatedAt: number;
  /** The kind of second factor, where the operator's claim names it. */
  readonly method?: string;
}

/** Rounding and the network's time. Anything longer would let a sign-in from before the departure count. */
const SLACK_SECONDS = 5;

/**
 * Checks the options that {@link assertHostedProof} goes by.
 *
 * @throws TypeError when they would let one factor, or a cookie, count.
 */
export function assertProofRules({ acr = [], amr = [], freshness = 'login' }: ProofRules): void {
  for (const [name, values] of Object.entries({ acr, amr })) {
    if (!Array.isArray(values) || !values.every((one) => typeof one === 'string' && /^\S+$/.test(one))) {
      throw new TypeError(`${name}: must be a list of values as tokens have them`);
    }
    const weak = values.find(isWeak);
    if (weak !== undefined) {
      throw new TypeError(`${name}: must not hold ${weak}, which one factor or a cookie is enough for`);
    }
  }
  if (acr.length + amr.length === 0) {
    throw new TypeError('acr or amr: name the values that show a second factor; there is no safe default');
  }
  if (freshness === 'login') return;
  if (!isRecord(freshness) || typeof freshness.claim !== 'string' || freshness.claim === '') {
    throw new TypeError(
      "freshness: must be 'login', or { claim } with the name of the claim that tells the time",
    );
  }
  if (freshness.types === undefined) return;
  if (
    !Array.isArray(freshness.types) ||
    !freshness.types.every((one) => typeof one === 'string' && one !== '')
  ) {
    throw new TypeError('freshness.types: must be a list of kinds of factors, as the claim has them');
  }
}

function isWeak(value: string): boolean {
  return (
    value === '0' || value === 'pwd' || value.startsWith('urn:okta:loa:1fa:') || value.endsWith(':ifpossible')
  );
}

/**
 * Whether the user of this flow has just authenticated with a second factor, as the `id_token` says. A code that comes
 * back proves no more than that the provider knows the user: everything else is in the claims.
 *
 * No two clocks are compared. The age of the authentication, by the provider's clock, must not exceed the time that the
 * user was away, by ours.
 *
 * @throws StepUpError `identity_refused`, `subject_mismatch`, `authentication_stale` or `mfa_not_required`. None of them
 *   is worth a retry. The message names the claim that was missing, without its value.
 */
export function assertHostedProof(
  claims: VerifiedClaims,
  expected: ExpectedProof,
  rules: ProofRules,
): HostedProof {
  const { nonce, sub, org_id: organization } = claims;
  if (typeof nonce !== 'string' || !isSameSecret(nonce, expected.nonce)) {
    throw refused('The id_token is not for this departure: its nonce is another one.');
  }
  // Before freshness: another person's approval is always called that.
  if (sub !== expected.subject) {
    throw new StepUpError(
      'subject_mismatch',
      'Another user has signed in at the provider than the one of this flow.',
    );
  }
  if (expected.organization !== undefined && organization !== expected.organization) {
    throw refused('The id_token is not for the organization that was asked for: its org_id is another one.');
  }
  const { at, method } = timeOf(claims, rules.freshness ?? 'login');
  assertFresh(at, claims, expected);
  return {
    authenticatedAt: at * 1_000,
    ...strengthOf(claims, rules),
    ...(method !== undefined && { method }),
  };
}

/** When the user authenticated, in seconds by the provider's clock. */
function timeOf(
  claims: VerifiedClaims,
  freshness: NonNullable<ProofRules['freshness']>,
): { readonly at: number; readonly method?: string } {
  if (freshness === 'login') {
    const { auth_time: at } = claims;
    if (isSeconds(at)) return { at };
    throw stale('The id_token does not tell when the user signed in: it has no auth_time in whole seconds.');
  }
  const { claim, types } = freshness;
  const told = claims[claim];
  const { at: value, type } = isRecord(told) ? told : {};
  const at = typeof value === 'string' ? Math.floor(Date.parse(value) / 1_000) : value;
  if (!isSeconds(at)) {
    throw stale(
      `The id_token does not tell when the second factor was passed: ${claim} has no time in \`at\`.`,
    );
  }
  if (types !== undefined && !types.some((one) => one === type)) {
    throw weak(`The second factor is not of a kind that counts: see \`type\` in ${claim}.`);
  }
  return { at, ...(typeof type === 'string' && { method: type }) };
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function assertFresh(at: number, { iat }: VerifiedClaims, expected: ExpectedProof): void {
  // Some providers set `iat` when they issue the code, and an attacker at the browser can hold the code back. So the
  // later of the two times counts.
  const date = expected.providerDate === undefined ? 0 : Math.floor(expected.providerDate / 1_000);
  const providerNow = Math.max(typeof iat === 'number' ? iat : 0, date);
  const age = providerNow - at;
  const away = (expected.receivedAt - expected.departedAt) / 1_000;
  if (age >= -SLACK_SECONDS && age <= away + SLACK_SECONDS) return;
  throw stale(
    'The user did not authenticate after they were sent to the provider. Let it ask again: max_age=0 must be honoured.',
  );
}

function strengthOf({ acr, amr }: VerifiedClaims, rules: ProofRules): Pick<HostedProof, 'acr' | 'amr'> {
  const methods: readonly unknown[] = Array.isArray(amr) ? amr : [];
  const isRightClass = rules.acr?.some((one) => one === acr) ?? false;
  const hasMethods =
    rules.amr !== undefined && rules.amr.length > 0 && rules.amr.every((one) => methods.includes(one));
  if (!isRightClass && !hasMethods) {
    const missing = [...(rules.acr?.length ? ['acr'] : []), ...(rules.amr?.length ? ['amr'] : [])].join(
      ' or ',
    );
    throw weak(`The id_token does not show a second factor: ${missing} does not have the values that count.`);
  }
  return {
    ...(typeof acr === 'string' && { acr }),
    ...(Array.isArray(amr) && { amr: methods.filter((one): one is string => typeof one === 'string') }),
  };
}

function refused(message: string): StepUpError {
  return new StepUpError('identity_refused', message);
}

function stale(message: string): StepUpError {
  return new StepUpError('authentication_stale', message);
}

function weak(message: string): StepUpError {
  return new StepUpError('mfa_not_required', message);
}
