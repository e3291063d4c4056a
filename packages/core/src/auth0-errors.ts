import { type ReasonCode, StepUpError } from './errors.ts';
import { stringMember } from './json.ts';

/** A refused request, as the wire shows it. */
export interface Refusal {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** The `error` member of the body. */
  readonly error: string | undefined;
  readonly body: unknown;
  readonly retryAfterMs: number | undefined;
}

interface Rule {
  readonly error?: readonly string[];
  readonly says?: RegExp;
  readonly code: ReasonCode;
}

/**
 * What Auth0's errors mean. The sources contradict each other on statuses and codes, so the `error` and the words
 * of the description decide, first match first, and the status only where there is nothing else.
 */
const RULES: readonly Rule[] = [
  { says: /mfa_token.*(expired|invalid\b)|malformed mfa_token/i, code: 'mfa_token_expired' },
  { says: /oob_code.*expired/i, code: 'challenge_expired' },
  { error: ['expired_token'], code: 'mfa_token_expired' },

  { error: ['access_denied', 'enrollment_conflict'], says: /already enrolled/i, code: 'already_enrolled' },
  { error: ['enrollment_conflict'], code: 'already_enrolled' },
  { says: /user is already enrolled/i, code: 'already_enrolled' },
  { error: ['association_required'], code: 'not_enrolled' },
  { error: ['unsupported_challenge_type'], says: /not enrolled/i, code: 'not_enrolled' },
  {
    error: ['unsupported_challenge_type', 'invalid_authenticator', 'authenticator_not_found'],
    code: 'factor_unavailable',
  },

  { error: ['too_many_attempts'], code: 'too_many_attempts' },
  { says: /too many (failed|wrong)/i, code: 'too_many_attempts' },
  { error: ['too_many_requests', 'too_many_pn', 'slow_down'], code: 'rate_limited' },
  { says: /^too many/i, code: 'rate_limited' },

  { error: ['access_denied', 'invalid_grant'], says: /authorization rejected/i, code: 'rejected' },
  { error: ['invalid_otp', 'invalid_binding_code', 'invalid_recovery_code'], code: 'code_refused' },
  { says: /invalid (otp_code|binding_code|recovery_code)/i, code: 'code_refused' },
  { says: /(missing|required).*binding_code|binding_code is required/i, code: 'code_refused' },
  { says: /phone number is invalid/i, code: 'input_invalid' },

  {
    error: ['invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope'],
    code: 'provider_misconfigured',
  },
  {
    says: /not issued to this client|invalid audience|unsupported multifactor provider/i,
    code: 'provider_misconfigured',
  },
  { error: ['invalid_token'], code: 'mfa_token_expired' },
  { error: ['invalid_oob_code'], code: 'result_lost' },
  { says: /oob_code/i, code: 'result_lost' },
];

const STATUS: Partial<Record<ReasonCode, number>> = {
  rate_limited: 429,
  too_many_attempts: 429,
  provider_unavailable: 503,
  provider_error: 502,
  provider_misconfigured: 502,
};

/** Translates a refused request. The only place that knows what Auth0's errors mean. */
export function refusal(refused: Refusal): StepUpError {
  const { method, path, status, error, retryAfterMs } = refused;
  const code = meaning(refused);
  // The error's name is for the log; anything but a plain word could be an echo of what was sent.
  const name = error !== undefined && /^\w{1,60}$/.test(error) ? ` ${error}` : '';
  return new StepUpError(code, `${method.toUpperCase()} ${path} was refused: ${status}${name}`, {
    status: STATUS[code] ?? 400,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function meaning({ status, error, body, path }: Refusal): ReasonCode {
  const description = stringMember(body, 'error_description') ?? stringMember(body, 'message') ?? '';
  const rule = RULES.find(
    (one) =>
      (one.error === undefined || (error !== undefined && one.error.includes(error))) &&
      (one.says === undefined || one.says.test(description)),
  );
  if (rule !== undefined) return rule.code;
  if (status === 429) return 'rate_limited';
  if (status >= 500) return 'provider_unavailable';
  switch (error) {
    case 'server_error':
      return 'mfa_token_expired';
    case 'access_denied':
      return 'rejected';
    case 'invalid_grant':
      return 'result_lost';
    case undefined:
      if (status === 401 && path.startsWith('mfa/')) return 'mfa_token_expired';
      return body === undefined ? 'provider_unavailable' : 'provider_error';
    default:
      return 'provider_error';
  }
}

/**
 * How long the provider wants to be left alone: `Retry-After` (seconds or a date), else `x-ratelimit-reset` (a UNIX
 * time) when nothing is left, measured against the answer's own `Date`, since clocks differ.
 */
export function retryAfter({
  status,
  headers,
  now,
}: {
  readonly status: number;
  readonly headers: Headers;
  readonly now: number;
}): number | undefined {
  const sentAt = Date.parse(headers.get('date') ?? '');
  const reference = Number.isNaN(sentAt) ? now : sentAt;
  const header = headers.get('retry-after');
  if (header !== null) {
    const until = /^\d+$/.test(header) ? reference + Number(header) * 1_000 : Date.parse(header);
    if (!Number.isNaN(until)) return Math.max(0, until - reference);
  }
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
  if (status !== 429 || Number.isNaN(reset)) return undefined;
  return Math.max(0, reset * 1_000 - reference);
}
