import type { ClientOptions } from '../../directory/client.ts';
import { invalidGrant } from '../../lib/emulator-error.ts';
import { requireTransaction } from '../../mfa-api/mfa-credential.ts';
import { verifyRecoveryCode } from '../../mfa-api/verification.ts';
import { type ApiRequest, requiredText } from '../../request/api-request.ts';
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
  const { authenticator, next } = verifyRecoveryCode(tenant, transaction.grant, code);
  return completeMfa(tenant, client, transaction, authenticator, next);
}
