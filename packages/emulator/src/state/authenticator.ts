import type { Factor } from '../settings/factor.ts';

/** One enrolled device or address of a user; an unconfirmed one was started and never finished. */
export interface Authenticator {
  /** Such as `push|dev_ZUla9SQ6tAIHSz6y`. */
  readonly id: string;
  readonly factor: Factor;
  /** Rows of one enrolment (push and its OTP, SMS and voice) are confirmed and removed together. */
  readonly enrollment: string;
  isConfirmed: boolean;
  /** Only there because the e-mail address is verified; cannot be removed. */
  readonly isImplicit: boolean;
  /** The `mfa_token` or access token its enrolment was started with. */
  readonly startedWith?: string;
  /** Phone number or e-mail address. */
  readonly address?: string;
  /** Base32 secret of a one-time password. */
  readonly secret?: string;
  /** Username of the phone that scanned the code. */
  phone?: string;
  /** Time step of the last one-time password that was accepted. */
  lastStep?: number;
  recoveryCode?: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  enrolledAt?: number;
}

const prefixes: Readonly<Record<Factor, string>> = {
  push: 'push',
  otp: 'totp',
  sms: 'sms',
  voice: 'voice',
  email: 'email',
  'recovery-code': 'recovery-code',
};

/** The id of an authenticator on a device, `dev_` and 16 characters. */
export function toAuthenticatorId(factor: Factor, device: string): string {
  return `${prefixes[factor]}|dev_${device}`;
}

/** How the list names an authenticator: a device's name, a masked number or address. */
export function toDisplayName(authenticator: Authenticator): string | undefined {
  if (authenticator.factor === 'push') {
    return authenticator.phone === undefined ? undefined : `${authenticator.phone}'s phone`;
  }
  if (authenticator.address === undefined) return undefined;
  return authenticator.factor === 'email'
    ? maskEmail(authenticator.address)
    : maskPhone(authenticator.address);
}

function maskPhone(number: string): string {
  return number.slice(-4).padStart(number.length, 'X');
}

function maskEmail(address: string): string {
  const [local = '', domain = ''] = address.split('@');
  return `${'*'.repeat(local.length)}@${domain.slice(0, 4).padEnd(domain.length, '*')}`;
}
