import type { ClientOptions } from '../../client.ts';
import { parseScopes } from '../../tokens/scopes.ts';
import { type ApiRequest, optionalText, requiredText } from '../api-request.ts';
import { isMfaRequired, mfaRequired } from '../mfa-required.ts';
import { createTokenResponse } from '../token-response.ts';
import { resolveAudience } from './password.ts';

/**
 * The `refresh_token` grant. Asking for a step-up scope answers `mfa_required` and leaves the refresh token as it
 * was; tokens come with its successor, and the old one is used up. A token obtained for the MFA audience renews
 * its access token without asking again.
 */
export async function exchangeRefreshToken(
  { tenant, params }: ApiRequest,
  client: ClientOptions,
): Promise<Record<string, unknown>> {
  const token = requiredText(params, 'refresh_token');
  const original = tenant.refreshTokens.read(token, client.clientId);
  const scope = optionalText(params, 'scope');
  const audience = optionalText(params, 'audience');
  const grant = {
    ...original,
    audience: audience === undefined ? original.audience : resolveAudience(tenant, audience),
    scopes: scope === undefined ? original.scopes : parseScopes(scope),
  };
  const isRenewal = grant.audience === tenant.mfaAudience() && original.audience === grant.audience;
  if (!isRenewal && isMfaRequired(tenant, grant)) throw mfaRequired(tenant, grant, { isRefresh: true });
  const refreshToken = tenant.refreshTokens.rotate(token);
  return createTokenResponse(tenant, client, grant, { refreshToken });
}
