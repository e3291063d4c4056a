import type { ApiOptions } from '../directory/api.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import { type Tenant, userinfoAudience } from '../state/tenant.ts';

/** The audience whose tokens call the Management API. */
export function managementAudience(tenant: Tenant): string {
  return `${tenant.issuer()}api/v2/`;
}

/** The audience asked for, or the tenant's default; 403 for one that is no API of the tenant. */
export function resolveAudience(tenant: Tenant, audience: string | undefined): string {
  const [fallback = userinfoAudience(tenant)] = tenant.apis.keys();
  if (audience === undefined) return fallback;
  const own = [tenant.mfaAudience(), userinfoAudience(tenant), managementAudience(tenant)];
  if (tenant.apis.has(audience) || own.includes(audience)) return audience;
  throw new EmulatorError(403, 'access_denied', `Service not found: ${audience}`);
}

/** The scopes of OpenID Connect that every API has (OpenID Connect Core 1.0, section 5.4). */
export const standardScopes: readonly string[] = ['openid', 'profile', 'email', 'address', 'phone'];

/** The requested scopes that the API knows. Unknown ones are left out. */
export function grantScopes(tenant: Tenant, audience: string, scopes: readonly string[]): readonly string[] {
  const known = tenant.apis.get(audience)?.scopes;
  if (known === undefined) return scopes;
  return scopes.filter((scope) => isStandardScope(scope) || known.includes(scope));
}

/** Every scope of an API. One without a list has those that ask for MFA. */
export function scopesOf(tenant: Tenant, audience: string): readonly string[] {
  const api: ApiOptions | undefined = tenant.apis.get(audience);
  return api === undefined ? [] : (api.scopes ?? tenant.settings.stepUpScopes);
}

function isStandardScope(scope: string): boolean {
  return standardScopes.includes(scope) || scope === 'offline_access';
}
