import type { ClientOptions } from '../../client.ts';
import { EmulatorError } from '../../emulator-error.ts';
import type { Authenticator } from '../../mfa/authenticator.ts';
import { createRecoveryCode } from '../../mfa/enrollment.ts';
import type { User } from '../../mfa/user.ts';
import { activeAuthenticators } from '../../mfa/user.ts';
import type { Tenant } from '../../tenant.ts';
import { type ApiRequest, requiredText } from '../api-request.ts';
import { assertWithinLimit, takeUnit } from '../enforce-limit.ts';
import { invalidGrant } from '../mfa-credential.ts';
import { allowedFactors } from '../mfa-required.ts';
import { rejected } from '../rejection.ts';
import { completeMfa, requireTransaction } from './complete-mfa.ts';

/** Auth0's `mfa-recovery-code` grant. The code is good once; the answer brings the next one. */
export async function exchangeRecoveryCode(
  request: ApiRequest,
  client: ClientOptions,
): Promise<Record<string, unknown>> {
  const { tenant, params } = request;
  const code = requiredText(params, 'recovery_code');
  const transaction = await requireTransaction(request, client);
  if (transaction.kind !== 'login') throw invalidGrant('Malformed mfa_token');
  const { user } = transaction.grant;
  const authenticator = activeAuthenticators(user).find(({ factor }) => factor === 'recovery-code');
  if (authenticator === undefined || !allowedFactors(tenant, 'challenge').includes('recovery-code')) {
    throw new EmulatorError(403, 'unsupported_challenge_type', 'User does not have a recovery-code.');
  }
  assertWithinLimit(tenant, 'wrongRecoveryCodes', user.sub);
  if (authenticator.recoveryCode !== code) {
    takeUnit(tenant, 'wrongRecoveryCodes', user.sub);
    throw rejected(tenant);
  }
  const next = replaceRecoveryCode(tenant, user, authenticator);
  return completeMfa(tenant, client, transaction, authenticator, next);
}

function replaceRecoveryCode(tenant: Tenant, user: User, authenticator: Authenticator): string | undefined {
  if (tenant.settings.dialect.newRecoveryCode === 'absent') {
    user.authenticators.splice(user.authenticators.indexOf(authenticator), 1);
    return undefined;
  }
  authenticator.recoveryCode = createRecoveryCode(tenant);
  return authenticator.recoveryCode;
}
