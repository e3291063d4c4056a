import { errors, type JWTPayload, jwtVerify } from 'jose';
import { EmulatorError } from '../lib/emulator-error.ts';
import { randomId } from '../lib/random.ts';
import { type Tenant, userinfoAudience } from '../state/tenant.ts';
import type { Grant } from '../state/transaction.ts';
import { signWithTenantKey } from './sign.ts';

/** How long an access token for this audience lives. */
export function accessTokenLifetimeMs(tenant: Tenant, audience: string): number {
  const { accessTokenMs, mfaAccessTokenMs } = tenant.settings.lifetimes;
  return audience === tenant.mfaAudience() ? mfaAccessTokenMs : accessTokenMs;
}

/** A signed access token. With `openid` it is good for `/userinfo` too. */
export async function signAccessToken(tenant: Tenant, grant: Grant): Promise<string> {
  const { audience, scopes } = grant;
  const isForUserinfo = scopes.includes('openid') && audience !== tenant.mfaAudience();
  return signWithTenantKey(tenant, accessTokenLifetimeMs(tenant, audience), {
    iss: tenant.issuer(),
    sub: grant.user.sub,
    aud: isForUserinfo ? [audience, userinfoAudience(tenant)] : audience,
    azp: grant.clientId,
    scope: scopes.join(' '),
    jti: randomId(tenant.randomBytes, 16),
    ...(grant.gty !== undefined && { gty: grant.gty }),
    ...(grant.organization !== undefined && { org_id: grant.organization }),
    ...(grant.details !== undefined && { authorization_details: grant.details }),
  });
}

/** A signed access token of a client that acts for itself. */
export async function signMachineToken(
  tenant: Tenant,
  { clientId, audience, scopes }: Pick<Grant, 'clientId' | 'audience' | 'scopes'>,
): Promise<string> {
  return signWithTenantKey(tenant, accessTokenLifetimeMs(tenant, audience), {
    iss: tenant.issuer(),
    sub: `${clientId}@clients`,
    aud: audience,
    azp: clientId,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    jti: randomId(tenant.randomBytes, 16),
    gty: 'client-credentials',
  });
}

/** The payload of one of this tenant's access tokens; 401 `invalid_token` for anything else. */
export async function verifyAccessToken(
  tenant: Tenant,
  token: string,
  audience: string,
): Promise<JWTPayload> {
  const { publicKey } = await tenant.signingKeys();
  try {
    const { payload } = await jwtVerify(token, publicKey, {
      algorithms: ['RS256'],
      audience,
      issuer: tenant.issuer(),
      currentDate: new Date(tenant.clock.now()),
    });
    if (!tenant.revokedTokenIds.has(String(payload.jti))) return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw invalidToken('The access token expired');
    throw invalidToken(`The access token is not one for ${audience}`);
  }
  throw invalidToken('The access token was revoked');
}

/** A 401 for a request without any token, which names the scheme and no error (RFC 6750, section 3.1). */
export function missingToken(): EmulatorError {
  return new EmulatorError(401, 'invalid_token', 'The bearer token is missing', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}

/** A 401 about the bearer token. */
export function invalidToken(description: string): EmulatorError {
  return new EmulatorError(401, 'invalid_token', description, {
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  });
}
