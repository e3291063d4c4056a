import type { RefusalRule } from '../oauth/refusal.ts';
import type { ReasonCode } from '../terms/reason-codes.ts';
import { StepUpError } from '../terms/step-up-error.ts';

/** What a request of the redirect way is for. */
export type RedirectCall = 'push-request' | 'exchange';

const CREDENTIALS = 'the client id or its credentials are wrong';

/** What refusals at the two endpoints mean (RFC 6749, section 5.2; RFC 9126, section 2.3). */
export const REDIRECT_REFUSALS: readonly RefusalRule<RedirectCall>[] = [
  { error: ['slow_down', 'too_many_requests'], code: 'rate_limited' },
  { status: (status) => status === 429, code: 'rate_limited' },
  { error: ['invalid_client'], code: 'provider_misconfigured', hint: CREDENTIALS },
  {
    error: ['unauthorized_client', 'unsupported_grant_type'],
    code: 'provider_misconfigured',
    hint: 'the application is not allowed the grant authorization_code',
  },
  // Auth0 says so of wrong credentials.
  {
    to: ['exchange'],
    error: ['access_denied'],
    status: (status) => status === 401,
    code: 'provider_misconfigured',
    hint: CREDENTIALS,
  },
  {
    to: ['push-request'],
    error: [
      'invalid_request',
      'invalid_scope',
      'invalid_target',
      'invalid_authorization_details',
      'invalid_redirect_uri',
      'request_not_supported',
      'invalid_request_object',
    ],
    code: 'provider_misconfigured',
    hint: 'the application must allow this redirect_uri, and the parameters of the request',
  },
  {
    to: ['exchange'],
    error: ['invalid_grant'],
    code: 'result_lost',
    hint: 'the code was used, or is too old',
  },
  {
    to: ['exchange'],
    error: ['invalid_request', 'invalid_scope', 'invalid_target'],
    code: 'provider_misconfigured',
  },
  // The code may be spent.
  { to: ['exchange'], status: (status) => status >= 500 || status < 400, code: 'result_lost' },
  { status: (status) => status >= 500, code: 'provider_unavailable' },
];

const SET_UP = [
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'unauthorized_client',
  'unsupported_response_type',
  'request_not_supported',
  'request_uri_not_supported',
  'registration_not_supported',
  'invalid_authorization_details',
] as const;

/** What the `error` of a return means (RFC 6749, section 4.1.2.1; OpenID Connect Core, section 3.1.2.6). */
const RETURNED_ERRORS: Readonly<Record<string, ReasonCode>> = {
  access_denied: 'rejected',
  unmet_authentication_requirements: 'not_enrolled',
  // `prompt=none` is never sent, so these say that the provider cannot go on.
  login_required: 'factor_unavailable',
  interaction_required: 'factor_unavailable',
  account_selection_required: 'factor_unavailable',
  consent_required: 'factor_unavailable',
  mfa_required: 'factor_unavailable',
  // The pushed request was used, or has expired.
  invalid_request_uri: 'challenge_expired',
  invalid_request_object: 'challenge_expired',
  server_error: 'provider_unavailable',
  temporarily_unavailable: 'provider_unavailable',
  ...Object.fromEntries(SET_UP.map((error) => [error, 'provider_misconfigured' as const])),
};

const LONGEST_DESCRIPTION = 200;

/** The error of a return, for the log. `noFactor`: what the provider says to users who have no second factor. */
export function returnedError(error: string, description = '', noFactor: string): StepUpError {
  const isNoFactor = error === 'access_denied' && description === noFactor;
  const known = Object.hasOwn(RETURNED_ERRORS, error) ? RETURNED_ERRORS[error] : undefined;
  // The browser brought the words along: only a plain word is a name.
  const name = /^[a-z_]{1,60}$/.test(error) ? error : 'an unknown error';
  const words = description.replace(/[^\x20-\x7e]/g, '').slice(0, LONGEST_DESCRIPTION);
  return new StepUpError(
    isNoFactor ? 'not_enrolled' : (known ?? 'provider_error'),
    `the provider sent the user back with ${name}${words === '' ? '' : `: ${words}`}`,
  );
}
