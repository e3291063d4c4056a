import { DEFAULT_FACTORS, FACTORS, type Factor, isFactor } from '@stepgate/core';
import { assertKnownOptions } from '../lib/known-options.ts';
import { ActionTooLong } from '../request/hook-error.ts';

/** What is about to happen, in words: shown to the user and bound into requirement and approval. */
export interface Action {
  /** Names this very action: the transfer's number, the account to be deleted. */
  readonly id: string;
  /** One line for the user: "Transfer 250 EUR to Grace". */
  readonly title?: string;
  readonly details?: string;
}

/** What a route asks for. `Native` is the host's own request: Express's `req`, Koa's `ctx`. */
export interface Policy<Native = unknown> {
  /**
   * How old an approval may be: seconds (up to a day's), or `'30s'`, `'5m'`, `'2d'`. `0` means single use: every request
   * needs an approval of its own. Default 5 minutes.
   */
  readonly maxAge?: number | string;
  /** The factors that count. Default push and one-time passwords; everything weaker must be named. */
  readonly factors?: readonly Factor[];
  /** An approval serves one request, whatever its age. */
  readonly singleUse?: boolean;
  /** The action that is to be approved, or how a request tells it: an approval of one does not serve another. */
  readonly action?: Action | ((request: Native) => Action | Promise<Action>);
  /** Whether an approval counts whose factor was added in the same flow. Default `true`. */
  readonly allowEnrolledInFlow?: boolean;
  /**
   * How long ago the authenticator must have been added, at most 90 days: seconds, or `'1h'`, `'7d'`. The provider
   * does not tell when that was, so it counts from the first flow in which this gate has seen the authenticator; those
   * that the user had when a flow of his was first seen count as old. Default 0.
   */
  readonly minAuthenticatorAge?: number | string;
  /**
   * Keeps the tokens that came with the approval, sealed, for the handler (`stepUp.tokens()`), until they run out.
   * Default `false`.
   */
  readonly keepTokens?: boolean;
  /**
   * Lets claims of a token that the app has verified (the gate's option `evidence`) stand for an approval: the values
   * of `acr` or `amr` that do, of an `auth_time` within `maxAge`. Goes with nothing of which no token can tell: an
   * action, a single use, the age of the authenticator, kept tokens.
   */
  readonly evidence?: Evidence;
}

/**
 * A policy, or how a request tells it. Only an explicit `false` means that this request needs no step-up: a function
 * that gives nothing, throws, or reads a body that no parser has filled lets nobody through. An error of http-errors (or
 * Koa's `ctx.throw`) with a status of 4xx refuses the request so, as `invalid_request`.
 */
export type RoutePolicy<Native = unknown> =
  | Policy<Native>
  | ((request: Native) => Policy<Native> | false | Promise<Policy<Native> | false>);

/**
 * The policy that a guard is made with, or the default one where none is named.
 *
 * @throws TypeError when one is named that is not there: a misspelt member would be the default policy, which may be
 *   weaker.
 */
export function policyOf<Native>(
  args: readonly [policy?: RoutePolicy<Native>, ...others: readonly unknown[]],
): RoutePolicy<Native> {
  const [policy, options] = args;
  // `gate.require` was handed to a route without being called: these are a request, and what goes on from it.
  if (args.length > 2 || typeof options === 'function') {
    throw new TypeError('require: makes a guard, and is none: give the route gate.require(policy)');
  }
  if (policy !== undefined) return policy;
  if (args.length === 0) return {};
  throw new TypeError('policy: is undefined; leave it out, or give {}, for the default one');
}

/** A policy, checked and with its defaults. */
export interface ParsedPolicy {
  readonly maxAgeSeconds: number;
  readonly factors: readonly Factor[];
  readonly singleUse: boolean;
  readonly action?: Action;
  readonly allowEnrolledInFlow: boolean;
  readonly minAuthenticatorAgeSeconds: number;
  readonly keepTokens: boolean;
  /**
   * The tokens are to be good for the MFA API itself, and count only while they live. No policy of an app's says so:
   * only the endpoints that manage authenticators do.
   */
  readonly opensMfaApi: boolean;
}

const MEMBERS = [
  'maxAge',
  'factors',
  'singleUse',
  'action',
  'allowEnrolledInFlow',
  'minAuthenticatorAge',
  'keepTokens',
  'evidence',
] as const satisfies readonly (keyof Policy)[];
const DEFAULT_MAX_AGE_SECONDS = 300;
const LONGEST_MIN_AGE_SECONDS = 90 * 86_400;

/** A longer age is written with its unit: a bare number above is one of milliseconds, as session cookies have it. */
const LARGEST_BARE_MAX_AGE = 86_400;
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/**
 * Checks a policy. An action that only a request tells is left out; {@link parseAction} checks it then.
 *
 * @throws TypeError naming the member that is wrong.
 */
export function parsePolicy(policy: Policy<never>): ParsedPolicy {
  if (typeof policy !== 'object' || policy === null) throw new TypeError('policy: must be an object');
  assertKnownOptions('policy.', policy, MEMBERS);
  const { action } = policy;
  const maxAgeSeconds = parseMaxAge(policy.maxAge ?? DEFAULT_MAX_AGE_SECONDS);
  return {
    maxAgeSeconds,
    factors: parseFactors(policy.factors ?? DEFAULT_FACTORS),
    singleUse: parseFlag('singleUse', policy.singleUse ?? false) || maxAgeSeconds === 0,
    ...(action !== undefined && typeof action !== 'function' && { action: parseAction(action) }),
    allowEnrolledInFlow: parseFlag('allowEnrolledInFlow', policy.allowEnrolledInFlow ?? true),
    minAuthenticatorAgeSeconds: parseMinAge(policy.minAuthenticatorAge ?? 0),
    keepTokens: parseFlag('keepTokens', policy.keepTokens ?? false),
    opensMfaApi: false,
  };
}

/** Seconds of a duration, as a policy writes it. */
function parseDuration(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  const match = typeof value === 'string' ? /^(\d+)(s|m|h|d)$/.exec(value) : null;
  const unit = UNIT_SECONDS[match?.[2] ?? ''];
  if (match === null || unit === undefined) {
    throw new TypeError(
      `policy.${name}: must be a whole number of seconds, or a duration like '30s', '5m' or '2h'`,
    );
  }
  return Number(match[1]) * unit;
}

function parseMaxAge(value: unknown): number {
  if (typeof value === 'number' && value > LARGEST_BARE_MAX_AGE) {
    throw new TypeError(
      `policy.maxAge: is in seconds, and ${value} are more than a day; if that is meant, write it like '2d'`,
    );
  }
  return parseDuration('maxAge', value);
}

function parseMinAge(value: unknown): number {
  const seconds = parseDuration('minAuthenticatorAge', value);
  if (seconds <= LONGEST_MIN_AGE_SECONDS) return seconds;
  throw new TypeError('policy.minAuthenticatorAge: must be at most 90 days');
}

function parseFactors(factors: unknown): readonly Factor[] {
  if (!Array.isArray(factors) || factors.length === 0 || !factors.every(isFactor)) {
    throw new TypeError(`policy.factors: must be a list of some of ${FACTORS.join(', ')}`);
  }
  return FACTORS.filter((factor) => factors.includes(factor));
}

function parseFlag(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`policy.${name}: must be true or false`);
  return value;
}

const LARGEST_ACTION_BYTES = 4_096;

/**
 * Checks an action.
 *
 * @throws TypeError naming the member that is wrong.
 */
export function parseAction(action: Action): Action {
  if (typeof action !== 'object' || action === null)
    throw new TypeError('policy.action: must be an object with an id, or a function that gives one');
  const { id, title, details } = action;
  if (typeof id !== 'string' || id === '')
    throw new TypeError('policy.action.id: must be a non-empty string');
  for (const [name, value] of Object.entries({ title, details })) {
    if (value !== undefined && typeof value !== 'string') {
      throw new TypeError(`policy.action.${name}: must be a string`);
    }
  }
  const parsed = { id, ...(title !== undefined && { title }), ...(details !== undefined && { details }) };
  if (Buffer.byteLength(JSON.stringify(parsed)) > LARGEST_ACTION_BYTES) {
    throw new ActionTooLong(
      `policy.action: id, title and details must be at most ${LARGEST_ACTION_BYTES} bytes of JSON together, since they travel in an address`,
    );
  }
  return parsed;
}

/** Which claims of a verified token stand for an approval. */
export interface Evidence {
  /** Any one of these must be the token's `acr`; named to clients as `acr_values`. */
  readonly acr?: readonly string[];
  /** All of these must be in the token's `amr`. */
  readonly amr?: readonly string[];
}
