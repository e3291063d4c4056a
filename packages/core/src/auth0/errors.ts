import type { RefusalRule } from '../oauth/refusal.ts';

/** What a request is for. The same error means different things for a push and for a typed code. */
export type Auth0Call =
  | 'password'
  | 'refresh-token'
  | 'list'
  | 'enroll'
  | 'challenge'
  | 'poll'
  | 'verify'
  | 'remove';

const FIRST_LEGS: readonly Auth0Call[] = ['password', 'refresh-token'];

/**
 * What Auth0's errors mean. The sources contradict each other about statuses and codes. So the `error` and the text of
 * the description decide, first match first, and the status only where there is nothing else.
 */
export const AUTH0_REFUSALS: readonly RefusalRule<Auth0Call>[] = [
  { error: ['too_many_attempts'], code: 'too_many_attempts' },
  { says: /too many (failed|wrong)/i, code: 'too_many_attempts' },
  { error: ['too_many_requests', 'too_many_pn', 'slow_down'], code: 'rate_limited' },
  { says: /^too many/i, code: 'rate_limited' },
  {
    error: ['invalid_client'],
    code: 'provider_misconfigured',
    hint: 'the client id or its credentials are wrong',
  },
  // What Auth0 answers to an unknown client and to a wrong secret. No user's refusal is worded like it.
  {
    error: ['access_denied'],
    says: /^unauthorized$/i,
    code: 'provider_misconfigured',
    hint: 'the client id or its credentials are wrong',
  },
  {
    error: ['unauthorized_client', 'unsupported_grant_type'],
    code: 'provider_misconfigured',
    hint: 'the application is not allowed this grant',
  },
  { error: ['invalid_scope', 'insufficient_scope'], code: 'provider_misconfigured' },
  {
    to: FIRST_LEGS,
    says: /^service not found/i,
    code: 'provider_misconfigured',
    hint: 'the tenant has no API with this audience',
  },
  {
    to: FIRST_LEGS,
    says: /default connection/i,
    code: 'provider_misconfigured',
    hint: 'the tenant has no default directory: set realm',
  },
  {
    says: /not issued to this client|invalid audience|unsupported multifactor provider/i,
    code: 'provider_misconfigured',
  },

  { to: ['password'], error: ['invalid_grant', 'access_denied'], code: 'credentials_refused' },
  {
    to: ['refresh-token'],
    error: ['invalid_grant', 'access_denied', 'expired_token'],
    code: 'login_required',
  },
  // Some tenants demand MFA like this, without a token to continue with.
  { to: FIRST_LEGS, error: ['invalid_request'], says: /multi-?factor|\bmfa\b/i, code: 'login_required' },

  { to: ['poll'], error: ['access_denied'], code: 'rejected' },
  { to: ['poll'], error: ['invalid_grant'], says: /authorization rejected/i, code: 'rejected' },

  { says: /mfa_token.*(expired|invalid\b)|malformed mfa_token/i, code: 'mfa_token_expired' },
  { says: /oob_code.*expired/i, code: 'challenge_expired' },
  { error: ['expired_token', 'invalid_token'], code: 'mfa_token_expired' },
  {
    to: ['poll', 'verify'],
    error: ['invalid_grant', 'invalid_request'],
    says: /expired/i,
    code: 'challenge_expired',
  },

  { error: ['enrollment_conflict'], code: 'already_enrolled' },
  { says: /already enrolled/i, code: 'already_enrolled' },
  { error: ['association_required'], code: 'not_enrolled' },
  { error: ['unsupported_challenge_type'], says: /not enrolled/i, code: 'not_enrolled' },
  {
    error: [
      'unsupported_challenge_type',
      'invalid_authenticator',
      'authenticator_not_found',
      // Guardian's own errors for a push that it cannot deliver.
      'error_sending_push_notification',
      'pn_endpoint_disabled',
      'push_notification_wrong_credentials',
    ],
    code: 'factor_unavailable',
  },
  { says: /phone number is invalid/i, code: 'input_invalid' },

  { error: ['invalid_otp', 'invalid_binding_code', 'invalid_recovery_code'], code: 'code_refused' },
  { says: /invalid (otp_code|binding_code|recovery_code)/i, code: 'code_refused' },
  { says: /(missing|required).*binding_code|binding_code is required/i, code: 'code_refused' },
  { error: ['invalid_oob_code'], code: 'result_lost' },
  { says: /oob_code/i, code: 'result_lost' },
  { to: ['verify'], error: ['invalid_grant', 'access_denied'], code: 'code_refused' },
  { error: ['invalid_grant'], code: 'result_lost' },
  { to: ['enroll'], error: ['access_denied'], code: 'already_enrolled' },
  { to: ['list'], error: ['access_denied'], code: 'mfa_token_expired' },
  { to: ['remove'], status: (status) => status === 404, code: 'factor_unavailable' },

  { status: (status) => status === 429, code: 'rate_limited' },
  { status: (status) => status >= 500, code: 'provider_unavailable' },
  { error: ['server_error'], code: 'mfa_token_expired' },
  {
    to: ['list', 'enroll', 'challenge', 'remove'],
    status: (status) => status === 401,
    code: 'mfa_token_expired',
  },
];
