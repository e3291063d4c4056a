import { pushBounded, setBounded } from '../lib/bounded.ts';
import { digits, randomId, randomText } from '../lib/random.ts';
import { createSealedString } from '../lib/sealed-string.ts';
import { factsOf, recordEvent } from '../logs/record-event.ts';
import type { Authenticator } from '../state/authenticator.ts';
import type { OobCode } from '../state/oob-code.ts';
import type { InboxMessage, PushRequest } from '../state/phone-state.ts';
import { announce, type Tenant } from '../state/tenant.ts';
import type { Grant, Transaction } from '../state/transaction.ts';

/** How many pushes and messages a tenant keeps. */
const mostKept = 1_000;

/** How many out-of-band requests it remembers, those that ended included. */
const mostCodes = 20_000;

const messageEvents = { sms: 'gd_send_sms', voice: 'gd_send_voice', email: 'gd_send_email' } as const;

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
  setBounded(tenant.oobCodes, oobCode.code, oobCode, mostCodes);
  return oobCode;
}

/** Sends a push to the phone that scanned the authenticator's code. */
export function sendPush(
  tenant: Tenant,
  grant: Grant,
  authenticator: Authenticator,
  request: PushRequest,
): void {
  const { user, clientId } = grant;
  const push = {
    id: randomId(tenant.randomBytes, 12),
    phone: authenticator.phone ?? user.username,
    user,
    clientId,
    authenticator,
    request,
  };
  pushBounded(tenant.notifications, push, mostKept);
  recordEvent(tenant, 'gd_send_pn', { ...factsOf(grant), authenticator });
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
  putInInbox(tenant, {
    id: randomId(tenant.randomBytes, 12),
    username: transaction.grant.user.username,
    channel: factor,
    to: address ?? '',
    text: `Your verification code is: ${spoken}`,
    code: bindingCode,
    createdAt,
  });
  recordEvent(tenant, messageEvents[factor], { ...factsOf(transaction.grant), authenticator });
}

/** Lets a message arrive. */
export function putInInbox(tenant: Tenant, message: InboxMessage): void {
  pushBounded(tenant.inbox, message, mostKept);
  announce(tenant);
}
