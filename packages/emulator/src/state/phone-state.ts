import type { Authenticator } from './authenticator.ts';
import type { OobCode } from './oob-code.ts';
import type { User } from './user.ts';

/** A QR code on somebody's screen, until it is scanned. */
export interface WaitingCode {
  readonly barcodeUri: string;
  readonly user: User;
  /** The application that shows it. */
  readonly clientId: string;
  readonly authenticators: readonly Authenticator[];
  /** The request that a scan confirms; an authenticator app's code has none. */
  readonly oobCode?: OobCode;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** What waits for the answer to a push. */
export interface PushRequest {
  readonly createdAt: number;
  readonly expiresAt: number;
  answer: 'pending' | 'approved' | 'denied';
  /** What the phone shows of it; the pushes of the MFA API show nothing. */
  readonly shows?: PushContent;
  /** Called when the user has answered. */
  readonly answered?: () => void;
}

/** What a CIBA request shows on the phone. */
export interface PushContent {
  readonly message?: string;
  /** The `authorization_details` (RFC 9396). */
  readonly details?: readonly unknown[];
  readonly scope: string;
  readonly audience: string;
  /** The name of the consent record that Guardian would fetch. */
  readonly consentId: string;
}

/** A push that arrived on a phone. */
export interface PhoneNotification {
  readonly id: string;
  /** Whose phone it is, by username. */
  readonly phone: string;
  readonly user: User;
  readonly clientId: string;
  /** What it was sent to. */
  readonly authenticator: Authenticator;
  readonly request: PushRequest;
}

/** An SMS, a call or an e-mail that arrived. */
export interface InboxMessage {
  readonly id: string;
  readonly username: string;
  readonly channel: 'sms' | 'voice' | 'email';
  readonly to: string;
  readonly text: string;
  /** The code in the text, where there is one. */
  readonly code?: string;
  readonly createdAt: number;
}
