import type * as v from 'valibot';
import { oneOf, optional } from '../lib/shape.ts';

/**
 * One choice for each point where the sources about the MFA API contradict each other and the server's answer
 * shows it. The defaults are what recorded traffic shows, else what the documentation says.
 */
export interface Dialect {
  /** `error` of a push that was rejected on the phone, and of a wrong recovery code. */
  readonly rejection: 'access_denied' | 'invalid_grant';
  /** Status of `authorization_pending`; the old documentation prints an error body under 200. */
  readonly pendingStatus: 400 | 200;
  /** Status of `mfa_required`. */
  readonly mfaRequiredStatus: 403 | 401 | 400;
  /** `error` of a challenge for a user who has no active authenticator. */
  readonly notEnrolled: 'association_required' | 'unsupported_challenge_type';
  /** Whether `/mfa/associate` demands client credentials besides the bearer token. */
  readonly associateCredentials: 'optional' | 'required';
  /** Whether the request that confirms an enrolment must repeat its `mfa_token` as the bearer token. */
  readonly confirmBearer: 'ignored' | 'required';
  /** The member of a listed authenticator that names its channel. */
  readonly channelMember: 'oob_channel' | 'oob_channels';
  /** Content types accepted by `/mfa/challenge`; `any` goes by the body, whatever its label. */
  readonly challengeContentType: 'any' | 'json';
  /** Content types accepted by `/oauth/token`. */
  readonly tokenContentType: 'any' | 'form';
  /** Whether `/mfa/challenge` demands `challenge_type`, and takes one value only. */
  readonly challengeType: 'optional' | 'required';
  /** Whether an out-of-band challenge demands `oob_channel`. */
  readonly challengeChannel: 'optional' | 'required';
  /** What may list authenticators: an `mfa_token` too, or only an access token for the MFA audience. */
  readonly listCredential: 'any' | 'access_token';
  /** What may remove authenticators. */
  readonly removeCredential: 'access_token' | 'any';
  /** Shape of `mfa_requirements`, where the settings ask for it. */
  readonly mfaRequirements: 'lists' | 'challenge_types';
  /** Whether `mfa_required` in answer to a refresh token carries an `mfa_token`. */
  readonly refreshMfaToken: 'present' | 'absent';
  /** When a token response carries a refresh token. */
  readonly refreshToken: 'offline_access' | 'always';
  /** Status of `expired_token`. */
  readonly expiredTokenStatus: 403 | 401;
  /** Whether a login by recovery code answers with the next code; `absent` leaves the user without one. */
  readonly newRecoveryCode: 'always' | 'absent';
  /** Look of the `mfa_token`: a sealed `Fe26.2*…` string, or `eyJ…`. */
  readonly mfaTokenForm: 'sealed' | 'jwt';
  /** What polling above the limit gets: a 429 `too_many_requests`, or a 400 `slow_down`. */
  readonly overPolling: 'too_many_requests' | 'slow_down';
  /** What codes and messages above a user's limit get: a 429, or a 400 `invalid_request` with its own text. */
  readonly userLimit: 'too_many_requests' | 'invalid_request';
  /** Whether answers to exceeded limits carry `retry-after` besides `x-ratelimit-*`. */
  readonly retryAfter: 'absent' | 'present';
  /** Whether an `mfa_token` can be used again after it yielded tokens. */
  readonly mfaTokenAfterSuccess: 'spent' | 'reusable';
  /** `error` of a client that is unknown or whose secret is wrong; real tenants answer `access_denied`, RFC 6749 `invalid_client`. */
  readonly clientRefused: 'access_denied' | 'invalid_client';
  /** When a listed authenticator has a `type`: where `mfaRequirements` are set, always, or never. */
  readonly authenticatorType: 'with_requirements' | 'always' | 'never';
  /**
   * Which scopes a password brings: without any asked for, the standard ones of OpenID Connect; every scope of the API,
   * asked for or not; or those asked for and no more.
   */
  readonly passwordScopes: 'standard' | 'all' | 'requested';
  /** `auth_time` after a second factor on the login page, where no `max_age` was sent: absent, or one of the two times. */
  readonly stepUpAuthTime: 'absent' | 'login' | 'mfa';
  /** What `amr` and `acr` are about: a second factor passed for this request, or in the session. */
  readonly amrScope: 'transaction' | 'session';
  /** Whether `max_age=0` asks for the login again. */
  readonly maxAgeZero: 'login' | 'ignored';
  /** Whether `acr` repeats what was asked for, MFA or not. */
  readonly acrEcho: 'off' | 'on';
  /** How many seconds a pushed request can be used. */
  readonly requestUriLife: 30 | 90;
  /** Whether an error of `/authorize` gives `state` back. */
  readonly authorizeErrorState: 'echoed' | 'absent';
  /** How a token response writes `authorization_details`: as a list, or as its JSON text. */
  readonly detailsForm: 'array' | 'text';
  /** Status of a CIBA poll that comes too soon; 429 at real tenants, 400 by the standard. */
  readonly cibaSlowDownStatus: 429 | 400;
  /** Where that answer says how long to wait: in `retry-after`, in the member `interval`, or in both. */
  readonly cibaSlowDownWait: 'header' | 'body' | 'both';
  /** `error` of a CIBA poll for a request that has expired; Auth0's is that of a denial. */
  readonly cibaExpiry: 'access_denied' | 'expired_token';
  /** `error` of a further CIBA poll after a denial. */
  readonly cibaDeniedAgain: 'access_denied' | 'invalid_grant';
  /** What names the user of a CIBA request: Auth0's JSON alone; or a `sub`, a username or an e-mail address too. */
  readonly cibaLoginHint: 'iss_sub' | 'any';
  /** Whether a CIBA request must have a message. */
  readonly cibaMessage: 'required' | 'optional';
  /** How long the message may be. */
  readonly cibaMessageLength: 64 | 20;
  /** Whether it may have spaces. */
  readonly cibaMessageSpaces: 'refused' | 'allowed';
  /** `error` of a message that does not fit. */
  readonly cibaMessageError: 'invalid_request' | 'invalid_binding_message';
  /** `error` for a user who takes no push: 400, or 403. */
  readonly cibaNotEnrolled: 'invalid_request' | 'access_denied';
  /** `error` at `/bc-authorize` for a client that may not use it: 403, or 400. */
  readonly cibaGrantOff: 'unauthorized_client' | 'invalid_request';
  /** Look of the `auth_req_id`: 64 characters, or `eyJ…`. */
  readonly cibaIdForm: 'opaque' | 'jwt';
  /** Whether the answer of `/bc-authorize` has an `interval`. */
  readonly cibaInterval: 'present' | 'absent';
  /** Whether CIBA's tokens come with a `token_type`. */
  readonly cibaTokenType: 'present' | 'absent';
  /**
   * What CIBA's `id_token` tells of the authentication: nothing, as nobody documents it of Auth0's; `auth_time`, as
   * Keycloak's; or what `acr_values` and `claims` ask for, as oidc-provider's.
   */
  readonly cibaIdTokenClaims: 'bare' | 'auth_time' | 'as_asked';
  /** Whether clients with a `notificationEndpoint` are pinged; Auth0 pings nobody. */
  readonly cibaDelivery: 'poll' | 'ping';
  /** `error` of a silent request (`prompt=none`) that needs MFA. */
  readonly mfaSilent: 'login_required' | 'interaction_required';
}

/** Every choice of every {@link Dialect} member; the first one is the default. */
export const dialectChoices: { readonly [K in keyof Dialect]: readonly [Dialect[K], ...Dialect[K][]] } = {
  rejection: ['access_denied', 'invalid_grant'],
  pendingStatus: [400, 200],
  mfaRequiredStatus: [403, 401, 400],
  notEnrolled: ['association_required', 'unsupported_challenge_type'],
  associateCredentials: ['optional', 'required'],
  confirmBearer: ['ignored', 'required'],
  channelMember: ['oob_channel', 'oob_channels'],
  challengeContentType: ['any', 'json'],
  tokenContentType: ['any', 'form'],
  challengeType: ['optional', 'required'],
  challengeChannel: ['optional', 'required'],
  listCredential: ['any', 'access_token'],
  removeCredential: ['access_token', 'any'],
  mfaRequirements: ['lists', 'challenge_types'],
  refreshMfaToken: ['present', 'absent'],
  refreshToken: ['offline_access', 'always'],
  expiredTokenStatus: [403, 401],
  newRecoveryCode: ['always', 'absent'],
  mfaTokenForm: ['sealed', 'jwt'],
  overPolling: ['too_many_requests', 'slow_down'],
  userLimit: ['too_many_requests', 'invalid_request'],
  retryAfter: ['absent', 'present'],
  mfaTokenAfterSuccess: ['spent', 'reusable'],
  clientRefused: ['access_denied', 'invalid_client'],
  authenticatorType: ['with_requirements', 'always', 'never'],
  passwordScopes: ['standard', 'all', 'requested'],
  stepUpAuthTime: ['absent', 'login', 'mfa'],
  amrScope: ['transaction', 'session'],
  maxAgeZero: ['login', 'ignored'],
  acrEcho: ['off', 'on'],
  requestUriLife: [30, 90],
  authorizeErrorState: ['echoed', 'absent'],
  detailsForm: ['array', 'text'],
  cibaSlowDownStatus: [429, 400],
  cibaSlowDownWait: ['header', 'body', 'both'],
  cibaExpiry: ['access_denied', 'expired_token'],
  cibaDeniedAgain: ['access_denied', 'invalid_grant'],
  cibaLoginHint: ['iss_sub', 'any'],
  cibaMessage: ['required', 'optional'],
  cibaMessageLength: [64, 20],
  cibaMessageSpaces: ['refused', 'allowed'],
  cibaMessageError: ['invalid_request', 'invalid_binding_message'],
  cibaNotEnrolled: ['invalid_request', 'access_denied'],
  cibaGrantOff: ['unauthorized_client', 'invalid_request'],
  cibaIdForm: ['opaque', 'jwt'],
  cibaInterval: ['present', 'absent'],
  cibaTokenType: ['present', 'absent'],
  cibaIdTokenClaims: ['bare', 'auth_time', 'as_asked'],
  cibaDelivery: ['poll', 'ping'],
  mfaSilent: ['login_required', 'interaction_required'],
};

/** What each member can be. */
export const dialectEntries = Object.fromEntries(
  Object.entries(dialectChoices).map(([member, choices]) => [member, optional(oneOf(choices))]),
) as unknown as { readonly [K in keyof Dialect]: v.OptionalSchema<v.GenericSchema<Dialect[K]>, undefined> };

/** The dialect of the recorded traffic: the first choice of every member. */
export const recordedDialect = Object.fromEntries(
  Object.entries(dialectChoices).map(([member, choices]) => [member, choices[0]]),
) as unknown as Dialect;
