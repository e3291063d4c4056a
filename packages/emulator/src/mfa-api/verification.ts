import { EmulatorError, invalidGrant, invalidRequest } from '../lib/emulator-error.ts';
import { matchTotpStep } from '../lib/totp.ts';
import { type EventFacts, factsOf, recordEvent } from '../logs/record-event.ts';
import { createRecoveryCode } from '../mfa/enrollment.ts';
import { assertWithinLimit, takeUnit } from '../request/enforce-limit.ts';
import type { Authenticator } from '../state/authenticator.ts';
import type { OobCode } from '../state/oob-code.ts';
import type { Tenant } from '../state/tenant.ts';
import type { Grant } from '../state/transaction.ts';
import { activeAuthenticators, type User } from '../state/user.ts';
import { allowedFactors } from './mfa-required.ts';
import { rejected } from './rejection.ts';

/** The authenticator whose one-time password this is; 403 for a wrong one, and too many of those are a 429. */
export function verifyOtp(
  tenant: Tenant,
  grant: Grant,
  candidates: readonly Authenticator[],
  otp: string,
): Authenticator {
  const facts = { ...factsOf(grant), authenticator: candidates[0] };
  assertWithinLimit(tenant, 'wrongCodes', grant.user.sub, facts);
  const authenticator = candidates.find((candidate) => acceptCode(tenant, candidate, otp));
  if (authenticator === undefined) throw wrongCode(tenant, grant, facts, 'Invalid otp_code.');
  if (authenticator.isConfirmed) recordEvent(tenant, 'gd_auth_succeed', { ...facts, authenticator });
  return authenticator;
}

/** Refuses a code that was not in the message. */
export function verifyBindingCode(
  tenant: Tenant,
  grant: Grant,
  oobCode: OobCode,
  bindingCode: string | undefined,
): void {
  if (bindingCode === undefined) throw invalidRequest('Missing required parameter: binding_code');
  const facts = { ...factsOf(grant), authenticator: oobCode.authenticator };
  assertWithinLimit(tenant, 'wrongCodes', grant.user.sub, facts);
  if (bindingCode !== oobCode.bindingCode) throw wrongCode(tenant, grant, facts, 'Invalid binding_code.');
  if (oobCode.purpose === 'challenge') recordEvent(tenant, 'gd_auth_succeed', facts);
}

function wrongCode(tenant: Tenant, { user }: Grant, facts: EventFacts, description: string): EmulatorError {
  takeUnit(tenant, 'wrongCodes', user.sub);
  recordEvent(tenant, 'gd_auth_failed', { ...facts, description });
  return invalidGrant(description);
}

/** Uses up a recovery code, and makes the next one, unless the dialect has none. */
export function verifyRecoveryCode(
  tenant: Tenant,
  grant: Grant,
  code: string,
): { readonly authenticator: Authenticator; readonly next: string | undefined } {
  const { user } = grant;
  const authenticator = activeAuthenticators(user).find(({ factor }) => factor === 'recovery-code');
  if (authenticator === undefined || !allowedFactors(tenant, 'challenge').includes('recovery-code')) {
    throw new EmulatorError(403, 'unsupported_challenge_type', 'User does not have a recovery-code.');
  }
  const facts = { ...factsOf(grant), authenticator };
  assertWithinLimit(tenant, 'wrongRecoveryCodes', user.sub, facts);
  if (authenticator.recoveryCode !== code) {
    takeUnit(tenant, 'wrongRecoveryCodes', user.sub);
    recordEvent(tenant, 'gd_recovery_failed', facts);
    throw rejected(tenant);
  }
  recordEvent(tenant, 'gd_recovery_succeed', facts);
  return { authenticator, next: replaceRecoveryCode(tenant, user, authenticator) };
}

/** Each time step of an authenticator is good for one login. */
function acceptCode(tenant: Tenant, authenticator: Authenticator, otp: string): boolean {
  if (authenticator.secret === undefined) return false;
  const step = matchTotpStep(authenticator.secret, otp, tenant.clock.now());
  if (step === undefined || step <= (authenticator.lastStep ?? -1)) return false;
  authenticator.lastStep = step;
  return true;
}

function replaceRecoveryCode(tenant: Tenant, user: User, authenticator: Authenticator): string | undefined {
  if (tenant.settings.dialect.newRecoveryCode === 'absent') {
    user.authenticators.splice(user.authenticators.indexOf(authenticator), 1);
    return undefined;
  }
  authenticator.recoveryCode = createRecoveryCode(tenant);
  return authenticator.recoveryCode;
}
