import type { Authenticator } from './authenticator.ts';
import type { OobCode } from './oob-code.ts';
import type { User } from './user.ts';

/** A QR code on somebody's screen, until it is scanned. */
export interface WaitingCode {
  readonly barcodeUri: string;
  readonly user: User;
  readonly clientId: string;
  readonly authenticators: readonly Authenticator[];
  /** The request that a scan confirms; an authenticator app's code has none. */
  readonly oobCode?: OobCode;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A push that arrived on a phone. */
export interface PhoneNotification {
  readonly id: string;
  readonly phone: string;
  readonly clientName: string;
  readonly oobCode: OobCode;
}

/** An SMS, a call or an e-mail that arrived. */
export interface InboxMessage {
  readonly id: string;
  readonly username: string;
  readonly channel: 'sms' | 'voice' | 'email';
  readonly to: string;
  readonly text: string;
  readonly code: string;
  readonly createdAt: number;
}
