import { digits, randomId, randomText } from '../lib/random.ts';
import { createSealedString } from '../lib/sealed-string.ts';
import type { Authenticator } from '../state/authenticator.ts';
import type { OobCode } from '../state/oob-code.ts';
import type { PushRequest } from '../state/phone-state.ts';
import { announce, type Tenant } from '../state/tenant.ts';
import type { Transaction } from '../state/transaction.ts';
import type { User } from '../state/user.ts';

/** Opens an out-of-band request: what the `oob_code` of an answer stands for. */
export function openOobCode(
  tenant: Tenant,
  transaction: Transaction,
  authenticator: Authenticator,
  purpose: OobCode['purpose'],
): OobCode {
  const createdAt = tenant.clock.now();
  const expiresAt = createdAt + tenant.settings.lifetimes.oobCodeMs;
  const length = tenant.settings.messageCodeLength;
  const oobCode: OobCode = {
    code: createSealedString(tenant.randomBytes, expiresAt),
    transaction,
    authenticator,
    purpose,
    createdAt,
    expiresAt,
    ...(authenticator.factor !== 'push' && { bindingCode: randomText(tenant.randomBytes, length, digits) }),
    answer: 'pending',
    isRedeemed: false,
  };
  tenant.oobCodes.set(oobCode.code, oobCode);
  return oobCode;
}

/** Sends a push to the phone that scanned the authenticator's code. */
export function sendPush(
  tenant: Tenant,
  { user, clientId }: { readonly user: User; readonly clientId: string },
  authenticator: Authenticator,
  request: PushRequest,
): void {
  tenant.notifications.push({
    id: randomId(tenant.randomBytes, 12),
    phone: authenticator.phone ?? user.username,
    user,
    clientName: clientName(tenant, clientId),
    enrollment: authenticator.enrollment,
    request,
  });
  announce(tenant);
}

/** What users are shown of a client. */
export function clientName(tenant: Tenant, clientId: string): string {
  return tenant.clients.get(clientId)?.name ?? clientId;
}

/** Sends the code of an SMS, call or e-mail to the user's inbox. */
export function sendMessage(tenant: Tenant, oobCode: OobCode): void {
  const { authenticator, bindingCode, createdAt, transaction } = oobCode;
  const { factor, address } = authenticator;
  if ((factor !== 'sms' && factor !== 'voice' && factor !== 'email') || bindingCode === undefined) return;
  const spoken = factor === 'voice' ? bindingCode.split('').join(' ') : bindingCode;
  tenant.inbox.push({
    id: randomId(tenant.randomBytes, 12),
    username: transaction.grant.user.username,
    channel: factor,
    to: address ?? '',
    text: `Your verification code is: ${spoken}`,
    code: bindingCode,
    createdAt,
  });
  announce(tenant);
}
