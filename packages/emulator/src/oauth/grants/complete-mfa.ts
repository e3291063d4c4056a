import type { ClientOptions } from '../../directory/client.ts';
import { confirmEnrollment } from '../../mfa/enrollment.ts';
import { mfaRequired } from '../../mfa-api/mfa-required.ts';
import type { Authenticator } from '../../state/authenticator.ts';
import type { Tenant } from '../../state/tenant.ts';
import type { Transaction } from '../../state/transaction.ts';
import { createTokenResponse } from '../../tokens/token-response.ts';

/**
 * Ends a transaction whose authenticator was proven: tokens for the grant of its first leg, or another
 * `mfa_required` while the tenant asks for more authenticators. An enrolment is confirmed by it.
 */
export async function completeMfa(
  tenant: Tenant,
  client: ClientOptions,
  transaction: Transaction,
  authenticator: Authenticator,
  newRecoveryCode?: string,
): Promise<Record<string, unknown>> {
  const { grant, kind } = transaction;
  confirmEnrollment(tenant, grant.user, authenticator.enrollment);
  transaction.isSpent = true;
  const recoveryCode = newRecoveryCode ?? transaction.recoveryCode;
  const passed = [...new Set([...transaction.passed, authenticator.id])];
  if (kind === 'login' && passed.length < tenant.settings.requiredFactors) {
    throw mfaRequired(tenant, grant, { passed, recoveryCode });
  }
  return createTokenResponse(tenant, client, grant, recoveryCode === undefined ? {} : { recoveryCode });
}
