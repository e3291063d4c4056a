/**
 * Why a flow is where it is, or why a call to the provider failed. A code says what can be done next, not which
 * endpoint failed.
 *
 * | code | what it means, and what helps |
 * | --- | --- |
 * | `already_enrolled` | the user has a factor already: challenge that one |
 * | `authenticator_too_new` | the user's devices are not known for as long as the policy asks: come back later |
 * | `cancelled` | the user ended the flow |
 * | `challenge_expired` | nobody answered in time: send again |
 * | `code_refused` | wrong or used code: ask again |
 * | `credentials_refused` | wrong password: ask again |
 * | `delivery_unknown` | the request to send may or may not have arrived: the user decides whether to send again |
 * | `enrollment_refused` | there is no factor, and adding one here is not allowed: add one in the account settings |
 * | `factor_unavailable` | the provider does not offer this factor now: choose another |
 * | `flow_expired` | the flow was left alone too long: retry |
 * | `identity_refused` | the provider's `id_token` could not be trusted: an operator must look |
 * | `input_invalid` | the provider did not accept what the user typed (a phone number, say): correct it |
 * | `input_lost` | what the user typed was lost on the way: type it again |
 * | `login_required` | the first leg cannot go on: sign in again |
 * | `mfa_not_required` | the tenant gave tokens without asking for MFA, which is no approval: an operator must look |
 * | `mfa_token_expired` | the `mfa_token` is dead: start from the first leg |
 * | `no_usable_factor` | the user has none of the factors that are asked for |
 * | `not_enrolled` | the user has no confirmed factor: enroll one |
 * | `password_needed` | adding a factor needs the password first |
 * | `provider_error` | an answer nobody knows: retry, and report it |
 * | `provider_misconfigured` | client, grants or factors of the tenant are not set up: an operator must look |
 * | `provider_unavailable` | network, 5xx, a page instead of JSON: it passes |
 * | `push_in_progress` | another browser of the same user waits for a push: finish or cancel that one |
 * | `rate_limited` | too many requests: wait `retryAfterMs` |
 * | `rejected` | the user said no on the phone |
 * | `result_lost` | the answer to a request was lost and is not guessed at: do it again |
 * | `subject_mismatch` | somebody else approved: never an approval |
 * | `too_many_attempts` | too many wrong codes or passwords, or pushes that were not approved: wait `retryAfterMs` |
 */
export const REASON_CODES = [
  'already_enrolled',
  'authenticator_too_new',
  'cancelled',
  'challenge_expired',
  'code_refused',
  'credentials_refused',
  'delivery_unknown',
  'enrollment_refused',
  'factor_unavailable',
  'flow_expired',
  'identity_refused',
  'input_invalid',
  'input_lost',
  'login_required',
  'mfa_not_required',
  'mfa_token_expired',
  'no_usable_factor',
  'not_enrolled',
  'password_needed',
  'provider_error',
  'provider_misconfigured',
  'provider_unavailable',
  'push_in_progress',
  'rate_limited',
  'rejected',
  'result_lost',
  'subject_mismatch',
  'too_many_attempts',
] as const;

/** One of {@link REASON_CODES}. */
export type ReasonCode = (typeof REASON_CODES)[number];

/**
 * What went wrong with a request to Stepgate's endpoints or guard.
 *
 * | code | status | what it means |
 * | --- | --- | --- |
 * | `insufficient_user_authentication` | 401 | the route wants a fresh approval (RFC 9470, section 3) |
 * | `login_required` | 401 | nobody is signed in |
 * | `invalid_request` | 400 | the request does not say what it must; the description tells what |
 * | `event_unknown` | 400 | a client can send no event of this type |
 * | `requirement_invalid` | 400 | the requirement is not one that this gate issued, or not for this user and session |
 * | `requirement_expired` | 400 | the requirement is older than a few minutes: call the guarded route again |
 * | `cross_site_request` | 403 | the request does not come from this site |
 * | `insecure_transport` | 403 | plain http, where the handle cookie would travel in clear |
 * | `flow_not_found` | 404 | this browser has no flow |
 * | `not_found` | 404 | no such endpoint |
 * | `method_not_allowed` | 405 | the endpoint has other methods |
 * | `event_not_allowed` | 409 | the flow is in a state that does not take this event |
 * | `flow_in_progress` | 409 | this browser is in a flow for something else; with `Retry-After`, try again |
 * | `version_stale` | 412 | the flow has moved on since the view with that ETag |
 * | `body_too_large` | 413 | over 64 KB |
 * | `unsupported_media_type` | 415 | the body must be JSON |
 * | `version_required` | 428 | an event needs `If-Match` with the view's version |
 * | `record_full` | 429 | this browser holds as many approvals and tokens as are kept for one |
 * | `too_many_flows` | 429 | this session, or the user, has as many flows under way as are allowed at once |
 * | `too_many_watchers` | 429 | this browser follows its flow in too many places: wait, or read without waiting |
 * | `misconfigured` | 500 | the app wired Stepgate wrongly; the log tells how |
 * | `overloaded` | 503 | this process follows as many flows as it can: wait, or read without waiting |
 * | `store_unavailable` | 503 | the store does not answer |
 */
export type RequestErrorCode =
  | 'insufficient_user_authentication'
  | 'login_required'
  | 'invalid_request'
  | 'event_unknown'
  | 'requirement_invalid'
  | 'requirement_expired'
  | 'cross_site_request'
  | 'insecure_transport'
  | 'flow_not_found'
  | 'not_found'
  | 'method_not_allowed'
  | 'event_not_allowed'
  | 'flow_in_progress'
  | 'version_stale'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'version_required'
  | 'record_full'
  | 'too_many_flows'
  | 'too_many_watchers'
  | 'misconfigured'
  | 'overloaded'
  | 'store_unavailable';

/** Every code that a {@link StepUpError} can carry. */
export type StepUpErrorCode = ReasonCode | RequestErrorCode;

/** What a {@link StepUpError} holds besides its code and message. */
export interface StepUpErrorOptions {
  /** The HTTP status to answer with; 500 when nothing is said. */
  readonly status?: number;
  /** Response headers that belong to the answer, `WWW-Authenticate` for instance. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number;
  /** What the answer's body says besides code and message, in the protocol's own names. No secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The one error of Stepgate: everything but misuse by the developer, which is a `TypeError` at creation.
 *
 * The message never holds a secret; it is written for the developer who reads a log and is safe to show to a
 * client when `expose` is true (status below 500). Express and Koa both honour `status`, `headers` and `expose`.
 */
export class StepUpError extends Error {
  override readonly name = 'StepUpError';
  readonly code: StepUpErrorCode;
  readonly status: number;
  readonly expose: boolean;
  /** For the answer alone, and not enumerable: a new handle's `Set-Cookie` is among them, which no log is to hold. */
  declare readonly headers: Readonly<Record<string, string>>;
  /** Absent where there is nothing to wait for. */
  declare readonly retryAfterMs?: number;
  /** For an answer's body: where a step-up starts and what it asks for, for instance. */
  declare readonly details?: Readonly<Record<string, unknown>>;

  constructor(code: StepUpErrorCode, message: string, options: StepUpErrorOptions = {}) {
    super(message);
    this.code = code;
    this.status = options.status ?? 500;
    this.expose = this.status < 500;
    Object.defineProperty(this, 'headers', { value: options.headers ?? {} });
    // Only where they say something: logs print what is there.
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    if (options.details !== undefined) this.details = options.details;
  }
}

/** Whether the code is one that a flow can end or wait with. */
export function isReasonCode(code: StepUpErrorCode): code is ReasonCode {
  return (REASON_CODES as readonly string[]).includes(code);
}

/** Whether the value is a {@link StepUpError}, optionally one with this code. */
export function isStepUpError(value: unknown, code?: StepUpErrorCode): value is StepUpError {
  return value instanceof StepUpError && (code === undefined || value.code === code);
}
