import type { ClientOptions } from '../../directory/client.ts';
import { parseScopes } from '../../lib/scopes.ts';
import { isMfaRequired, mfaRequired } from '../../mfa-api/mfa-required.ts';
import {
  type ApiRequest,
  optionalText,
  type Params,
  requiredText,
  visitorOf,
} from '../../request/api-request.ts';
import { grantScopes, resolveAudience } from '../../request/audience.ts';
import type { Tenant } from '../../state/tenant.ts';
import type { Grant } from '../../state/transaction.ts';
import { createTokenResponse } from '../../tokens/token-response.ts';

/**
 * The `refresh_token` grant. Asking for a step-up scope answers `mfa_required` and leaves the refresh token as it
 * was; tokens come with its successor, and the old one is used up. A token obtained for the MFA audience renews
 * its access token without asking again.
 */
export async function exchangeRefreshToken(
  { tenant, headers, params }: ApiRequest,
  client: ClientOptions,
): Promise<Record<string, unknown>> {
  const token = requiredText(params, 'refresh_token');
  const original = tenant.refreshTokens.read(token, client.clientId);
  const grant = { ...original, ...askedFor(tenant, original, params), visitor: visitorOf(headers) };
  const isRenewal = grant.audience === tenant.mfaAudience() && original.audience === grant.audience;
  if (!isRenewal && isMfaRequired(tenant, grant)) throw mfaRequired(tenant, grant, { isRefresh: true });
  // Without rotation the answer has no refresh token: the old one goes on.
  const refreshToken = client.rotatesRefreshTokens === false ? null : tenant.refreshTokens.rotate(token);
  return createTokenResponse(tenant, client, grant, { refreshToken });
}

/** Audience and scopes that the request names, as far as this refresh token may ask for them. */
function askedFor(tenant: Tenant, original: Grant, params: Params): Pick<Grant, 'audience' | 'scopes'> {
  const audience = optionalText(params, 'audience');
  const scope = optionalText(params, 'scope');
  const scopes = scope === undefined ? original.scopes : parseScopes(scope);
  if (tenant.settings.refreshScopes === 'granted') {
    return {
      audience: original.audience,
      scopes: scopes.filter((each) => original.scopes.includes(each)),
    };
  }
  const wanted = audience === undefined ? original.audience : resolveAudience(tenant, audience);
  return {
    audience: wanted,
    scopes: grantScopes(tenant, wanted, scopes),
  };
}
