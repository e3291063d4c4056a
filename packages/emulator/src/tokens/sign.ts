import { type JWTPayload, SignJWT } from 'jose';
import type { Tenant } from '../state/tenant.ts';

/** A JWT signed with the tenant's RS256 key, valid from now on. */
export async function signWithTenantKey(
  tenant: Tenant,
  lifetimeMs: number,
  payload: JWTPayload,
): Promise<string> {
  const { kid, privateKey } = await tenant.signingKeys();
  return timed(tenant, lifetimeMs, payload)
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
    .sign(privateKey);
}

/** A JWT signed with a client's secret, as tenants do for clients configured to `HS256`. */
export async function signWithSecret(
  tenant: Tenant,
  lifetimeMs: number,
  payload: JWTPayload,
  secret: string,
): Promise<string> {
  return timed(tenant, lifetimeMs, payload)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(secret));
}

function timed(tenant: Tenant, lifetimeMs: number, payload: JWTPayload): SignJWT {
  const iat = Math.floor(tenant.clock.now() / 1000);
  return new SignJWT({ ...payload, iat, exp: iat + Math.ceil(lifetimeMs / 1000) });
}
