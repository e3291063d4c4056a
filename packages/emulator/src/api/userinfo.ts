import { userinfoAudience } from '../tenant.ts';
import { invalidToken, verifyAccessToken } from '../tokens/access-token.ts';
import { parseScopes } from '../tokens/scopes.ts';
import { userClaims } from '../tokens/user-claims.ts';
import { type ApiRequest, bearerToken } from './api-request.ts';
import { toJsonResponse } from './json-response.ts';

/** `GET` and `POST /userinfo`: the claims that the access token's scopes allow. */
export async function getUserinfo({ tenant, headers }: ApiRequest): Promise<Response> {
  const token = bearerToken(headers);
  if (token === undefined) throw invalidToken('The bearer token is missing');
  const payload = await verifyAccessToken(tenant, token, userinfoAudience(tenant));
  const user = [...tenant.users.values()].find(({ sub }) => sub === payload.sub);
  if (user === undefined) throw invalidToken('The user of this access token is gone');
  return toJsonResponse(200, userClaims(user, parseScopes(payload.scope)));
}
