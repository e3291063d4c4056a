import type { ClientOptions } from '../../client.ts';
import { EmulatorError } from '../../emulator-error.ts';
import type { User } from '../../mfa/user.ts';
import { type Tenant, userinfoAudience } from '../../tenant.ts';
import { parseScopes } from '../../tokens/scopes.ts';
import { type ApiRequest, optionalText, requiredText } from '../api-request.ts';
import { assertWithinLimit, takeUnit } from '../enforce-limit.ts';
import { invalidGrant } from '../mfa-credential.ts';
import { isMfaRequired, mfaRequired } from '../mfa-required.ts';
import { createTokenResponse } from '../token-response.ts';

/** The `password` grant (RFC 6749 section 4.3): tokens, or `mfa_required`. */
export async function exchangePassword(
  { tenant, params }: ApiRequest,
  client: ClientOptions,
): Promise<Record<string, unknown>> {
  const username = requiredText(params, 'username');
  const password = requiredText(params, 'password');
  const grant = {
    user: signIn(tenant, username, password),
    clientId: client.clientId,
    audience: resolveAudience(tenant, optionalText(params, 'audience')),
    scopes: parseScopes(optionalText(params, 'scope')),
    authTime: tenant.clock.now(),
  };
  if (isMfaRequired(tenant, grant)) throw mfaRequired(tenant, grant);
  return createTokenResponse(tenant, client, grant);
}

/** Auth0's `password-realm` grant: the same, with the connection named. */
export async function exchangePasswordRealm(
  request: ApiRequest,
  client: ClientOptions,
): Promise<Record<string, unknown>> {
  requiredText(request.params, 'realm');
  return exchangePassword(request, client);
}

/** The audience asked for, or the tenant's default; 403 for one that is no API of the tenant. */
export function resolveAudience(tenant: Tenant, audience: string | undefined): string {
  const fallback = tenant.audiences[0] ?? userinfoAudience(tenant);
  if (audience === undefined) return fallback;
  const known = [...tenant.audiences, tenant.mfaAudience(), userinfoAudience(tenant)];
  if (known.includes(audience)) return audience;
  throw new EmulatorError(403, 'access_denied', `Service not found: ${audience}`);
}

/** The user with this name or address and password; 403 `invalid_grant`, and 429 after too many wrong ones. */
export function signIn(tenant: Tenant, name: string, password: string): User {
  assertWithinLimit(tenant, 'wrongPasswords', name);
  const user = tenant.users.get(name) ?? [...tenant.users.values()].find(({ email }) => email === name);
  if (user !== undefined && user.password === password) return user;
  takeUnit(tenant, 'wrongPasswords', name);
  throw invalidGrant('Wrong email or password.');
}
