import type { Tenant } from '../tenant.ts';
import { supportedGrantTypes } from './token.ts';

/** The body of `/.well-known/openid-configuration` (OpenID Connect Discovery 1.0). */
export function toDiscoveryDocument(tenant: Tenant): Record<string, unknown> {
  const issuer = tenant.issuer();
  return {
    issuer,
    authorization_endpoint: `${issuer}authorize`,
    end_session_endpoint: `${issuer}oidc/logout`,
    token_endpoint: `${issuer}oauth/token`,
    userinfo_endpoint: `${issuer}userinfo`,
    jwks_uri: `${issuer}.well-known/jwks.json`,
    mfa_challenge_endpoint: `${issuer}mfa/challenge`,
    grant_types_supported: supportedGrantTypes,
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
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
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    claims_supported: [
      'aud',
      'auth_time',
      'email',
      'email_verified',
      'exp',
      'iat',
      'iss',
      'name',
      'nickname',
      'nonce',
      'sid',
      'sub',
    ],
  };
}
