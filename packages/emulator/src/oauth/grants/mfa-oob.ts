import type { ClientOptions } from '../../directory/client.ts';
import { EmulatorError, invalidGrant, invalidRequest } from '../../lib/emulator-error.ts';
import { expiredToken, requireTransaction } from '../../mfa-api/mfa-credential.ts';
import { rejected } from '../../mfa-api/rejection.ts';
import { verifyBindingCode } from '../../mfa-api/verification.ts';
import { type ApiRequest, bearerToken, optionalText, requiredText } from '../../request/api-request.ts';
import { limitHeaders, takeUnit } from '../../request/enforce-limit.ts';
import type { OobCode } from '../../state/oob-code.ts';
import type { Tenant } from '../../state/tenant.ts';
import type { Transaction } from '../../state/transaction.ts';
import { invalidToken } from '../../tokens/access-token.ts';
import { completeMfa } from './complete-mfa.ts';

/**
 * Auth0's `mfa-oob` grant: one poll of a push or of an enrolment by QR code, or the code of a message. Confirms an
 * enrolment and finishes a challenge alike.
 */
export async function exchangeOobCode(
  request: ApiRequest,
  client: ClientOptions,
  replyHeaders: Headers,
): Promise<Record<string, unknown>> {
  const { tenant, params } = request;
  const transaction = await requireTransaction(request, client);
  countExchange(tenant, transaction, replyHeaders);
  const oobCode = findOobCode(tenant, transaction, requiredText(params, 'oob_code'));
  if (oobCode.purpose === 'enrollment') assertConfirmBearer(request, transaction);
  if (oobCode.bindingCode === undefined) assertApproved(tenant, oobCode);
  else verifyBindingCode(tenant, transaction.grant, oobCode, optionalText(params, 'binding_code'));
  oobCode.isRedeemed = true;
  return completeMfa(tenant, client, transaction, oobCode.authenticator);
}

function countExchange(tenant: Tenant, transaction: Transaction, replyHeaders: Headers): void {
  const { settings, clock } = tenant;
  const { minPollIntervalMs, dialect } = settings;
  const last = transaction.lastPollAt;
  transaction.lastPollAt = clock.now();
  const state = takeUnit(tenant, 'oobExchange', transaction.mfaToken);
  for (const [name, value] of Object.entries(state ? limitHeaders(tenant, state) : {})) {
    replyHeaders.set(name, value);
  }
  const isTooSoon = last !== undefined && clock.now() - last < minPollIntervalMs;
  if (isTooSoon || (state?.isExceeded && dialect.overPolling === 'slow_down')) {
    throw new EmulatorError(
      400,
      'slow_down',
      'You are polling faster than allowed. Wait longer between two requests.',
    );
  }
  if (state?.isExceeded) throw new EmulatorError(429, 'too_many_requests', 'Too many requests');
}

function findOobCode(tenant: Tenant, transaction: Transaction, code: string): OobCode {
  const oobCode = tenant.oobCodes.get(code);
  if (oobCode === undefined) throw invalidGrant('Malformed oob_code');
  if (oobCode.transaction.mfaToken !== transaction.mfaToken) {
    throw invalidRequest("The oob_code doesn't match the mfa_token");
  }
  if (oobCode.isRedeemed) throw invalidGrant('The oob_code was already used.');
  if (oobCode.expiresAt <= tenant.clock.now()) throw expiredToken(tenant, 'oob_code is expired');
  return oobCode;
}

function assertConfirmBearer({ tenant, headers }: ApiRequest, transaction: Transaction): void {
  if (tenant.settings.dialect.confirmBearer === 'ignored') return;
  if (bearerToken(headers) === transaction.mfaToken) return;
  throw invalidToken('Confirming an enrollment takes the mfa_token as bearer token too');
}

function assertApproved(tenant: Tenant, oobCode: OobCode): void {
  if (oobCode.answer === 'denied') throw rejected(tenant);
  if (oobCode.answer === 'approved') return;
  throw new EmulatorError(
    tenant.settings.dialect.pendingStatus,
    'authorization_pending',
    'Authorization pending: please repeat the request in a few seconds.',
  );
}
