import { parseScopes } from '../lib/scopes.ts';
import { type ApiRequest, bearerToken, optionalText } from '../request/api-request.ts';
import { toJsonResponse } from '../request/json-response.ts';
import { userinfoAudience } from '../state/tenant.ts';
import { invalidToken, missingToken, verifyAccessToken } from '../tokens/access-token.ts';
import { userClaims } from '../tokens/user-claims.ts';

/**
 * `GET` and `POST /userinfo`: the claims that the access token's scopes allow. The token comes as bearer, in a form, or in
 * the query, as passport-oauth2 sends it (RFC 6750, section 2).
 */
export async function getUserinfo({ tenant, headers, params }: ApiRequest): Promise<Response> {
  const token = bearerToken(headers) ?? optionalText(params, 'access_token');
  if (token === undefined) throw missingToken();
  const payload = await verifyAccessToken(tenant, token, userinfoAudience(tenant));
  const user = [...tenant.users.values()].find(({ sub }) => sub === payload.sub);
  if (user === undefined) throw invalidToken('The user of this access token is gone');
  return toJsonResponse(200, userClaims(user, parseScopes(payload.scope)));
}
