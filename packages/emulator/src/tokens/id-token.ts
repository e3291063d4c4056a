import type { ClientOptions } from '../directory/client.ts';
import type { Tenant } from '../state/tenant.ts';
import type { Grant } from '../state/transaction.ts';
import { signWithSecret, signWithTenantKey } from './sign.ts';
import { userClaims } from './user-claims.ts';

/**
 * An `id_token`. Like those of Auth0's MFA API it has no `amr`, and `auth_time` is that of the password, which
 * a step-up does not move.
 */
export async function signIdToken(
  tenant: Tenant,
  grant: Grant,
  client: ClientOptions,
  nonce?: string,
): Promise<string> {
  const { idTokenMs } = tenant.settings.lifetimes;
  const payload = {
    iss: tenant.issuer(),
    ...userClaims(grant.user, grant.scopes),
    aud: grant.clientId,
    auth_time: Math.floor(grant.authTime / 1000),
    ...(grant.sid !== undefined && { sid: grant.sid }),
    ...(nonce !== undefined && { nonce }),
  };
  return client.idTokenAlg === 'HS256' && client.clientSecret !== undefined
    ? signWithSecret(tenant, idTokenMs, payload, client.clientSecret)
    : signWithTenantKey(tenant, idTokenMs, payload);
}
