import { dropUndefined } from '../lib/drop-undefined.ts';
import { isRecord, numberMember, stringMember } from '../lib/json.ts';
import type { FactorRequirements, MfaTransaction, TokenSet } from '../provider/mfa-api.ts';
import type { Factor } from '../terms/factor.ts';
import { StepUpError } from '../terms/step-up-error.ts';
import { factorsNamed } from './wire-factors.ts';

/** The error for a response without a required member. */
export function unreadable(what: string): StepUpError {
  return new StepUpError('provider_error', `the response of ${what} could not be read`);
}

/** Reads a token response (RFC 6749, section 5.1). */
export function parseTokens(body: unknown): TokenSet {
  const accessToken = stringMember(body, 'access_token');
  if (accessToken === undefined) throw unreadable('oauth/token');
  return dropUndefined({
    accessToken,
    tokenType: stringMember(body, 'token_type') ?? 'Bearer',
    expiresIn: numberMember(body, 'expires_in'),
    scope: stringMember(body, 'scope'),
    idToken: stringMember(body, 'id_token'),
    refreshToken: stringMember(body, 'refresh_token'),
  });
}

/** Reads an `mfa_required` response. Throws `login_required` when it has no token to continue with. */
export function parseTransaction(body: unknown): MfaTransaction {
  const mfaToken = stringMember(body, 'mfa_token');
  if (mfaToken === undefined) {
    throw new StepUpError('login_required', 'the tenant demands MFA without an mfa_token: sign in again');
  }
  return dropUndefined({ mfaToken, requirements: parseRequirements(body) });
}

/** Reads both documented shapes. Names that are not a factor of ours (WebAuthn) are left out. */
function parseRequirements(body: unknown): FactorRequirements | undefined {
  const value = isRecord(body) ? body.mfa_requirements : undefined;
  if (!isRecord(value)) return undefined;
  const enroll = wireFactors(value.enroll);
  const challenge = wireFactors(value.challenge ?? value.challenge_types);
  if (enroll === undefined && challenge === undefined) return undefined;
  return dropUndefined({ enroll, challenge });
}

function wireFactors(list: unknown): readonly Factor[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const names = list.map((item: unknown) => (typeof item === 'string' ? item : stringMember(item, 'type')));
  return [...new Set(names.flatMap((name) => factorsNamed(name ?? '')))];
}
