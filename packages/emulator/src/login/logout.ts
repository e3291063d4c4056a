import { decodeJwt, jwtVerify } from 'jose';
import type { BrowserRequest } from '../browser/browser-request.ts';
import { redirect } from '../browser/return-to-client.ts';
import { assertReturnUrl, withQuery } from '../browser/return-url.ts';
import type { ClientOptions } from '../directory/client.ts';
import { invalidRequest } from '../lib/emulator-error.ts';
import { recordEvent } from '../logs/record-event.ts';
import { optionalText, visitorOf } from '../request/api-request.ts';
import type { Tenant } from '../state/tenant.ts';
import { endSession } from './tenant-session.ts';

/** `GET /v2/logout`: ends the browser's session and goes to `returnTo`. */
export function logout(request: BrowserRequest): Response {
  const { tenant, params } = request;
  const clientId = optionalText(params, 'client_id');
  const client = clientId === undefined ? undefined : requireClient(tenant, clientId);
  return leave(request, client, optionalText(params, 'returnTo'));
}

/** `GET` and `POST /oidc/logout`: the same by OpenID Connect RP-Initiated Logout 1.0. */
export async function logoutOpenId(request: BrowserRequest): Promise<Response> {
  const { tenant, params } = request;
  const hint = optionalText(params, 'id_token_hint');
  const clientId = optionalText(params, 'client_id');
  const hinted = hint === undefined ? undefined : await hintedClient(tenant, hint);
  if (hinted !== undefined && clientId !== undefined && clientId !== hinted.clientId) {
    throw invalidRequest('Invalid parameter: client_id is not that of the id_token_hint');
  }
  const client = hinted ?? (clientId === undefined ? undefined : requireClient(tenant, clientId));
  const returnTo = optionalText(params, 'post_logout_redirect_uri');
  return leave(request, client, returnTo, optionalText(params, 'state'));
}

function leave(
  { tenant, headers, sessionId }: BrowserRequest,
  client: ClientOptions | undefined,
  returnTo: string | undefined,
  state?: string,
): Response {
  if (returnTo !== undefined) {
    const refusal = { status: 400, code: 'invalid_request', what: 'Logout URL' };
    assertReturnUrl(returnTo, client?.logoutUrls, refusal);
  }
  const user = sessionId === undefined ? undefined : tenant.sessions.get(sessionId)?.user;
  recordEvent(tenant, 'slo', { user, clientId: client?.clientId, visitor: visitorOf(headers) });
  const response =
    returnTo === undefined ? new Response('OK', { status: 200 }) : redirect(withQuery(returnTo, { state }));
  response.headers.append('set-cookie', endSession(tenant, sessionId));
  return response;
}

function requireClient(tenant: Tenant, clientId: string): ClientOptions {
  const client = tenant.clients.get(clientId);
  if (client === undefined) throw invalidRequest(`Unknown client: ${clientId}`);
  return client;
}

/** The client that an `id_token` of this tenant was issued to; how old it is does not matter. */
async function hintedClient(tenant: Tenant, hint: string): Promise<ClientOptions> {
  try {
    const { aud, iat = 0 } = decodeJwt(hint);
    const client = requireClient(tenant, String(aud));
    const isSymmetric = client.idTokenAlg === 'HS256';
    const key = isSymmetric
      ? new TextEncoder().encode(client.clientSecret)
      : (await tenant.signingKeys()).publicKey;
    await jwtVerify(hint, key, {
      algorithms: [isSymmetric ? 'HS256' : 'RS256'],
      issuer: tenant.issuer(),
      currentDate: new Date(iat * 1000),
    });
    return client;
  } catch {
    throw invalidRequest('Invalid parameter: id_token_hint is no id_token of this tenant');
  }
}
