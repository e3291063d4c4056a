import { dropUndefined } from '../lib/drop-undefined.ts';
import { isRecord, stringMember } from '../lib/json.ts';
import { StepUpError } from '../terms/step-up-error.ts';
import { createHttp, type HttpOptions } from './http.ts';
import { type IssuerOptions, parseIssuer } from './issuer.ts';

/** What a provider says about itself. Every member is used exactly as the provider wrote it. */
export interface ProviderMetadata {
  /** What tokens call the issuer, with or without a slash at its end. It is also the audience of client assertions. */
  readonly issuer: string;
  readonly jwksUri: string;
  readonly tokenEndpoint: string;
  readonly authorizationEndpoint?: string;
  readonly pushedAuthorizationRequestEndpoint?: string;
  /** Absent when the provider has no CIBA. */
  readonly backchannelAuthenticationEndpoint?: string;
  /** `poll`, `ping` and `push`, as far as the provider has them. */
  readonly backchannelTokenDeliveryModes: readonly string[];
  /** Whether authorization responses name their issuer (RFC 9207). */
  readonly authorizationResponseIssParameterSupported?: boolean;
  /** Whether the provider takes the `claims` parameter. */
  readonly claimsParameterSupported?: boolean;
  readonly codeChallengeMethodsSupported?: readonly string[];
}

/**
 * Reads the provider's discovery document once, and remembers it. A failed attempt is not remembered.
 *
 * Throws `provider_unavailable`, or `provider_misconfigured` when the document does not fit the configured issuer.
 */
export type Discover = () => Promise<ProviderMetadata>;

/** Options of {@link createDiscovery}. */
export interface DiscoveryOptions extends IssuerOptions, HttpOptions<'discovery'> {}

const PATH = '.well-known/openid-configuration';
/** How much of an unexpected issuer an error shows, in characters. */
const LONGEST_SHOWN = 200;

/**
 * Reads a provider's metadata from its discovery document (OpenID Connect Discovery 1.0).
 *
 * @throws TypeError when an option is wrong.
 *
 * @example
 * const discover = createDiscovery({ issuer: 'https://tenant.eu.auth0.com/' });
 * const { jwksUri } = await discover();
 */
export function createDiscovery(options: DiscoveryOptions): Discover {
  const base = parseIssuer(options);
  const http = createHttp(options);
  const address = base + PATH;
  const isInsecureAllowed = base.startsWith('http:');
  let found: Promise<ProviderMetadata> | undefined;

  async function read(): Promise<ProviderMetadata> {
    const { status, body } = await http({ call: 'discovery', method: 'get', url: address, path: address });
    if (status >= 500 || status === 429 || (status < 400 && body === undefined)) {
      throw new StepUpError('provider_unavailable', `GET ${address} failed: ${status}`);
    }
    if (status !== 200 || !isRecord(body)) {
      throw misconfigured(`There is no discovery document at ${address} (${status}): check the issuer`);
    }
    return parseMetadata(body);
  }

  function parseMetadata(body: Readonly<Record<string, unknown>>): ProviderMetadata {
    const issuer = stringMember(body, 'issuer');
    if (issuer === undefined) throw misconfigured(`the discovery document at ${address} has no issuer`);
    if (withSlash(issuer) !== base) {
      throw misconfigured(
        `The issuer is configured as ${base}, but the provider there calls itself ${issuer.slice(0, LONGEST_SHOWN)}. Its tokens would be refused. Configure the issuer as ${issuer.slice(0, LONGEST_SHOWN)}`,
      );
    }
    return dropUndefined({
      issuer,
      jwksUri: required(body, 'jwks_uri'),
      tokenEndpoint: required(body, 'token_endpoint'),
      authorizationEndpoint: endpoint(body, 'authorization_endpoint'),
      pushedAuthorizationRequestEndpoint: endpoint(body, 'pushed_authorization_request_endpoint'),
      backchannelAuthenticationEndpoint: endpoint(body, 'backchannel_authentication_endpoint'),
      backchannelTokenDeliveryModes: texts(body, 'backchannel_token_delivery_modes_supported') ?? [],
      authorizationResponseIssParameterSupported: flag(
        body,
        'authorization_response_iss_parameter_supported',
      ),
      claimsParameterSupported: flag(body, 'claims_parameter_supported'),
      codeChallengeMethodsSupported: texts(body, 'code_challenge_methods_supported'),
    });
  }

  function required(body: unknown, name: string): string {
    const url = endpoint(body, name);
    if (url === undefined) throw misconfigured(`the discovery document has no ${name}`);
    return url;
  }

  function endpoint(body: unknown, name: string): string | undefined {
    const url = stringMember(body, name);
    if (url === undefined) return undefined;
    const { protocol } = URL.canParse(url) ? new URL(url) : { protocol: '' };
    if (protocol === 'https:' || (protocol === 'http:' && isInsecureAllowed)) return url;
    throw misconfigured(`${name} in the discovery document is not an https address`);
  }

  return () => {
    found ??= read().catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}

function flag(body: Readonly<Record<string, unknown>>, name: string): boolean | undefined {
  const value = body[name];
  return typeof value === 'boolean' ? value : undefined;
}

function texts(body: Readonly<Record<string, unknown>>, name: string): readonly string[] | undefined {
  const value = body[name];
  return Array.isArray(value) ? value.filter((one: unknown) => typeof one === 'string') : undefined;
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

function misconfigured(message: string): StepUpError {
  return new StepUpError('provider_misconfigured', message);
}
