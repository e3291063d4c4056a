import { DEFAULT_FACTORS, FACTORS, type Factor, isFactor } from '@stepgate/core';
import { assertKnownOptions } from '../lib/parse-options.ts';
import { UnfitAction } from '../request/hook-error.ts';
import { assertBinding, type Binding, type Bound } from './binding.ts';
import { type Duration, durationSeconds } from './duration.ts';

/** What is about to happen, in words: shown to the user, and bound into the requirement and the approval. */
export interface Action<Native = unknown> {
  /** Names this very action: the transfer's number, the account to be deleted. */
  readonly id: string;
  /** One line for the user: "Transfer 250 EUR to Grace". */
  readonly title?: string;
  /** More lines for the user, below the title. Default: the bound members, if there are any. */
  readonly details?: string;
  /**
   * What the approval is bound to in the request: paths into the parsed body, like `['to', 'payee.iban']`, or a
   * function that returns JSON. If a bound member has another value or type, or is added, missing or doubled, the
   * request needs another approval.
   */
  readonly bind?: Binding<Native>;
}

/** An action of one request, checked. */
export interface ParsedAction {
  readonly id: string;
  readonly title?: string;
  readonly details?: string;
  /** The digest of what the approval is bound to. */
  readonly bound?: string;
}

/** What a route asks for. `Native` is the host's own request: Express's `req`, Koa's `ctx`. */
export interface Policy<Native = unknown> {
  /**
   * How old an approval may be: seconds up to 86,400, or `'30s'`, `'5m'`, `'2d'`; at most 90 days. Default 5 minutes.
   * `0` means single use: every request needs its own approval.
   */
  readonly maxAge?: Duration;
  /** The factors that count. Default: the gate's `factors`, or push and one-time passwords. Anything weaker must be named. */
  readonly factors?: readonly Factor[];
  /** An approval serves one request, whatever its age. Default `false`. */
  readonly singleUse?: boolean;
  /**
   * The action to be approved, or a function that reads it from the request. An approval of one action does not serve
   * another.
   */
  readonly action?: Action<Native> | ((request: Native) => Action<Native> | Promise<Action<Native>>);
  /** Whether an approval counts if its factor was added in the same flow. Default `true`. */
  readonly allowEnrolledInFlow?: boolean;
  /**
   * How long ago the authenticator must have been added: seconds, or `'1h'`, `'7d'`; at most 90 days. Default 0. The
   * provider does not say when that was, so time counts from the first flow in which this gate saw the authenticator.
   * Authenticators that a user had when the gate first saw them count as old.
   */
  readonly minAuthenticatorAge?: Duration;
  /**
   * What the phone must show with the push: `'message'`, the action's title, or `'details'`, all that `details` of the
   * provider gives. Only an approval counts for which the phone was told to show it whole. Default: nothing.
   */
  readonly phoneShows?: 'message' | 'details';
  /**
   * Whether the user may approve in another login of theirs, on the page that a link leads to; see `gate.link`. Needs an
   * action, which the page shows. Such an approval serves one request. Default `false`: with it, an attacker who has one
   * of the user's logins can send the user a link, and get the approval if the user is talked into it.
   */
  readonly allowOtherLogin?: boolean;
  /**
   * Keeps the tokens that came with the approval, sealed, for the handler (`stepUp.tokens()`), until they expire.
   * Default `false`.
   */
  readonly keepTokens?: boolean;
  /**
   * Accepts claims of a token that the app has verified (the gate's option `evidence`) in place of an approval: these
   * values of `acr` or `amr`, with an `auth_time` within `maxAge`. It cannot be combined with what no token can show: an
   * action, a single use, the age of the authenticator, kept tokens.
   */
  readonly evidence?: Evidence;
}

/** Which claims of a verified token are accepted in place of an approval. */
export interface Evidence {
  /** The token's `acr` must be one of these; clients get them as `acr_values`. */
  readonly acr?: readonly string[];
  /** The token's `amr` must hold all of these. */
  readonly amr?: readonly string[];
}

/**
 * A policy, or a function that chooses one for the request. Only an explicit `false` means that the request needs no
 * step-up. A function that returns nothing, throws, or reads a body that no parser has filled lets nobody through. An
 * error of http-errors (or Koa's `ctx.throw`) with a 4xx status refuses the request with that status, as
 * `invalid_request`.
 */
export type RoutePolicy<Native = unknown> =
  | Policy<Native>
  | ((request: Native) => Policy<Native> | false | Promise<Policy<Native> | false>);

/**
 * The policy that a guard is made with; the default one if none is passed.
 *
 * @throws TypeError when `undefined` is passed: from a misspelt member, it would mean the default policy, which may be
 *   weaker.
 */
export function policyOf<Native>(
  args: readonly [policy?: RoutePolicy<Native>, ...others: readonly unknown[]],
): RoutePolicy<Native> {
  const [policy, options] = args;
  // It was called as a route itself: these are the request, the response, and `next`.
  if (args.length > 2 || typeof options === 'function') {
    throw new TypeError(
      'require: `gate.require` was passed as a handler; call it: `app.post(path, gate.require(policy), handler)`',
    );
  }
  if (policy !== undefined) return policy;
  if (args.length === 0) return {};
  throw new TypeError('policy: must not be undefined; for the default policy pass nothing, or {}');
}

/** A policy, checked and with its defaults. */
export interface ParsedPolicy {
  readonly maxAgeSeconds: number;
  readonly factors: readonly Factor[];
  readonly singleUse: boolean;
  readonly action?: ParsedAction;
  readonly allowEnrolledInFlow: boolean;
  readonly minAuthenticatorAgeSeconds: number;
  readonly phoneShows?: 'message' | 'details';
  readonly allowOtherLogin: boolean;
  readonly keepTokens: boolean;
  /**
   * The tokens must open the MFA API itself, and the approval counts only while they live. No app's policy can ask for
   * it: only the endpoints that manage authenticators do.
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
  'phoneShows',
  'allowOtherLogin',
  'keepTokens',
  'evidence',
] as const satisfies readonly (keyof Policy)[];
const DEFAULT_MAX_AGE_SECONDS = 300;
const LONGEST_DAYS = 90;

/** A longer age needs its unit: a bare number above is probably in milliseconds, as session cookies have it. */
const LARGEST_BARE_MAX_AGE = 86_400;

/**
 * Checks a policy. An action that depends on the request is left out: {@link parseAction} checks it for each request.
 * This runs for every request of a policy that is a function, so it is plain code rather than a schema. `defaults`: the
 * factors that count where it names none.
 *
 * @throws TypeError naming the member that is wrong.
 */
export function parsePolicy(
  policy: Policy<never>,
  defaults: readonly Factor[] = DEFAULT_FACTORS,
): ParsedPolicy {
  if (typeof policy !== 'object' || policy === null) throw new TypeError('policy: must be an object');
  assertKnownOptions('policy.', policy, MEMBERS);
  const {
    maxAge = DEFAULT_MAX_AGE_SECONDS,
    factors = defaults,
    singleUse = false,
    action,
    allowEnrolledInFlow = true,
    minAuthenticatorAge = 0,
    phoneShows,
    allowOtherLogin = false,
    keepTokens = false,
  } = policy;
  const maxAgeSeconds = parseMaxAge(maxAge);
  const fixed = action === undefined || typeof action === 'function' ? undefined : parseFixedAction(action);
  return {
    maxAgeSeconds,
    factors: parseFactors(factors),
    singleUse: parseFlag('singleUse', singleUse) || maxAgeSeconds === 0,
    ...(fixed && { action: fixed }),
    allowEnrolledInFlow: parseFlag('allowEnrolledInFlow', allowEnrolledInFlow),
    minAuthenticatorAgeSeconds: parseDuration('minAuthenticatorAge', minAuthenticatorAge),
    ...(phoneShows !== undefined && { phoneShows: parsePhoneShows(phoneShows, action) }),
    allowOtherLogin: parseOtherLogin(allowOtherLogin, policy),
    keepTokens: parseFlag('keepTokens', keepTokens),
    opensMfaApi: false,
  };
}

function parsePhoneShows(value: unknown, action: unknown): 'message' | 'details' {
  if (value !== 'message' && value !== 'details') {
    throw new TypeError("policy.phoneShows: must be 'message' or 'details'");
  }
  if (action !== undefined) return value;
  throw new TypeError('policy.phoneShows: needs an action, which the phone can show');
}

function parseOtherLogin(value: unknown, { action, keepTokens }: Policy<never>): boolean {
  if (!parseFlag('allowOtherLogin', value)) return false;
  if (action === undefined) {
    throw new TypeError('policy.allowOtherLogin: needs an action, which the page shows to the user');
  }
  if (keepTokens !== true) return true;
  throw new TypeError(
    'policy.allowOtherLogin: cannot be combined with keepTokens, which are of the other login',
  );
}

/** `undefined` for an action that binds what only a request tells. */
function parseFixedAction(action: Action<never>): ParsedAction | undefined {
  const parsed = parseAction(action);
  return action.bind === undefined ? parsed : undefined;
}

function parseMaxAge(value: unknown): number {
  if (typeof value === 'number' && value > LARGEST_BARE_MAX_AGE) {
    throw new TypeError(
      `policy.maxAge: is in seconds, and ${value} are more than a day; if you mean that, write it like '2d'`,
    );
  }
  return parseDuration('maxAge', value);
}

function parseDuration(name: string, value: unknown): number {
  const seconds = durationSeconds(value);
  if (seconds === undefined) {
    throw new TypeError(
      `policy.${name}: must be a whole number of seconds, or a duration like '30s', '5m' or '2h'`,
    );
  }
  if (seconds <= LONGEST_DAYS * 86_400) return seconds;
  throw new TypeError(`policy.${name}: must be at most ${LONGEST_DAYS} days`);
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
 * Checks an action. `bound`: what it binds of the request.
 *
 * @throws TypeError naming the member that is wrong; an {@link UnfitAction} for words that cannot be shown.
 */
export function parseAction(action: Action<never>, bound?: Bound): ParsedAction {
  if (typeof action !== 'object' || action === null) {
    throw new TypeError('policy.action: must be an object with an id, or a function that returns one');
  }
  const { id, title, details = bound?.shown, bind } = action;
  if (typeof id !== 'string' || id === '') {
    throw new TypeError('policy.action.id: must be a non-empty string');
  }
  assertShowable('id', id);
  if (title !== undefined) assertShowable('title', title);
  if (details !== undefined) assertShowable('details', details);
  if (bind !== undefined) assertBinding(bind);
  const parsed = {
    id,
    ...(title !== undefined && { title }),
    ...(details !== undefined && { details }),
    ...(bound && { bound: bound.digest }),
  };
  if (Buffer.byteLength(JSON.stringify(parsed)) > LARGEST_ACTION_BYTES) {
    throw new UnfitAction(
      `policy.action: id, title and details must be at most ${LARGEST_ACTION_BYTES} bytes of JSON together, since they travel in an address; shorten them`,
    );
  }
  return parsed;
}

/** Invisible characters that change the order in which the others are shown: "pay 52" could read as "pay 25". */
const REORDERS = /\p{Bidi_Control}/u;

function assertShowable(name: string, text: unknown): void {
  if (typeof text !== 'string') throw new TypeError(`policy.action.${name}: must be a string`);
  const [found] = REORDERS.exec(text) ?? [];
  if (found === undefined) return;
  const called = `U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  throw new UnfitAction(
    `policy.action.${name}: must not contain ${called}, which changes the order of what the user reads; remove such characters: text.replace(/\\p{Bidi_Control}/gu, '')`,
  );
}
