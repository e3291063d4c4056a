import { requireUser } from '../admin/directory.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import { totpAt } from '../lib/totp.ts';
import { recordEvent } from '../logs/record-event.ts';
import { clientName } from '../mfa/delivery.ts';
import { confirmEnrollment } from '../mfa/enrollment.ts';
import { toRow } from '../mfa-api/authenticators.ts';
import type { InboxMessage, PhoneNotification, PushContent, WaitingCode } from '../state/phone-state.ts';
import { announce, type Tenant } from '../state/tenant.ts';
import type { User } from '../state/user.ts';

/** A QR code that is shown somewhere for this user and waits to be scanned. Times in epoch milliseconds. */
export interface PhoneEnrollment {
  readonly barcodeUri: string;
  readonly kind: 'push' | 'otp';
  /** The application that shows it. */
  readonly client: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A push on the phone. */
export interface PhonePush {
  readonly id: string;
  readonly status: 'pending' | 'approved' | 'denied' | 'expired';
  /** The application that asks, and the account it asks for. */
  readonly client: string;
  readonly account: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** How it was asked for: by the MFA API or a login page, or by CIBA. */
  readonly kind: 'mfa' | 'ciba';
  /** What a CIBA request shows: its binding message, `authorization_details`, scopes and audience. */
  readonly message?: string;
  readonly details?: readonly unknown[];
  readonly scope?: string;
  readonly audience?: string;
}

/** The one-time password an app shows now. */
export interface PhoneCode {
  readonly authenticatorId: string;
  readonly account: string;
  readonly code: string;
  /** When the next code replaces it. */
  readonly expiresAt: number;
}

/** An SMS, a call or an e-mail. */
export type PhoneMessage = Omit<InboxMessage, 'username'>;

/** Everything on a user's phone. */
export interface PhoneView {
  /** The emulator's time, to measure the other times against. */
  readonly now: number;
  readonly enrollments: readonly PhoneEnrollment[];
  readonly notifications: readonly PhonePush[];
  readonly codes: readonly PhoneCode[];
  readonly messages: readonly PhoneMessage[];
  /** As `GET /mfa/authenticators` lists them. */
  readonly authenticators: readonly Readonly<Record<string, unknown>>[];
}

/**
 * The phone of one user, with an app for pushes, an app for codes and an inbox. Lists are oldest first. What
 * cannot be done throws an {@link EmulatorError}: 404 for what is not there, 409 for what is over.
 */
export interface Phone {
  readonly username: string;
  view(): PhoneView;
  /** Scans a code: the newest that waits for this user, or the given one, even if it was shown to another user. */
  scan(barcodeUri?: string): void;
  /** Approves a push: the newest, or the one with this id. */
  approve(id?: string): PhonePush;
  /** Denies a push: the newest, or the one with this id. */
  deny(id?: string): PhonePush;
  notifications(): PhonePush[];
  /** Resolves with the newest push that waits for an answer, now or as soon as one arrives. */
  nextNotification(): Promise<PhonePush>;
  codes(): PhoneCode[];
  messages(): PhoneMessage[];
}

/** The phone of a user, looked up in the current tenant, so that it still works after a reset. */
export function createPhone(currentTenant: () => Tenant, username: string): Phone {
  const owner = (): { tenant: Tenant; user: User } => {
    const tenant = currentTenant();
    return { tenant, user: requireUser(tenant, username) };
  };
  const pushes = (tenant: Tenant): PhoneNotification[] =>
    tenant.notifications.filter(({ phone }) => phone === username);

  const phone: Phone = {
    username,
    view() {
      const { tenant, user } = owner();
      return {
        now: tenant.clock.now(),
        enrollments: waitingFor(tenant, user).map((code) => toEnrollment(tenant, code)),
        notifications: phone.notifications(),
        codes: phone.codes(),
        messages: phone.messages(),
        authenticators: user.authenticators.map((authenticator) => toRow(tenant, authenticator)),
      };
    },
    scan(barcodeUri) {
      const { tenant, user } = owner();
      const candidates = barcodeUri === undefined ? waitingFor(tenant, user) : tenant.waitingCodes;
      const code = candidates.findLast((each) => barcodeUri === undefined || each.barcodeUri === barcodeUri);
      if (code === undefined) throw notFound('No such QR code waits to be scanned');
      scanCode(tenant, code, username);
    },
    approve: (id = 'latest') => answer(owner().tenant, find(pushes(owner().tenant), id), 'approved'),
    deny: (id = 'latest') => answer(owner().tenant, find(pushes(owner().tenant), id), 'denied'),
    notifications() {
      const { tenant } = owner();
      return pushes(tenant).map((push) => toPush(tenant, push));
    },
    nextNotification() {
      const { tenant } = owner();
      return new Promise((resolve) => {
        const look = (): void => {
          const push = phone.notifications().findLast(({ status }) => status === 'pending');
          if (push === undefined) return;
          tenant.watchers.delete(look);
          resolve(push);
        };
        tenant.watchers.add(look);
        look();
      });
    },
    codes() {
      const { tenant } = owner();
      return codesOn(tenant, username);
    },
    messages() {
      const { tenant } = owner();
      return tenant.inbox
        .filter((message) => message.username === username)
        .map(({ username: _owner, ...message }) => message);
    },
  };
  return phone;
}

function waitingFor(tenant: Tenant, user: User): WaitingCode[] {
  return tenant.waitingCodes.filter(
    (code) => code.user === user && code.expiresAt > tenant.clock.now() && !isScanned(code),
  );
}

function isScanned({ authenticators }: WaitingCode): boolean {
  return authenticators.some(({ phone, isConfirmed }) => phone !== undefined || isConfirmed);
}

/** The scan confirms a push authenticator. A code app only learns the secret. */
function scanCode(tenant: Tenant, code: WaitingCode, phone: string): void {
  if (isScanned(code)) throw new EmulatorError(409, 'conflict', 'This QR code was scanned already');
  if (code.expiresAt <= tenant.clock.now())
    throw new EmulatorError(409, 'expired', 'This QR code is expired');
  for (const authenticator of code.authenticators) authenticator.phone = phone;
  if (code.oobCode === undefined) return;
  code.oobCode.answer = 'approved';
  confirmEnrollment(tenant, code.user, code.oobCode.authenticator.enrollment);
  announce(tenant);
}

function find(pushes: PhoneNotification[], id: string): PhoneNotification {
  const push = id === 'latest' ? pushes.at(-1) : pushes.find((each) => each.id === id);
  if (push === undefined) throw notFound('No such notification on this phone');
  return push;
}

function answer(tenant: Tenant, push: PhoneNotification, decision: 'approved' | 'denied'): PhonePush {
  const { status } = toPush(tenant, push);
  if (status !== 'pending') {
    throw new EmulatorError(409, 'conflict', `This notification is ${status} already`);
  }
  push.request.answer = decision;
  const { user, clientId, authenticator } = push;
  recordEvent(tenant, decision === 'approved' ? 'gd_auth_succeed' : 'gd_auth_rejected', {
    user,
    clientId,
    authenticator,
  });
  announce(tenant);
  push.request.answered?.();
  return toPush(tenant, push);
}

function codesOn(tenant: Tenant, username: string): PhoneCode[] {
  return [...tenant.users.values()].flatMap((user) =>
    user.authenticators.flatMap(({ id, phone, secret }) =>
      phone === username && secret !== undefined
        ? [{ authenticatorId: id, account: user.username, ...totpAt(secret, tenant.clock.now()) }]
        : [],
    ),
  );
}

function toEnrollment(tenant: Tenant, code: WaitingCode): PhoneEnrollment {
  const { barcodeUri, oobCode, clientId, createdAt, expiresAt } = code;
  const kind = oobCode === undefined ? 'otp' : 'push';
  return { barcodeUri, kind, client: clientName(tenant, clientId), createdAt, expiresAt };
}

function toPush(tenant: Tenant, push: PhoneNotification): PhonePush {
  const { id, clientId, user, request } = push;
  const isLate = request.answer === 'pending' && request.expiresAt <= tenant.clock.now();
  return {
    id,
    status: isLate ? 'expired' : request.answer,
    client: clientName(tenant, clientId),
    account: user.username,
    createdAt: request.createdAt,
    expiresAt: request.expiresAt,
    kind: request.shows === undefined ? 'mfa' : 'ciba',
    ...shown(request.shows),
  };
}

/** Everything but the name of the consent record, which is the app's. */
function shown(content: PushContent | undefined): Partial<PhonePush> {
  if (content === undefined) return {};
  const { consentId: _consentId, ...rest } = content;
  return rest;
}

function notFound(description: string): EmulatorError {
  return new EmulatorError(404, 'not_found', description);
}
