/**
 * Why a flow is where it is, or why a call to the provider failed, each with the HTTP status of a
 * {@link StepUpError} that carries it. A code says what can be done next, not which endpoint failed.
 *
 * The README's table is made from these comments.
 */
const REASONS = {
  /** The user has a factor already: challenge that one. */
  already_enrolled: 400,
  /** What was approved is not what was asked for. This is never an approval: an operator must look. */
  approval_mismatch: 403,
  /** The user did not authenticate again on the provider's page, or the provider does not tell when: an operator must look. */
  authentication_stale: 403,
  /** The app has not known the user's devices for as long as the policy asks: come back later. */
  authenticator_too_new: 400,
  /** The user ended the flow. */
  cancelled: 400,
  /** Nobody answered in time: send again. */
  challenge_expired: 400,
  /** The code is wrong, or was used before: ask for another one. */
  code_refused: 400,
  /** The password is wrong: ask again. */
  credentials_refused: 400,
  /** The message may or may not have been sent: let the user decide whether to send it again. */
  delivery_unknown: 400,
  /** The user has no factor, and may not add one here: point to the account settings. */
  enrollment_refused: 400,
  /** The provider does not offer this factor now: choose another one. */
  factor_unavailable: 400,
  /** Nothing happened in the flow for too long: retry. */
  flow_expired: 400,
  /** The provider's `id_token` could not be trusted: an operator must look. */
  identity_refused: 403,
  /** The provider did not accept what the user typed, for example a phone number: correct it. */
  input_invalid: 400,
  /** What the user typed was lost on the way: type it again. */
  input_lost: 400,
  /** The first leg cannot go on: sign in again. */
  login_required: 401,
  /** The tenant issued tokens without asking for MFA, which is not an approval: an operator must look. */
  mfa_not_required: 502,
  /** The `mfa_token` can no longer be used: start again from the first leg. */
  mfa_token_expired: 400,
  /** The user has none of the factors that are asked for: add one, if the flow allows it. */
  no_usable_factor: 400,
  /** The user has no confirmed factor: enroll one. */
  not_enrolled: 400,
  /** Adding a factor needs the password first: ask for it. */
  password_needed: 400,
  /** The provider's answer has an unknown meaning: retry, and report it. */
  provider_error: 502,
  /** The tenant's client, grants or factors are not set up: an operator must look. */
  provider_misconfigured: 502,
  /** The provider could not be reached, failed (5xx), or sent a page instead of JSON: wait, this passes. */
  provider_unavailable: 503,
  /** The same user has a push waiting in another browser: finish or cancel that one. */
  push_in_progress: 400,
  /** Too many requests: wait `retryAfterMs`. */
  rate_limited: 429,
  /** The user said no on the phone. */
  rejected: 400,
  /** The answer to a request was lost, and is never guessed: do it again. */
  result_lost: 400,
  /** Another user approved. This is never an approval. */
  subject_mismatch: 403,
  /** Too many wrong codes or passwords, or too many pushes that were not approved: wait `retryAfterMs`. */
  too_many_attempts: 429,
} as const satisfies Readonly<Record<string, number>>;

/** Why a flow is where it is, or why a call to the provider failed. The README says what each code means. */
export type ReasonCode = keyof typeof REASONS;

/** Every {@link ReasonCode}. */
export const REASON_CODES: readonly ReasonCode[] = Object.keys(REASONS) as ReasonCode[];

/** The HTTP status of an error with this code. */
export const REASON_STATUS: Readonly<Record<ReasonCode, number>> = REASONS;

/** Whether a flow can end or wait with this code. */
export function isReasonCode(code: string): code is ReasonCode {
  return Object.hasOwn(REASONS, code);
}
