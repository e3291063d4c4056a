import type { ClientOptions } from '../directory/client.ts';
import type { Tenant } from '../state/tenant.ts';
import type { Grant } from '../state/transaction.ts';
import { signWithSecret, signWithTenantKey } from './sign.ts';
import { userClaims } from './user-claims.ts';

/**
 * An `id_token`. By itself it has no `amr`, like those of Auth0's MFA API, and `auth_time` is that of the first factor,
 * which a step-up does not move; a login on the tenant's own pages adds its claims.
 */
export async function signIdToken(
  tenant: Tenant,
  grant: Grant,
  client: ClientOptions,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { idTokenMs } = tenant.settings.lifetimes;
  const payload = {
    iss: tenant.issuer(),
    ...userClaims(grant.user, grant.scopes),
    aud: grant.clientId,
    auth_time: Math.floor(grant.authTime / 1000),
    ...(grant.sid !== undefined && { sid: grant.sid }),
    ...(grant.organization !== undefined && { org_id: grant.organization }),
    ...claims,
  };
  return client.idTokenAlg === 'HS256' && client.clientSecret !== undefined
    ? signWithSecret(tenant, idTokenMs, payload, client.clientSecret)
    : signWithTenantKey(tenant, idTokenMs, payload);
}
