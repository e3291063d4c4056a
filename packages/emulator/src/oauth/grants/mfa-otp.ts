import type { ClientOptions } from '../../directory/client.ts';
import { EmulatorError, invalidGrant } from '../../lib/emulator-error.ts';
import { matchTotpStep } from '../../lib/totp.ts';
import { requireTransaction } from '../../mfa-api/mfa-credential.ts';
import { allowedFactors } from '../../mfa-api/mfa-required.ts';
import { type ApiRequest, requiredText } from '../../request/api-request.ts';
import { assertWithinLimit, takeUnit } from '../../request/enforce-limit.ts';
import type { Authenticator } from '../../state/authenticator.ts';
import type { Tenant } from '../../state/tenant.ts';
import type { Transaction } from '../../state/transaction.ts';
import { completeMfa } from './complete-mfa.ts';

/** Auth0's `mfa-otp` grant: the code of an authenticator app or of the app that takes the pushes. */
export async function exchangeOtp(
  request: ApiRequest,
  client: ClientOptions,
): Promise<Record<string, unknown>> {
  const { tenant, params } = request;
  const otp = requiredText(params, 'otp');
  const transaction = await requireTransaction(request, client);
  const candidates = findCandidates(tenant, transaction);
  if (candidates.length === 0) throw notEnrolled();
  const { sub } = transaction.grant.user;
  assertWithinLimit(tenant, 'wrongCodes', sub);
  const authenticator = candidates.find((candidate) => acceptCode(tenant, candidate, otp));
  if (authenticator !== undefined) return completeMfa(tenant, client, transaction, authenticator);
  takeUnit(tenant, 'wrongCodes', sub);
  throw invalidGrant('Invalid otp_code.');
}

/** Confirmed one-time passwords, and the one whose enrolment this very token started. */
function findCandidates(tenant: Tenant, { kind, grant, mfaToken }: Transaction): Authenticator[] {
  const isChallengeable = kind === 'login' && allowedFactors(tenant, 'challenge').includes('otp');
  return grant.user.authenticators.filter(
    ({ factor, isConfirmed, startedWith }) =>
      factor === 'otp' && (isConfirmed ? isChallengeable : startedWith === mfaToken),
  );
}

/** Each time step of an authenticator is good for one login. */
function acceptCode(tenant: Tenant, authenticator: Authenticator, otp: string): boolean {
  if (authenticator.secret === undefined) return false;
  const step = matchTotpStep(authenticator.secret, otp, tenant.clock.now());
  if (step === undefined || step <= (authenticator.lastStep ?? -1)) return false;
  authenticator.lastStep = step;
  return true;
}

function notEnrolled(): EmulatorError {
  return new EmulatorError(
    401,
    'unsupported_challenge_type',
    'User is not enrolled. You can use /mfa/associate endpoint to enroll the first authenticator.',
  );
}
