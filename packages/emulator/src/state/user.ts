import { type EnrolledFactor, type UserOptions, userShape } from '../directory/user-options.ts';
import { sha256Hex } from '../lib/digest.ts';
import { assertShape } from '../lib/shape.ts';
import type { Factor } from '../settings/factor.ts';
import type { Authenticator } from './authenticator.ts';
import { toAuthenticators } from './enrolled-factors.ts';

/** A user of the tenant with what is enrolled. */
export interface User {
  readonly username: string;
  /** Missing for users of another identity provider. */
  readonly password: string | undefined;
  /** Made from the username unless it was given, so it stays the same in every run. */
  readonly sub: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly name: string;
  readonly nickname: string;
  readonly picture: string;
  readonly phoneNumber: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly connection: string | undefined;
  readonly organizations: readonly string[];
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly authenticators: Authenticator[];
}

/** The tenant that a user is made in. */
export interface UserFrame {
  readonly now: number;
  /** The factors that are switched on. */
  readonly factors: readonly Factor[];
}

/** The user with what is enrolled from the start; a `TypeError` names a member that is unknown, missing or wrong. */
export function createUser(options: UserOptions, { now, factors }: UserFrame): User {
  assertShape(userShape, options);
  const { username, password, phoneNumber, connection, claims = {}, organizations = [] } = options;
  const email = options.email ?? `${username}@example.com`;
  const hash = sha256Hex(username);
  const user: User = {
    username,
    password,
    sub: options.sub ?? `${connection ?? 'auth0'}|${hash.slice(0, 24)}`,
    email,
    emailVerified: options.emailVerified ?? false,
    name: options.name ?? email,
    nickname: options.nickname ?? email.slice(0, email.indexOf('@')),
    picture: options.picture ?? gravatar(email),
    phoneNumber,
    claims,
    connection,
    organizations,
    createdAt: now,
    updatedAt: now,
    authenticators: [],
  };
  if (user.emailVerified) user.authenticators.push(verifiedEmail(email, hash.slice(24, 40), now));
  enroll(user, options.factors ?? [], { now, factors });
  return user;
}

/** Adds factors that are confirmed at once. */
export function enroll(user: User, enrolled: readonly EnrolledFactor[], { now, factors }: UserFrame): void {
  for (const one of enrolled) {
    const ordinal = user.authenticators.length;
    user.authenticators.push(...toAuthenticators(user, one, { ordinal, factors, now }));
  }
}

/** Active rows: those that can be challenged. */
export function activeAuthenticators(user: User): Authenticator[] {
  return user.authenticators.filter((authenticator) => authenticator.isConfirmed);
}

/** Whether the user has enrolled a factor: a verified address or a recovery code alone does not count. */
export function isEnrolled(user: User): boolean {
  return activeAuthenticators(user).some(
    ({ factor, isImplicit }) => factor !== 'recovery-code' && !isImplicit,
  );
}

function verifiedEmail(address: string, device: string, now: number): Authenticator {
  return {
    id: `email|dev_${device}`,
    factor: 'email',
    enrollment: device,
    isConfirmed: true,
    isImplicit: true,
    address,
    createdAt: now,
    enrolledAt: now,
  };
}

/** As recorded: a Gravatar, with the first two letters of the address in its place. */
function gravatar(email: string): string {
  const letters = email
    .replace(/[^a-z]/gi, '')
    .slice(0, 2)
    .toLowerCase();
  const fallback = encodeURIComponent(`https://cdn.auth0.com/avatars/${letters}.png`);
  return `https://s.gravatar.com/avatar/${sha256Hex(email.toLowerCase())}?s=480&r=pg&d=${fallback}`;
}
