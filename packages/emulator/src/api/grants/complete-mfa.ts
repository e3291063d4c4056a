import type { ClientOptions } from '../../client.ts';
import type { Authenticator } from '../../mfa/authenticator.ts';
import { confirmEnrollment } from '../../mfa/enrollment.ts';
import type { Transaction } from '../../mfa/transaction.ts';
import type { Tenant } from '../../tenant.ts';
import { type ApiRequest, invalidRequest, requiredText } from '../api-request.ts';
import { resolveMfaToken } from '../mfa-credential.ts';
import { mfaRequired } from '../mfa-required.ts';
import { createTokenResponse } from '../token-response.ts';

/** The transaction of an `mfa_token` in the body, which has to have been issued to this client. */
export async function requireTransaction(
  { tenant, params }: ApiRequest,
  client: ClientOptions,
): Promise<Transaction> {
  const transaction = await resolveMfaToken(tenant, requiredText(params, 'mfa_token'));
  if (transaction.grant.clientId !== client.clientId) {
    throw invalidRequest('mfa_token not issued to this client');
  }
  return transaction;
}

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
  confirmEnrollment(grant.user, authenticator.enrollment);
  transaction.isSpent = true;
  const recoveryCode = newRecoveryCode ?? transaction.recoveryCode;
  const passed = [...new Set([...transaction.passed, authenticator.id])];
  if (kind === 'login' && passed.length < tenant.settings.requiredFactors) {
    throw mfaRequired(tenant, grant, { passed, recoveryCode });
  }
  return createTokenResponse(tenant, client, grant, recoveryCode === undefined ? {} : { recoveryCode });
}
