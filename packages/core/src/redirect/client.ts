import {
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
} from 'oauth4webapi';
import { dropUndefined } from '../lib/drop-undefined.ts';
import { isRecord, numberMember, stringMember } from '../lib/json.ts';
import { createAuthenticatedPost } from '../oauth/authenticated-post.ts';
import { type AuthorizationDetail, parseAuthorizationDetails } from '../oauth/authorization-details.ts';
import { type ClientOptions, createClientAuthentication } from '../oauth/client-authentication.ts';
import type { Discover, ProviderMetadata } from '../oauth/discovery.ts';
import { createHttp, type HttpOptions } from '../oauth/http.ts';
import { refusalBy, unreadable } from '../oauth/refusal.ts';
import { parseTokens } from '../oauth/token-set.ts';
import type { Departed, Departure, Destination, ExchangeTimes, Return } from '../provider/departure.ts';
import type { CallOptions, TokenSet } from '../provider/way.ts';
import { isStepUpError, StepUpError } from '../terms/step-up-error.ts';
import { REDIRECT_REFUSALS, type RedirectCall } from './errors.ts';
import {
  assertHostedProof,
  assertProofRules,
  type ExpectedProof,
  type HostedProof,
  type ProofRules,
  type VerifiedClaims,
} from './proof.ts';
import { codeOf } from './return.ts';

type OfSubject = (subject: string) => string | undefined | Promise<string | undefined>;

/** Options of {@link createRedirectClient}. */
export interface RedirectOptions extends ClientOptions, HttpOptions<RedirectCall>, ProofRules {
  /** The provider's metadata, from `createDiscovery`. */
  readonly discover: Discover;
  /** What the request asks for. Default: the values of `acr`. */
  readonly acrValues?: readonly string[];
  /** How it asks: by `acr_values`, a wish (default), or by an essential claim, where the provider takes `claims`. */
  readonly ask?: 'acr_values' | 'essential';
  /**
   * Whether the request is pushed to the provider (RFC 9126), so that nobody can edit it in the browser: where discovery
   * offers it (default), always, or never.
   */
  readonly par?: 'when-offered' | 'require' | 'off';
  /** Tells the provider who is going to sign in. A hint only: `check` compares the user who has signed in. */
  readonly loginHint?: OfSubject;
  /** Auth0's connection of the user, which skips the login page: for social and enterprise sign-in. */
  readonly connection?: OfSubject;
  /** Auth0's organization of the user. The token must be for the same one. */
  readonly organization?: OfSubject;
  /** The description of `access_denied` for users without a second factor; default `no_second_factor`. */
  readonly noFactor?: string;
}

/** What {@link RedirectClient.depart} needs. */
export interface DepartureRequest extends CallOptions, Destination {
  readonly subject: string;
  /** Only together with a pushed request. */
  readonly authorizationDetails?: readonly AuthorizationDetail[];
}

/** What {@link RedirectClient.exchange} needs. */
export interface CodeExchange extends CallOptions {
  readonly code: string;
  readonly departure: Departure;
}

/** Tokens that came for a code. Their `id_token` is not verified yet. */
export interface Exchanged extends ExchangeTimes {
  /** Never with a refresh token. */
  readonly tokens: TokenSet & { readonly idToken: string };
  /** The details that the user approved. Compare them with those that were asked for. */
  readonly authorizationDetails?: readonly unknown[];
}

/**
 * Step-up on the provider's own pages: the authorization code flow with PKCE, `state` and `nonce` (RFC 6749, RFC 7636,
 * OpenID Connect Core, RFC 9126, RFC 9207). It never waits, retries or follows a redirect.
 */
export interface RedirectClient {
  /**
   * Prepares a departure: at the user's click, since providers keep a pushed request for seconds only. Safe to repeat.
   *
   * Errors: `provider_misconfigured`, `provider_unavailable`, `provider_error`, `rate_limited`.
   */
  depart(request: DepartureRequest): Promise<Departure>;
  /**
   * The code of a return that belongs to the current departure; see `belongsTo`.
   *
   * Errors: `rejected`, `not_enrolled`, `factor_unavailable`, `challenge_expired`, `identity_refused`,
   * `provider_misconfigured`, `provider_unavailable`, `provider_error`.
   */
  codeOf(returned: Return): Promise<string>;
  /**
   * Exchanges a code, once: whatever comes back, the code is spent.
   *
   * Errors: `result_lost`, `identity_refused`, `rate_limited`, `provider_misconfigured`, `provider_error`.
   */
  exchange(exchange: CodeExchange): Promise<Exchanged>;
  /**
   * Checks the verified claims of the `id_token`: this user has passed a second factor since the browser left.
   *
   * Errors: `identity_refused`, `subject_mismatch`, `authentication_stale`, `mfa_not_required`.
   */
  check(this: void, claims: VerifiedClaims, departed: Departed): HostedProof;
}

const LONGEST_ID_TOKEN = 65_536;

/**
 * Connects to a provider's login pages.
 *
 * @throws TypeError when an option is wrong.
 *
 * @example
 * const redirect = createRedirectClient({ discover, clientId, clientSecret, acr: ['gold'] });
 * const departure = await redirect.depart({ subject, redirectUri: 'https://bank.example/step-up/callback' });
 * // Keep the departure, send the browser to departure.authorizationUrl. When it is back:
 * const returned = parseReturn(query);
 * if (!belongsTo(returned, departure)) throw new Error('another departure');
 * const exchanged = await redirect.exchange({ code: await redirect.codeOf(returned), departure });
 * // Verify the id_token's signature, issuer, audience and times with jose. Then:
 * redirect.check(claims, { ...exchanged, departure });
 */
export function createRedirectClient(options: RedirectOptions): RedirectClient {
  const { discover, clientId, acr, ask = 'acr_values', par = 'when-offered', now = Date.now } = options;
  const { acrValues = acr ?? [], freshness = 'login', noFactor = 'no_second_factor' } = options;
  if (typeof discover !== 'function')
    throw new TypeError('discover: must be a function; see createDiscovery');
  assertProofRules(options);
  assertOneOf('ask', ask, ['acr_values', 'essential']);
  assertOneOf('par', par, ['when-offered', 'require', 'off']);
  if (ask === 'essential' && acrValues.length === 0)
    throw new TypeError('ask: essential needs acr or acrValues');
  const post = createAuthenticatedPost(
    createHttp<RedirectCall>(options),
    createClientAuthentication(options),
  );

  function asked(metadata: ProviderMetadata): Readonly<Record<string, string>> {
    if (acrValues.length === 0) return {};
    if (ask === 'acr_values') return { acr_values: acrValues.join(' ') };
    if (metadata.claimsParameterSupported !== true) {
      throw misconfigured("the provider takes no claims parameter: use ask: 'acr_values'");
    }
    // Never beside acr_values, which makes some providers forget that it is essential.
    return { claims: JSON.stringify({ id_token: { acr: { essential: true, values: acrValues } } }) };
  }

  async function push(
    metadata: ProviderMetadata,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly requestUri: string; readonly expiresInMs?: number } | undefined> {
    const endpoint = metadata.pushedAuthorizationRequestEndpoint;
    if (par === 'off') return undefined;
    if (endpoint === undefined) {
      if (par === 'when-offered') return undefined;
      throw misconfigured(
        "the provider offers no pushed requests (RFC 9126): switch them on, or leave out par: 'require'",
      );
    }
    const response = await post({
      call: 'push-request',
      url: endpoint,
      issuer: metadata.issuer,
      parameters,
      signal,
    });
    const requestUri = stringMember(response.body, 'request_uri');
    const isPushed = response.status === 201 || response.status === 200;
    if (!isPushed || response.error !== undefined) throw refusalBy(REDIRECT_REFUSALS, response);
    if (requestUri === undefined) throw unreadable('the pushed authorization request endpoint');
    const seconds = numberMember(response.body, 'expires_in');
    return dropUndefined({ requestUri, expiresInMs: seconds && seconds * 1_000 });
  }

  return {
    async depart({ subject, redirectUri, uiLocales, authorizationDetails, signal }) {
      const departedAt = now();
      const metadata = await discover();
      const { authorizationEndpoint, codeChallengeMethodsSupported: methods } = metadata;
      if (authorizationEndpoint === undefined)
        throw misconfigured('the provider has no authorization_endpoint');
      if (methods && !methods.includes('S256'))
        throw misconfigured('the provider does not take PKCE with S256');
      const [state, nonce, verifier] = [
        generateRandomState(),
        generateRandomNonce(),
        generateRandomCodeVerifier(),
      ];
      const organization = await options.organization?.(subject);
      const parameters = dropUndefined({
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: 'openid',
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...asked(metadata),
        max_age: freshness === 'login' ? '0' : undefined,
        login_hint: await options.loginHint?.(subject),
        connection: await options.connection?.(subject),
        organization,
        ui_locales: uiLocales,
        authorization_details: authorizationDetails && JSON.stringify(authorizationDetails),
      });
      const pushed = await push(metadata, parameters, signal);
      if (pushed === undefined && authorizationDetails !== undefined) {
        throw misconfigured(
          'authorization_details need pushed requests (RFC 9126): switch them on at the provider',
        );
      }
      const url = new URL(authorizationEndpoint);
      const inUrl = pushed ? { request_uri: pushed.requestUri } : parameters;
      for (const [name, value] of Object.entries({ client_id: clientId, ...inUrl }))
        url.searchParams.set(name, value);
      return dropUndefined({
        authorizationUrl: url.href,
        expiresInMs: pushed?.expiresInMs,
        subject,
        state,
        nonce,
        verifier,
        redirectUri,
        organization,
        departedAt,
      });
    },

    codeOf: async (returned) => codeOf(returned, await discover(), { clientId, noFactor }),

    async exchange({ code, departure: { redirectUri, verifier }, signal }) {
      const metadata = await discover();
      const parameters = {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
      };
      const response = await post({
        call: 'exchange',
        url: metadata.tokenEndpoint,
        issuer: metadata.issuer,
        parameters,
        signal,
      }).catch(resultLost);
      const receivedAt = now();
      const { status, error, body, date } = response;
      if (status !== 200 || error !== undefined || !isRecord(body))
        throw refusalBy(REDIRECT_REFUSALS, response);
      // Nothing here needs a refresh token, so none is kept.
      const { refreshToken: _unwanted, idToken, ...tokens } = parseTokens(body);
      if (idToken === undefined || idToken.length > LONGEST_ID_TOKEN) {
        throw new StepUpError('identity_refused', 'the token response has no id_token that could be read');
      }
      return dropUndefined({
        tokens: { ...tokens, idToken },
        authorizationDetails: parseAuthorizationDetails(body.authorization_details),
        receivedAt,
        providerDate: date,
      });
    },

    check({ ...claims }, { departure, receivedAt, providerDate }) {
      const { subject, nonce, organization, departedAt } = departure;
      const expected: ExpectedProof = { subject, nonce, organization, departedAt, receivedAt, providerDate };
      return assertHostedProof(claims, expected, options);
    },
  };
}

/** Without a response, the code may be spent. */
function resultLost(error: unknown): never {
  if (isStepUpError(error, 'provider_unavailable')) throw new StepUpError('result_lost', error.message);
  throw error;
}

function assertOneOf(name: string, value: string, known: readonly string[]): void {
  if (!known.includes(value)) throw new TypeError(`${name}: must be one of ${known.join(', ')}`);
}

function misconfigured(message: string): StepUpError {
  return new StepUpError('provider_misconfigured', message);
}
