import { userinfoAudience } from '../tenant.ts';
import { invalidToken, verifyAccessToken } from '../tokens/access-token.ts';
import { parseScopes } from '../tokens/scopes.ts';
import { type ApiRequest, bearerToken } from './api-request.ts';
import { toJsonResponse } from './json-response.ts';

/** `GET` and `POST /userinfo`: the claims that the access token's scopes allow. */
export async function getUserinfo({ tenant, headers }: ApiRequest): Promise<Response> {
  const token = bearerToken(headers);
  if (token === undefined) throw invalidToken('The bearer token is missing');
  const payload = await verifyAccessToken(tenant, token, userinfoAudience(tenant));
  const user = [...tenant.users.values()].find(({ sub }) => sub === payload.sub);
  if (user === undefined) throw invalidToken('The user of this access token is gone');
  const scopes = parseScopes(payload.scope);
  return toJsonResponse(200, {
    sub: user.sub,
    ...(scopes.includes('profile') && { name: user.username, nickname: user.username }),
    ...(scopes.includes('email') && { email: user.email, email_verified: user.emailVerified }),
  });
}
