import { pushBounded } from '../lib/bounded.ts';
import { randomId } from '../lib/random.ts';
import { toTotpUri } from '../lib/totp.ts';
import { factsOf, recordEvent } from '../logs/record-event.ts';
import { openOobCode, sendMessage, sendPush } from '../mfa/delivery.ts';
import { startEnrollment } from '../mfa/enrollment.ts';
import { enforceLimit } from '../request/enforce-limit.ts';
import type { Factor } from '../settings/factor.ts';
import type { Authenticator } from '../state/authenticator.ts';
import type { OobCode } from '../state/oob-code.ts';
import { announce, type Tenant, tenantName } from '../state/tenant.ts';
import type { Transaction } from '../state/transaction.ts';
import type { User } from '../state/user.ts';

/** How many QR codes a tenant keeps. */
const mostWaiting = 1_000;

/** An enrolment that was started: with a link to scan, with a code to be sent back, or with both. */
export interface StartedEnrollment {
  readonly authenticator: Authenticator;
  /** Missing for one-time passwords. */
  readonly oobCode?: OobCode;
  /** Missing for messages. */
  readonly barcodeUri?: string;
}

/** Starts the enrolment of a factor; messages go to `address` at once. */
export function startFactor(
  tenant: Tenant,
  transaction: Transaction,
  factor: Factor,
  address?: string,
): StartedEnrollment {
  const { user } = transaction.grant;
  if (address !== undefined) enforceLimit(tenant, messageLimit(factor), user.sub);
  const authenticators = startEnrollment(tenant, user, {
    factor,
    startedWith: transaction.mfaToken,
    ...(address !== undefined && { address }),
  });
  const [authenticator] = authenticators;
  recordEvent(tenant, 'gd_start_enroll', { ...factsOf(transaction.grant), authenticator });
  if (authenticator.secret !== undefined) {
    const barcodeUri = toTotpUri(authenticator.secret, tenantName(tenant), user.email);
    waitForScan(tenant, transaction, { barcodeUri, authenticators });
    return { authenticator, barcodeUri };
  }
  const oobCode = openOobCode(tenant, transaction, authenticator, 'enrollment');
  if (address !== undefined) {
    sendMessage(tenant, oobCode);
    return { authenticator, oobCode };
  }
  const barcodeUri = pushBarcodeUri(tenant, user);
  waitForScan(tenant, transaction, { barcodeUri, authenticators, oobCode });
  return { authenticator, oobCode, barcodeUri };
}

/** Sends a push or a message to an authenticator; a one-time password needs nothing. */
export function sendChallenge(
  tenant: Tenant,
  transaction: Transaction,
  authenticator: Authenticator,
): OobCode | undefined {
  const { factor } = authenticator;
  recordEvent(tenant, 'gd_start_auth', { ...factsOf(transaction.grant), authenticator });
  if (factor === 'otp' || factor === 'recovery-code') return undefined;
  enforceLimit(tenant, factor === 'push' ? 'pushes' : messageLimit(factor), transaction.grant.user.sub);
  const oobCode = openOobCode(tenant, transaction, authenticator, 'challenge');
  if (factor === 'push') {
    sendPush(tenant, transaction.grant, authenticator, oobCode);
  } else {
    sendMessage(tenant, oobCode);
  }
  return oobCode;
}

function messageLimit(factor: Factor): 'emails' | 'phoneMessages' {
  return factor === 'email' ? 'emails' : 'phoneMessages';
}

function waitForScan(
  tenant: Tenant,
  { grant: { user, clientId } }: Transaction,
  code: {
    readonly barcodeUri: string;
    readonly authenticators: readonly Authenticator[];
    readonly oobCode?: OobCode;
  },
): void {
  const createdAt = tenant.clock.now();
  const expiresAt = createdAt + tenant.settings.lifetimes.enrollmentMs;
  pushBounded(tenant.waitingCodes, { ...code, user, clientId, createdAt, expiresAt }, mostWaiting);
  announce(tenant);
}

/** The two parameters that recorded links have; the app asks `base_url` for everything else. */
function pushBarcodeUri(tenant: Tenant, user: User): string {
  const label = `${encodeURIComponent(tenantName(tenant))}:${encodeURIComponent(user.email)}`;
  const query = new URLSearchParams({
    enrollment_tx_id: randomId(tenant.randomBytes, 24),
    base_url: tenant.issuer().replace(/\/$/, ''),
  });
  return `otpauth://totp/${label}?${query}`;
}
