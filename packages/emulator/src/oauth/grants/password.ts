import type { ClientOptions } from '../../directory/client.ts';
import { parseScopes } from '../../lib/scopes.ts';
import { isMfaRequired, mfaRequired } from '../../mfa-api/mfa-required.ts';
import { type ApiRequest, optionalText, requiredText, visitorOf } from '../../request/api-request.ts';
import { grantScopes, resolveAudience, scopesOf, standardScopes } from '../../request/audience.ts';
import { signIn } from '../../request/sign-in.ts';
import type { Tenant } from '../../state/tenant.ts';
import { createTokenResponse } from '../../tokens/token-response.ts';

/** The `password` grant (RFC 6749 section 4.3): tokens, or `mfa_required`. */
export async function exchangePassword(
  { tenant, headers, params }: ApiRequest,
  client: ClientOptions,
): Promise<Record<string, unknown>> {
  const username = requiredText(params, 'username');
  const password = requiredText(params, 'password');
  const audience = resolveAudience(tenant, optionalText(params, 'audience'));
  const asked = grantScopes(tenant, audience, parseScopes(optionalText(params, 'scope')));
  const grant = {
    user: signIn({ tenant, headers }, { name: username, password, clientId: client.clientId }),
    clientId: client.clientId,
    audience,
    scopes: grantedByPassword(tenant, audience, asked),
    authTime: tenant.clock.now(),
    gty: 'password',
    visitor: visitorOf(headers),
  };
  // Only requested scopes ask for MFA, as in a tenant whose policy looks at the request.
  if (isMfaRequired(tenant, { ...grant, scopes: asked })) throw mfaRequired(tenant, grant);
  return createTokenResponse(tenant, client, grant);
}

/** In some accounts, a password grants more scopes than requested. */
function grantedByPassword(tenant: Tenant, audience: string, asked: readonly string[]): readonly string[] {
  switch (tenant.settings.dialect.passwordScopes) {
    case 'standard':
      return asked.length === 0 && audience !== tenant.mfaAudience() ? standardScopes : asked;
    case 'all':
      return [...new Set([...asked, ...scopesOf(tenant, audience)])];
    case 'requested':
      return asked;
  }
}

/** Auth0's `password-realm` grant: the same, with the connection named. */
export async function exchangePasswordRealm(
  request: ApiRequest,
  client: ClientOptions,
): Promise<Record<string, unknown>> {
  requiredText(request.params, 'realm');
  return exchangePassword(request, client);
}
