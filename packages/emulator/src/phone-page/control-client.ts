/** A QR code that waits, as the control API spells it. */
export interface WireEnrollment {
  readonly barcode_uri: string;
  readonly kind: 'push' | 'otp';
  readonly client: string;
  readonly created_at: number;
  readonly expires_at: number;
}

/** A push, as the control API spells it. */
export interface WireNotification {
  readonly id: string;
  readonly status: 'pending' | 'approved' | 'denied' | 'expired';
  readonly client: string;
  readonly account: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly message?: string;
  readonly details?: readonly unknown[];
  readonly scope?: string;
  readonly audience?: string;
}

/** A one-time password, as the control API spells it. */
export interface WireCode {
  readonly authenticator_id: string;
  readonly account: string;
  readonly code: string;
  readonly expires_at: number;
}

/** A message, as the control API spells it. */
export interface WireMessage {
  readonly id: string;
  readonly channel: 'sms' | 'voice' | 'email';
  readonly to: string;
  readonly text: string;
  readonly created_at: number;
}

/** A row of `GET /mfa/authenticators`. */
export interface WireAuthenticator {
  readonly id: string;
  readonly active: boolean;
  readonly name?: string;
}

/** The answer to `GET /_emulator/phone/{username}`. */
export interface WirePhone {
  readonly now: number;
  readonly enrollments: readonly WireEnrollment[];
  readonly notifications: readonly WireNotification[];
  readonly codes: readonly WireCode[];
  readonly messages: readonly WireMessage[];
  readonly authenticators: readonly WireAuthenticator[];
}

/** The path of the tenant that this page belongs to, with a slash at its end. */
export const base = location.pathname.replace(/_emulator\/.*$/, '');

/** What {@link followPhone} calls: at once, and after each change. */
export interface PhoneFollower {
  /** Everything on the phone, also once a second for the clock; never if there is no such user. */
  phone(phone: WirePhone): void;
  /** The names of the users there are. */
  users(usernames: readonly string[]): void;
  /** The tenant was removed: nothing more comes. */
  gone(): void;
}

/** Follows a user's phone, and goes on when the emulator was started again. The result ends it. */
export function followPhone(username: string, follower: PhoneFollower): () => void {
  const source = new EventSource(`${base}_emulator/events?phone=${encodeURIComponent(username)}`);
  for (const event of ['phone', 'users'] as const) {
    source.addEventListener(event, ({ data }: MessageEvent<string>) => follower[event](JSON.parse(data)));
  }
  // An emulator that is down is tried again. One that answers without a stream does not have this tenant.
  source.addEventListener('error', () => source.readyState === EventSource.CLOSED && follower.gone());
  return () => source.close();
}

/** Scans a QR code with a user's phone. */
export function scan(username: string, barcodeUri: string): Promise<void> {
  return post(`${phonePath(username)}/scan`, { barcode_uri: barcodeUri });
}

/** Answers a push on a user's phone. */
export function decide(username: string, id: string, decision: 'approve' | 'deny'): Promise<void> {
  return post(`${phonePath(username)}/notifications/${encodeURIComponent(id)}`, { decision });
}

function phonePath(username: string): string {
  return `${base}_emulator/phone/${encodeURIComponent(username)}`;
}

async function post(path: string, body: unknown): Promise<void> {
  await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
