import type { ApprovalRequest, AuthorizationDetail, CibaWayOptions, MessageRules } from '@stepgate/core';
import * as v from 'valibot';
import { aFlag, aFunction, optionsSchema, type SchemasOf } from '../lib/parse-options.ts';

/** CIBA: the phone asks, and shows what is approved. */
export interface CibaSettings {
  /** Gives the `login_hint` for a subject, in whatever form the provider takes it. */
  readonly loginHint?: NonNullable<CibaWayOptions['loginHint']>;
  /** Requested besides `openid`. */
  readonly scope?: string;
  /** The API that the authorization details or scopes belong to. */
  readonly audience?: string;
  /** Requested authentication context classes, for providers that know them. */
  readonly acrValues?: string;
  /** What the provider accepts as a message. */
  readonly messageRules?: MessageRules;
  /**
   * Gives the `authorization_details` (RFC 9396) for an approval, for a provider and an app on the phone that show them.
   * The same approval must always give the same: what was approved is compared with it.
   */
  readonly details?: (approval: ApprovalRequest) => readonly AuthorizationDetail[];
  /** How long the user may take, in whole seconds. Default: as long as the provider says. */
  readonly expirySeconds?: number;
  /** What the provider calls that; Okta says `request_expiry`. */
  readonly expiryParameter?: 'requested_expiry' | 'request_expiry';
  /** How long a poll may take, in milliseconds. Default 35 000, since providers may hold one for 30 seconds. */
  readonly pollTimeoutMs?: number;
}

/** CIBA at a provider that can ping. */
export interface PingCibaSettings extends CibaSettings {
  /**
   * The application is registered for ping, with `POST <base>/ciba` as its notification endpoint: the provider tells the
   * gate when the user has answered, and the answer is seen at once. Polls come a third as often, for pings that get
   * lost. Default `false`.
   */
  readonly ping?: boolean;
}

const text = v.pipe(v.string('must be a string'), v.nonEmpty('must not be empty'));
const seconds = 'must be a whole number of seconds from 1';
const rules = 'must have maxLength, a whole number from 4, and characters, the content of a character class';

const cibaEntries = {
  loginHint: v.optional(aFunction),
  scope: v.optional(text),
  audience: v.optional(text),
  acrValues: v.optional(text),
  messageRules: v.optional(v.custom<MessageRules>(areRules, rules)),
  details: v.optional(aFunction),
  expirySeconds: v.optional(v.pipe(v.number(seconds), v.safeInteger(seconds), v.minValue(1, seconds))),
  expiryParameter: v.optional(
    v.picklist(['requested_expiry', 'request_expiry'], "must be 'requested_expiry' or 'request_expiry'"),
  ),
  pollTimeoutMs: v.unknown(),
} satisfies SchemasOf<CibaSettings>;

/** Checks {@link CibaSettings}; what is left out here, the client checks. */
export const CibaSchema = optionsSchema(cibaEntries);

/** The same for {@link PingCibaSettings}. */
export const PingCibaSchema = optionsSchema({
  ...cibaEntries,
  ping: v.optional(aFlag),
} satisfies SchemasOf<PingCibaSettings>);

/** A push code must fit, and what does not parse would only show when a push is sent. */
function areRules(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { maxLength, characters } = value as Readonly<Record<string, unknown>>;
  if (!Number.isSafeInteger(maxLength) || Number(maxLength) < 4 || typeof characters !== 'string')
    return false;
  try {
    return new RegExp(`^[${characters}]+$`).test('BCDFGHJKMNPQRSTVWXZ23456789');
  } catch {
    return false;
  }
}
