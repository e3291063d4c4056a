import type { BrowserRequest } from '../browser/browser-request.ts';
import { returnToClient } from '../browser/return-to-client.ts';
import { isPublicClient } from '../directory/client.ts';
import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { randomId } from '../lib/random.ts';
import { type ApiRequest, optionalText } from '../request/api-request.ts';
import { authenticateClient } from '../request/client-authentication.ts';
import { toJsonResponse } from '../request/json-response.ts';
import type { PushedRequest } from '../state/login-state.ts';
import { parseAuthorizationRequest, parseReturnTarget } from './authorization-request.ts';

const prefix = 'urn:ietf:params:oauth:request_uri:';
const mostExtensions = 10;

/** `POST /oauth/par`: takes an authorization request from the client itself (RFC 9126). */
export async function postPushedRequest(request: ApiRequest): Promise<Response> {
  const { tenant, params } = request;
  if (tenant.settings.par === 'off') {
    throw new EmulatorError(404, 'not_found', 'Pushed authorization requests are off; see the setting par');
  }
  const client = await authenticateClient(request, { basic: true });
  if (isPublicClient(client)) {
    throw new EmulatorError(401, 'invalid_client', 'Public clients cannot push authorization requests');
  }
  if (optionalText(params, 'request_uri') !== undefined) {
    throw invalidRequest('Invalid parameter: request_uri cannot be pushed');
  }
  if (Object.keys(params).filter((name) => name.startsWith('ext-')).length > mostExtensions) {
    throw invalidRequest(`There are more than ${mostExtensions} parameters that begin with ext-`);
  }
  const own = { ...request, params: { ...params, client_id: client.clientId } };
  const target = parseReturnTarget(own);
  const pushed: PushedRequest = {
    clientId: client.clientId,
    target,
    request: parseAuthorizationRequest(own, target, { isPushed: true }),
    isUsed: false,
  };
  const requestUri = `${prefix}${randomId(tenant.randomBytes, 32)}`;
  const seconds = tenant.settings.dialect.requestUriLife;
  tenant.pushedRequests.set(requestUri, pushed, seconds * 1000);
  return toJsonResponse(
    201,
    { request_uri: requestUri, expires_in: seconds },
    { 'cache-control': 'no-store' },
  );
}

/**
 * The pushed request that a browser comes with, once; whatever else stands beside it is ignored. One that was used goes
 * back to the client as an error, without `state`.
 */
export function takePushedRequest({ tenant, params }: BrowserRequest): PushedRequest | Response | undefined {
  const requestUri = optionalText(params, 'request_uri');
  if (requestUri === undefined) return undefined;
  const pushed = tenant.pushedRequests.get(requestUri);
  if (pushed === undefined || pushed.clientId !== params.client_id) {
    throw new EmulatorError(
      400,
      'invalid_request_uri',
      'The request_uri is unknown or expired, or that of another client: begin again at the application',
    );
  }
  if (pushed.isUsed) {
    const target = { ...pushed.target, state: undefined };
    const description = 'request_uri is invalid, expired, or was already used';
    return returnToClient(tenant, target, { error: 'invalid_request_uri', error_description: description });
  }
  pushed.isUsed = true;
  return pushed;
}
