import { assertKnownOptions } from '../lib/parse-options.ts';
import type { Evidence, ParsedPolicy } from './policy.ts';

/** Claims of a token that the app has verified: the `id_token` of the login, or the access token of the request. */
export interface TokenClaims {
  readonly sub?: unknown;
  readonly acr?: unknown;
  readonly amr?: unknown;
  /** When the user authenticated, in seconds since the epoch. */
  readonly auth_time?: unknown;
}

/** The claims of the request's verified token, `undefined` when it has none. */
export type ClaimsOf<Native = unknown> = (
  request: Native,
) => TokenClaims | undefined | Promise<TokenClaims | undefined>;

/** {@link Evidence}, checked and with its defaults. */
export interface ParsedEvidence {
  readonly acr: readonly string[];
  readonly amr: readonly string[];
}

const VALUE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/**
 * Checks which claims a policy accepts.
 *
 * @throws TypeError when they are wrong, or the policy asks for something that no claim can show.
 */
export function parseEvidence(evidence: Evidence, policy: ParsedPolicy): ParsedEvidence {
  if (typeof evidence !== 'object' || evidence === null) {
    throw new TypeError('policy.evidence: must be an object with acr or amr');
  }
  assertKnownOptions('policy.evidence.', evidence, ['acr', 'amr']);
  const acr = parseValues('acr', evidence.acr ?? []);
  const amr = parseValues('amr', evidence.amr ?? []);
  // With a time alone, a password would do.
  if (acr.length + amr.length === 0) throw new TypeError('policy.evidence: must name values of acr or amr');
  const conflict = Object.entries({
    singleUse: policy.singleUse,
    keepTokens: policy.keepTokens,
    minAuthenticatorAge: policy.minAuthenticatorAgeSeconds > 0,
    allowEnrolledInFlow: !policy.allowEnrolledInFlow,
  }).find(([, isSet]) => isSet);
  if (conflict) {
    throw new TypeError(`policy.evidence: cannot be combined with ${conflict[0]}, which no token can show`);
  }
  return { acr, amr };
}

function parseValues(name: string, values: unknown): readonly string[] {
  if (Array.isArray(values) && values.every((one) => typeof one === 'string' && VALUE.test(one))) {
    return values as readonly string[];
  }
  throw new TypeError(
    `policy.evidence.${name}: must be a list of values as tokens have them: visible ASCII, no quotes or backslashes`,
  );
}

/**
 * When the user authenticated in the way the evidence asks for, in milliseconds since the epoch. `undefined` if the
 * claims do not show it, belong to another user, or are older than `maxAgeSeconds`. Times in the future are not
 * trusted, nor are milliseconds, which look like thousands of years ahead.
 */
export function provenAt(
  claims: TokenClaims,
  options: {
    readonly evidence: ParsedEvidence;
    readonly subject: string;
    readonly maxAgeSeconds: number;
    readonly now: number;
  },
): number | undefined {
  const { sub, acr, amr, auth_time: authTime } = claims;
  const { evidence, subject, maxAgeSeconds, now } = options;
  if (sub !== subject || typeof authTime !== 'number') return undefined;
  const isRightClass = evidence.acr.length === 0 || evidence.acr.some((one) => one === acr);
  const methods: readonly unknown[] = Array.isArray(amr) ? amr : [];
  if (!isRightClass || !evidence.amr.every((one) => methods.includes(one))) return undefined;
  const age = now - authTime * 1_000;
  return age >= 0 && age <= maxAgeSeconds * 1_000 ? authTime * 1_000 : undefined;
}
