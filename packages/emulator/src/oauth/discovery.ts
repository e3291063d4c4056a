import { cibaGrantType } from '../ciba/grant-type.ts';
import type { Tenant } from '../state/tenant.ts';
import { supportedGrantTypes } from './token.ts';

/** The body of `/.well-known/openid-configuration` (OpenID Connect Discovery 1.0). */
export function toDiscoveryDocument(tenant: Tenant): Record<string, unknown> {
  const issuer = tenant.issuer();
  return {
    issuer,
    authorization_endpoint: `${issuer}authorize`,
    end_session_endpoint: `${issuer}oidc/logout`,
    token_endpoint: `${issuer}oauth/token`,
    revocation_endpoint: `${issuer}oauth/revoke`,
    userinfo_endpoint: `${issuer}userinfo`,
    jwks_uri: `${issuer}.well-known/jwks.json`,
    mfa_challenge_endpoint: `${issuer}mfa/challenge`,
    ...cibaMetadata(tenant),
    response_types_supported: [
      'code',
      'token',
      'id_token',
      'code token',
      'code id_token',
      'token id_token',
      'code token id_token',
    ],
    response_modes_supported: ['query', 'fragment', 'form_post', 'web_message'],
    ...parMetadata(tenant),
    ...(tenant.settings.issParameter && { authorization_response_iss_parameter_supported: true }),
    code_challenge_methods_supported: ['S256'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'HS256'],
    token_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'none',
    ],
    token_endpoint_auth_signing_alg_values_supported: ['RS256', 'RS384', 'PS256', 'ES256'],
    scopes_supported: [
      'openid',
      'profile',
      'offline_access',
      'name',
      'given_name',
      'family_name',
      'nickname',
      'email',
      'email_verified',
      'picture',
      'created_at',
      'identities',
      'phone',
      'address',
    ],
    claims_supported: [
      'acr',
      'amr',
      'aud',
      'auth_time',
      'created_at',
      'email',
      'email_verified',
      'exp',
      'family_name',
      'given_name',
      'iat',
      'identities',
      'iss',
      'name',
      'nickname',
      'phone_number',
      'picture',
      'sid',
      'sub',
    ],
    request_uri_parameter_supported: false,
    request_parameter_supported: false,
  };
}

/** Real documents of Auth0 have the endpoint, and CIBA is often missing from the grant types. */
function cibaMetadata({ issuer, settings }: Tenant): Record<string, unknown> {
  const others = supportedGrantTypes.filter((type) => type !== cibaGrantType);
  if (settings.ciba === 'off') return { grant_types_supported: others };
  const isStandard = settings.dialect.cibaDelivery === 'ping';
  return {
    backchannel_authentication_endpoint: `${issuer()}bc-authorize`,
    backchannel_token_delivery_modes_supported: isStandard ? ['poll', 'ping'] : ['poll'],
    grant_types_supported: isStandard ? supportedGrantTypes : others,
  };
}

function parMetadata(tenant: Tenant): Record<string, unknown> {
  const { par } = tenant.settings;
  if (par === 'off') return {};
  return {
    pushed_authorization_request_endpoint: `${tenant.issuer()}oauth/par`,
    require_pushed_authorization_requests: par === 'required',
  };
}
