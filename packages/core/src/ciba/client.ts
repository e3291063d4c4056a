import { dropUndefined } from '../lib/drop-undefined.ts';
import { isRecord, stringMember } from '../lib/json.ts';
import { createAuthenticatedPost, type PostResponse } from '../oauth/authenticated-post.ts';
import { type AuthorizationDetail, parseAuthorizationDetails } from '../oauth/authorization-details.ts';
import { type ClientOptions, createClientAuthentication } from '../oauth/client-authentication.ts';
import type { Discover } from '../oauth/discovery.ts';
import { assertTimeout, createHttp, type HttpOptions } from '../oauth/http.ts';
import { refusalBy, unreadable } from '../oauth/refusal.ts';
import { LONGEST_WAIT_MS } from '../oauth/retry-after.ts';
import { parseTokens } from '../oauth/token-set.ts';
import type { CallOptions, TokenSet } from '../provider/way.ts';
import { isStepUpError, StepUpError } from '../terms/step-up-error.ts';
import { CIBA_REFUSALS, type CibaCall } from './errors.ts';

/** Options of {@link createCibaClient}. */
export interface CibaOptions extends ClientOptions, HttpOptions<CibaCall> {
  /** The provider's metadata, from `createDiscovery`. */
  readonly discover: Discover;
  /** Names the user to the provider. Default: the subject in the `iss_sub` format, as Auth0 requires it. */
  readonly loginHint?: (subject: string, provider: { readonly issuer: string }) => string | Promise<string>;
  /** Requested besides `openid`. */
  readonly scope?: string;
  /** The API that the authorization details or scopes belong to. */
  readonly audience?: string;
  /** Requested authentication context classes, for providers that know them. */
  readonly acrValues?: string;
  /** What the provider calls the requested life of a challenge; Okta says `request_expiry`. */
  readonly expiryParameter?: 'requested_expiry' | 'request_expiry';
  /**
   * How long a poll may take, in milliseconds; default 35 000. Providers may hold a poll for 30 seconds before they
   * respond.
   */
  readonly pollTimeoutMs?: number;
}

/** What {@link CibaClient.start} needs. */
export interface CibaRequest extends CallOptions {
  readonly subject: string;
  /** What the phone shows. It must fit the provider's rules; nothing is changed or cut. */
  readonly bindingMessage: string;
  /** How long the user may take, in whole seconds. */
  readonly requestedExpirySeconds?: number;
  readonly authorizationDetails?: readonly AuthorizationDetail[];
  /** What a ping must bear, for applications that are registered for ping. Secret. */
  readonly notificationToken?: string;
}

/** A user who is being asked. */
export interface CibaChallenge {
  /** The provider's name for the challenge. Secret. */
  readonly authReqId: string;
  readonly expiresInMs: number;
  /** The shortest time between two polls. */
  readonly intervalMs: number;
}

/** What {@link CibaClient.poll} needs. */
export interface CibaPoll extends CallOptions {
  readonly authReqId: string;
  /** When the challenge expires by our own clock, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** How a poll ended when nothing failed. */
export type CibaResult =
  | { readonly status: 'pending' }
  | { readonly status: 'slow_down'; readonly retryAfterMs?: number }
  | { readonly status: 'rejected' }
  | {
      readonly status: 'approved';
      /** Never with a refresh token. */
      readonly tokens: TokenSet;
      /** The details that the user approved. Compare them with those that were asked for. */
      readonly authorizationDetails?: readonly unknown[];
    };

/**
 * CIBA in poll or ping mode (OpenID Client-Initiated Backchannel Authentication, Core 1.0), for Auth0 and any other
 * provider.
 *
 * Each call is one request. It never waits, retries or polls again; the caller keeps to the interval, and never has two
 * polls of one challenge open. Whose approval the tokens are is for the caller to check.
 */
export interface CibaClient {
  /**
   * Asks the user.
   *
   * Errors: `delivery_unknown` (a push may be on its way: never repeat this on your own), `not_enrolled`,
   * `factor_unavailable`, `rate_limited`, `provider_misconfigured`, `provider_error`, and `provider_unavailable` when
   * nothing was sent.
   */
  start(request: CibaRequest): Promise<CibaChallenge>;
  /**
   * Asks for the user's answer.
   *
   * Errors: `challenge_expired`, `result_lost` (the answer was given before, but it did not arrive),
   * `factor_unavailable`, `rate_limited`, `provider_unavailable`, `provider_misconfigured`, `provider_error`.
   */
  poll(poll: CibaPoll): Promise<CibaResult>;
}

/** How long a poll may take by default: providers may hold one for 30 seconds. */
export const POLL_TIMEOUT_MS = 35_000;
const GRANT_TYPE = 'urn:openid:params:grant-type:ciba';
/** CIBA Core 1.0, section 7.3. */
const DEFAULT_INTERVAL_MS = 5_000;
const LONGEST_AUTH_REQ_ID = 4_096;
/**
 * Auth0 says `access_denied` for a denial and for expiry. The provider's clock started before ours, so its expiry can
 * arrive a little before our own deadline.
 */
const EXPIRY_SLACK_MS = 1_000;

/**
 * Connects to a provider's backchannel authentication endpoint.
 *
 * @throws TypeError when an option is wrong.
 *
 * @example
 * const discover = createDiscovery({ issuer: 'https://tenant.eu.auth0.com/' });
 * const ciba = createCibaClient({ discover, clientId, clientSecret });
 * const { authReqId, expiresInMs } = await ciba.start({ subject: 'auth0|ada', bindingMessage: 'K7QM-Transfer' });
 */
export function createCibaClient(options: CibaOptions): CibaClient {
  const { discover, loginHint = issSubHint, audience, acrValues, now = Date.now } = options;
  const { expiryParameter = 'requested_expiry', pollTimeoutMs = POLL_TIMEOUT_MS } = options;
  if (typeof discover !== 'function')
    throw new TypeError('discover: must be a function; see createDiscovery');
  if (options.clientSecret === undefined && options.clientAssertion === undefined) {
    throw new TypeError('clientSecret or clientAssertion: CIBA is for applications that authenticate');
  }
  assertTimeout('pollTimeoutMs', pollTimeoutMs);
  const post = createAuthenticatedPost(createHttp<CibaCall>(options), createClientAuthentication(options));
  const scope = [...new Set(['openid', ...(options.scope ?? '').split(' ')])].filter(Boolean).join(' ');

  return {
    async start({ subject, bindingMessage, requestedExpirySeconds, signal, ...request }) {
      const { issuer, backchannelAuthenticationEndpoint: endpoint } = await discover();
      if (endpoint === undefined) {
        throw new StepUpError(
          'provider_misconfigured',
          'the provider has no backchannel_authentication_endpoint: switch CIBA on, or leave it out',
        );
      }
      const parameters = dropUndefined({
        scope,
        login_hint: await loginHint(subject, { issuer }),
        binding_message: bindingMessage,
        audience,
        acr_values: acrValues,
        authorization_details: request.authorizationDetails && JSON.stringify(request.authorizationDetails),
        client_notification_token: request.notificationToken,
      });
      const expiry =
        requestedExpirySeconds === undefined ? {} : { [expiryParameter]: String(requestedExpirySeconds) };
      const response = await post({
        call: 'start',
        url: endpoint,
        issuer,
        parameters: { ...parameters, ...expiry },
        signal,
      }).catch(deliveryUnknown);
      if (response.status !== 200 || response.error !== undefined || !isRecord(response.body)) {
        throw startRefusal(response);
      }
      const challenge = parseChallenge(response.body);
      return requestedExpirySeconds === undefined
        ? challenge
        : { ...challenge, expiresInMs: Math.min(challenge.expiresInMs, requestedExpirySeconds * 1_000) };
    },

    async poll({ authReqId, expiresAt, signal }) {
      const metadata = await discover();
      const parameters = { grant_type: GRANT_TYPE, auth_req_id: authReqId };
      const timing = { signal, timeoutMs: pollTimeoutMs };
      const response = await post({
        call: 'poll',
        url: metadata.tokenEndpoint,
        issuer: metadata.issuer,
        parameters,
        ...timing,
      });
      const { status, error, body, retryAfterMs } = response;
      if (error === 'authorization_pending') return { status: 'pending' };
      if (error === 'slow_down') {
        return dropUndefined({ status: 'slow_down', retryAfterMs: longest(retryAfterMs, intervalOf(body)) });
      }
      if (status === 200 && error === undefined && isRecord(body)) return parseApproval(body);
      const refused = refusalBy(CIBA_REFUSALS, response);
      const isOver = now() >= expiresAt - EXPIRY_SLACK_MS;
      if (isOver && (isStepUpError(refused, 'rejected') || isStepUpError(refused, 'result_lost'))) {
        throw new StepUpError('challenge_expired', refused.message);
      }
      if (isStepUpError(refused, 'rejected')) return { status: 'rejected' };
      throw refused;
    },
  };
}

/** The subject in the only format that Auth0 accepts. */
function issSubHint(subject: string, { issuer }: { readonly issuer: string }): string {
  return JSON.stringify({ format: 'iss_sub', iss: issuer, sub: subject });
}

/** Without a response, a push may be on its way. */
function deliveryUnknown(error: unknown): never {
  if (isStepUpError(error, 'provider_unavailable')) throw new StepUpError('delivery_unknown', error.message);
  throw error;
}

/** A page in place of JSON says nothing about what the provider did. */
function startRefusal(response: PostResponse<CibaCall>): StepUpError {
  const error = refusalBy(CIBA_REFUSALS, response);
  return isStepUpError(error, 'provider_unavailable')
    ? new StepUpError('delivery_unknown', error.message, dropUndefined({ retryAfterMs: error.retryAfterMs }))
    : error;
}

function parseChallenge(body: Readonly<Record<string, unknown>>): CibaChallenge {
  const authReqId = stringMember(body, 'auth_req_id');
  const expiresInMs = millisecondsOf(body.expires_in);
  if (authReqId === undefined || authReqId.length > LONGEST_AUTH_REQ_ID || expiresInMs === undefined) {
    throw unreadable('the backchannel authentication endpoint');
  }
  return { authReqId, expiresInMs, intervalMs: intervalOf(body) ?? DEFAULT_INTERVAL_MS };
}

function parseApproval(body: Readonly<Record<string, unknown>>): CibaResult {
  // Nothing here needs a refresh token, so none is kept.
  const { refreshToken: _unwanted, ...tokens } = parseTokens(body);
  const authorizationDetails = parseAuthorizationDetails(body.authorization_details);
  return dropUndefined({ status: 'approved', tokens, authorizationDetails });
}

function intervalOf(body: unknown): number | undefined {
  return isRecord(body) ? millisecondsOf(body.interval) : undefined;
}

/** Converts seconds, which some providers send as text, to milliseconds: more than 0, and at most a day. */
function millisecondsOf(value: unknown): number | undefined {
  const isNumeric = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
  const ms = isNumeric ? Number(value) * 1_000 : Number.NaN;
  return ms > 0 && ms < Number.POSITIVE_INFINITY ? Math.min(LONGEST_WAIT_MS, ms) : undefined;
}

function longest(...waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter((wait) => wait !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
