import { dropUndefined } from '../lib/drop-undefined.ts';
import { isRecord, stringMember } from '../lib/json.ts';
import type { FactorRequirements, MfaTransaction } from '../provider/way.ts';
import type { Factor } from '../terms/factor.ts';
import { StepUpError } from '../terms/step-up-error.ts';
import { factorsNamed } from './wire-factors.ts';

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
