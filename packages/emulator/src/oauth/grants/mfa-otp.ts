import type { ClientOptions } from '../../directory/client.ts';
import { EmulatorError } from '../../lib/emulator-error.ts';
import { requireTransaction } from '../../mfa-api/mfa-credential.ts';
import { allowedFactors } from '../../mfa-api/mfa-required.ts';
import { verifyOtp } from '../../mfa-api/verification.ts';
import { type ApiRequest, requiredText } from '../../request/api-request.ts';
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
  const authenticator = verifyOtp(tenant, transaction.grant, candidates, otp);
  return completeMfa(tenant, client, transaction, authenticator);
}

/** Confirmed one-time passwords, and the one whose enrolment this token started. */
function findCandidates(tenant: Tenant, { kind, grant, mfaToken }: Transaction): Authenticator[] {
  const isChallengeable = kind === 'login' && allowedFactors(tenant, 'challenge').includes('otp');
  return grant.user.authenticators.filter(
    ({ factor, isConfirmed, startedWith }) =>
      factor === 'otp' && (isConfirmed ? isChallengeable : startedWith === mfaToken),
  );
}

function notEnrolled(): EmulatorError {
  return new EmulatorError(
    401,
    'unsupported_challenge_type',
    'User is not enrolled. You can use /mfa/associate endpoint to enroll the first authenticator.',
  );
}
