import type { ClientOptions } from '../../directory/client.ts';
import { EmulatorError, invalidGrant } from '../../lib/emulator-error.ts';
import { createRecoveryCode } from '../../mfa/enrollment.ts';
import { requireTransaction } from '../../mfa-api/mfa-credential.ts';
import { allowedFactors } from '../../mfa-api/mfa-required.ts';
import { rejected } from '../../mfa-api/rejection.ts';
import { type ApiRequest, requiredText } from '../../request/api-request.ts';
import { assertWithinLimit, takeUnit } from '../../request/enforce-limit.ts';
import type { Authenticator } from '../../state/authenticator.ts';
import type { Tenant } from '../../state/tenant.ts';
import type { User } from '../../state/user.ts';
import { activeAuthenticators } from '../../state/user.ts';
import { completeMfa } from './complete-mfa.ts';

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
