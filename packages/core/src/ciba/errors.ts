import type { RefusalRule } from '../oauth/refusal.ts';

/** What a request of CIBA is for. The same error means different things at the start and while polling. */
export type CibaCall = 'start' | 'poll';

const CREDENTIALS = 'the client id or its credentials are wrong';
const MESSAGE = 'the binding message does not fit the rules of the provider';
const GRANT = 'the application is not allowed the grant urn:openid:params:grant-type:ciba';

/**
 * What the errors of CIBA mean (OpenID CIBA Core 1.0, section 13, and what Auth0 and other providers do instead). The
 * `error` decides first, then the description, and the status only where there is nothing else.
 */
export const CIBA_REFUSALS: readonly RefusalRule<CibaCall>[] = [
  { error: ['slow_down', 'too_many_requests'], code: 'rate_limited' },
  { error: ['invalid_client'], code: 'provider_misconfigured', hint: CREDENTIALS },
  { error: ['unauthorized_client', 'unsupported_grant_type'], code: 'provider_misconfigured', hint: GRANT },
  {
    to: ['start'],
    error: ['invalid_binding_message'],
    code: 'provider_error',
    hint: MESSAGE,
  },
  {
    to: ['start'],
    error: ['invalid_request'],
    says: /binding_message/i,
    code: 'provider_error',
    hint: MESSAGE,
  },
  {
    error: ['invalid_request', 'invalid_grant'],
    says: /not allowed/i,
    code: 'provider_misconfigured',
    hint: GRANT,
  },
  { error: ['invalid_scope'], code: 'provider_misconfigured', hint: 'check the scopes' },

  {
    to: ['start'],
    error: ['unknown_user_id'],
    code: 'not_enrolled',
    hint: 'the provider does not know this user: check the login hint',
  },
  {
    to: ['start'],
    error: ['invalid_request'],
    says: /scope|openid|expiry|_hint|content.?type|client_notification_token|request object/i,
    code: 'provider_misconfigured',
    hint: 'the provider does not accept how the request is made',
  },
  // Auth0 and Keycloak say nothing more specific about a user whom they cannot ask.
  { to: ['start'], error: ['invalid_request'], code: 'not_enrolled' },
  {
    to: ['start'],
    error: ['invalid_target', 'invalid_authorization_details'],
    code: 'provider_misconfigured',
    hint: 'the application is not allowed this audience, or these authorization_details',
  },
  {
    to: ['start'],
    error: ['missing_user_code', 'invalid_user_code'],
    code: 'provider_misconfigured',
    hint: 'the application must not be registered for user codes',
  },
  {
    to: ['start'],
    error: ['request_not_supported', 'invalid_request_object'],
    code: 'provider_misconfigured',
    hint: 'the application must not be registered for signed requests',
  },
  { to: ['start'], error: ['expired_login_hint_token'], code: 'provider_error' },
  // Nobody was asked, so nobody said no.
  { to: ['start'], error: ['access_denied'], code: 'factor_unavailable' },

  { to: ['poll'], error: ['access_denied'], code: 'rejected' },
  { to: ['poll'], error: ['expired_token'], code: 'challenge_expired' },
  { to: ['poll'], error: ['invalid_grant'], code: 'result_lost' },
  { to: ['poll'], error: ['transaction_failed'], code: 'factor_unavailable' },
  { to: ['poll'], error: ['invalid_request'], code: 'provider_error' },

  // After a start like that, a push may be on its way.
  { to: ['start'], error: ['server_error', 'temporarily_unavailable'], code: 'delivery_unknown' },
  { error: ['server_error', 'temporarily_unavailable'], code: 'provider_unavailable' },
  { status: (status) => status === 429, code: 'rate_limited' },
  { to: ['start'], status: (status) => status >= 500, code: 'delivery_unknown' },
  { status: (status) => status >= 500, code: 'provider_unavailable' },
];
