import { sha256Hex } from '../digest.ts';
import type { Authenticator } from './authenticator.ts';

/** A user to create. */
export interface UserOptions {
  readonly username: string;
  readonly password: string;
  /** Default `{username}@example.com`. */
  readonly email?: string;
  /** A verified address is listed as an active authenticator, enrolled or not. Default false. */
  readonly emailVerified?: boolean;
}

/** A user of the tenant with what he has enrolled. */
export interface User {
  readonly username: string;
  readonly password: string;
  /** Made from the username, so it stays the same in every run. */
  readonly sub: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly authenticators: Authenticator[];
}

/** The user as he is before he enrols anything; a `TypeError` names a member that is missing or wrong. */
export function createUser(options: UserOptions): User {
  assertText('username', options.username, 128);
  assertText('password', options.password, 1024);
  const email = options.email ?? `${options.username}@example.com`;
  if (!isEmail(email)) throw new TypeError('email is an e-mail address');
  const emailVerified = options.emailVerified ?? false;
  if (typeof emailVerified !== 'boolean') throw new TypeError('emailVerified is true or false');
  const hash = sha256Hex(options.username);
  const user: User = {
    username: options.username,
    password: options.password,
    sub: `auth0|${hash.slice(0, 24)}`,
    email,
    emailVerified,
    authenticators: [],
  };
  if (emailVerified) user.authenticators.push(verifiedEmail(email, hash.slice(24, 40)));
  return user;
}

/** Whether the text can be an e-mail address. */
export function isEmail(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 254 && /^[^\s@]+@[^\s@]+$/.test(value);
}

/** Active rows: those that can be challenged. */
export function activeAuthenticators(user: User): Authenticator[] {
  return user.authenticators.filter((authenticator) => authenticator.isConfirmed);
}

/** Whether the user has a factor of his own: a verified address or a recovery code alone is none. */
export function isEnrolled(user: User): boolean {
  return activeAuthenticators(user).some(
    ({ factor, isImplicit }) => factor !== 'recovery-code' && !isImplicit,
  );
}

function verifiedEmail(address: string, device: string): Authenticator {
  return {
    id: `email|dev_${device}`,
    factor: 'email',
    enrollment: device,
    isConfirmed: true,
    isImplicit: true,
    address,
  };
}

function assertText(name: string, value: unknown, maxLength: number): void {
  if (typeof value !== 'string' || value === '' || value.length > maxLength) {
    throw new TypeError(`${name} is a string of 1 to ${maxLength} characters`);
  }
}
