import * as v from 'valibot';
import { flag, listOf, oneOf, optional, shape, text } from '../lib/shape.ts';
import { type Factor, factors } from '../settings/factor.ts';

/** A user to create. */
export interface UserOptions {
  /** What is typed on the login page. */
  readonly username: string;
  /** Not needed by users of a `connection`, who have none at the tenant. */
  readonly password?: string | undefined;
  /** The user id that tokens carry. Default: made from the username, so the same in every run. */
  readonly sub?: string | undefined;
  /** Default `{username}@example.com`. */
  readonly email?: string | undefined;
  /** A verified address is listed as an active authenticator, enrolled or not. Default false. */
  readonly emailVerified?: boolean | undefined;
  /** Default: the e-mail address. */
  readonly name?: string | undefined;
  /** Default: what stands before the `@` of the address. */
  readonly nickname?: string | undefined;
  /** Default: a Gravatar of the address. */
  readonly picture?: string | undefined;
  /** For the scope `phone`. */
  readonly phoneNumber?: string | undefined;
  /** Further claims of `id_token` and `/userinfo`, as an Action would set them. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** The identity provider the user comes from, such as `google-oauth2`: no password is asked for on its page. */
  readonly connection?: string | undefined;
  /** Ids of the organizations the user is a member of. */
  readonly organizations?: readonly string[] | undefined;
  /** What is enrolled from the start. */
  readonly factors?: readonly EnrolledFactor[] | undefined;
}

/** A factor that a user has from the start. A push brings its one-time password along, SMS its voice calls. */
export interface EnrolledFactor {
  /** The kind of factor. */
  readonly factor: Factor;
  /** Of SMS and voice, in E.164. Default: one made from the username. */
  readonly phoneNumber?: string | undefined;
  /** Of e-mail. Default: the user's address. */
  readonly email?: string | undefined;
  /** Base32 secret of the one-time password, also of the one that a push brings along. Default: made from the username. */
  readonly secret?: string | undefined;
  /** The recovery code: 24 upper-case letters and digits. Default: made from the username. */
  readonly code?: string | undefined;
  /** Whose phone holds it, by username. Default: the user's own. */
  readonly phone?: string | undefined;
  /** What its id ends with: 16 letters and digits. Default: made from the username. */
  readonly device?: string | undefined;
}

/** Whether the text can be an e-mail address. */
export function isEmail(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 254 && /^[^\s@]+@[^\s@]+$/.test(value);
}

/** Whether the text is a phone number in E.164. */
export function isPhoneNumber(value: string): boolean {
  return /^\+[1-9]\d{6,14}$/.test(value);
}

const email = v.custom<string>(isEmail, 'is an e-mail address');
const phoneNumber = v.pipe(text(), v.check(isPhoneNumber, 'is a phone number such as +491701234567'));

/** What an enrolled factor looks like. */
export const factorShape = shape('EnrolledFactor', {
  factor: oneOf(factors),
  phoneNumber: optional(phoneNumber),
  email: optional(email),
  secret: optional(v.pipe(text(), v.regex(/^[A-Z2-7]{16,}$/, 'is a base32 secret of 16 characters or more'))),
  code: optional(v.pipe(text(), v.regex(/^[A-Z0-9]{24}$/, 'is 24 upper-case letters and digits'))),
  phone: optional(text(128)),
  device: optional(v.pipe(text(), v.regex(/^[A-Za-z0-9]{16}$/, 'is 16 letters and digits'))),
}) satisfies v.GenericSchema<unknown, EnrolledFactor>;

/** What a user looks like. */
export const userShape = v.pipe(
  shape('UserOptions', {
    username: text(128),
    password: optional(text(1024)),
    sub: optional(text(255)),
    email: optional(email),
    emailVerified: optional(flag),
    name: optional(text()),
    nickname: optional(text()),
    picture: optional(text()),
    phoneNumber: optional(phoneNumber),
    claims: optional(v.record(v.string(), v.unknown(), 'is an object of claims')),
    connection: optional(text(128)),
    organizations: optional(listOf(text())),
    factors: optional(listOf(factorShape)),
  }),
  v.check(
    ({ password, connection }) => password !== undefined || connection !== undefined,
    'needs a password',
  ),
) satisfies v.GenericSchema<unknown, UserOptions>;

/** The users of an emulator without the option. */
export const defaultUsers: readonly UserOptions[] = [{ username: 'ada', password: 'correct-horse' }];
