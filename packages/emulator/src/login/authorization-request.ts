import { assertReturnUrl, assertWebOrigin } from '../browser/return-url.ts';
import { isPublicClient } from '../directory/client.ts';
import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { parseScopes } from '../lib/scopes.ts';
import { type ApiRequest, optionalText, type Params, requiredText } from '../request/api-request.ts';
import { grantScopes, resolveAudience } from '../request/audience.ts';
import { parseDetails } from '../request/authorization-details.ts';
import { assertGrantAllowed } from '../request/client-authentication.ts';
import type { AuthorizationRequest, ResponseType, ReturnTarget } from '../state/login-state.ts';

/** Reads where to send the response. Until that is known, the tenant shows errors itself. */
export function parseReturnTarget({ tenant, params }: ApiRequest): ReturnTarget {
  const clientId = requiredText(params, 'client_id');
  const client = tenant.clients.get(clientId);
  if (client === undefined) {
    throw new EmulatorError(400, 'invalid_request', `Unknown client: ${clientId}`);
  }
  const redirectUri = requiredText(params, 'redirect_uri');
  assertReturnUrl(redirectUri, client.callbackUrls, {
    status: 403,
    code: 'unauthorized_client',
    what: 'Callback URL',
  });
  const responseMode = parseResponseMode(params);
  if (responseMode === 'web_message') assertWebOrigin(redirectUri, client.webOrigins);
  return { client, redirectUri, responseMode, state: optionalText(params, 'state') };
}

/** Reads the rest of the request; its errors go to the client. Only pushed requests may have details. */
export function parseAuthorizationRequest(
  { tenant, params }: ApiRequest,
  target: ReturnTarget,
  { isPushed }: { readonly isPushed: boolean },
): AuthorizationRequest {
  const responseTypes = parseResponseTypes(params);
  assertOneOf(params, 'response_mode', ['query', 'fragment', 'form_post', 'web_message']);
  const isImplicit = responseTypes.some((type) => type !== 'code');
  if (isImplicit && params.response_mode === 'query') {
    throw invalidRequest('Invalid parameter: response_mode query would write tokens into logs');
  }
  if (responseTypes.includes('code')) assertGrantAllowed(target.client, 'authorization_code');
  if (isImplicit) assertGrantAllowed(target.client, 'implicit');
  const nonce = optionalText(params, 'nonce');
  if (responseTypes.includes('id_token') && nonce === undefined) {
    throw invalidRequest('Missing required parameter: nonce');
  }
  const audience = resolveAudience(tenant, optionalText(params, 'audience'));
  const details = isPushed ? optionalText(params, 'authorization_details') : undefined;
  return {
    ...target,
    responseTypes,
    scopes: grantScopes(tenant, audience, parseScopes(optionalText(params, 'scope'))),
    audience,
    nonce,
    codeChallenge: responseTypes.includes('code') ? parseCodeChallenge(params, target) : undefined,
    prompt: parsePrompt(params),
    maxAgeMs: parseMaxAge(params),
    loginHint: optionalText(params, 'login_hint'),
    acrValues: parseScopes(optionalText(params, 'acr_values')),
    connection: optionalText(params, 'connection'),
    organization: optionalText(params, 'organization'),
    details:
      details === undefined
        ? undefined
        : parseDetails(tenant, { text: details, audience, client: target.client }),
  };
}

const responseTypes: readonly ResponseType[] = ['code', 'id_token', 'token'];

function parseResponseTypes(params: Params): readonly ResponseType[] {
  const text = requiredText(params, 'response_type');
  const types = parseScopes(text);
  const unknown = types.find((type) => !responseTypes.some((each) => each === type));
  if (unknown === undefined) return responseTypes.filter((type) => types.includes(type));
  throw new EmulatorError(400, 'unsupported_response_type', `Unsupported response type: ${text}`);
}

/** What was asked for, else what fits: tokens go into the fragment, where no server sees them. */
function parseResponseMode(params: Params): ReturnTarget['responseMode'] {
  const mode = params.response_mode;
  if (mode === 'form_post' || mode === 'web_message' || mode === 'fragment') return mode;
  return /token/.test(String(params.response_type)) ? 'fragment' : 'query';
}

/** PKCE (RFC 7636): S256 only, and never missing for a client without credentials. */
function parseCodeChallenge(params: Params, { client }: ReturnTarget): string | undefined {
  const challenge = optionalText(params, 'code_challenge');
  if (challenge === undefined) {
    if (!isPublicClient(client)) return undefined;
    throw invalidRequest('Missing required parameter: code_challenge, which public clients need');
  }
  if (optionalText(params, 'code_challenge_method') !== 'S256') {
    throw invalidRequest('Invalid parameter: code_challenge_method must be S256');
  }
  if (!/^[\w-]{43}$/.test(challenge)) {
    throw invalidRequest('Invalid parameter: code_challenge must be a SHA-256 in base64url');
  }
  return challenge;
}

function parsePrompt(params: Params): AuthorizationRequest['prompt'] {
  const prompts = parseScopes(optionalText(params, 'prompt'));
  const unknown = prompts.find((each) => !['none', 'login', 'consent', 'select_account'].includes(each));
  if (unknown !== undefined) throw invalidRequest(`Invalid parameter: prompt has no value ${unknown}`);
  if (!prompts.includes('none')) {
    return prompts.some((each) => each !== 'consent') ? 'login' : undefined;
  }
  if (prompts.length > 1) throw invalidRequest('Invalid parameter: prompt is none, or something else');
  return 'none';
}

function parseMaxAge(params: Params): number | undefined {
  const maxAge = optionalText(params, 'max_age');
  if (maxAge === undefined) return undefined;
  if (!/^\d{1,10}$/.test(maxAge)) {
    throw invalidRequest('Invalid parameter: max_age must be a whole number of seconds');
  }
  return Number(maxAge) * 1000;
}

function assertOneOf(params: Params, name: string, choices: readonly string[]): void {
  const value = optionalText(params, name);
  if (value === undefined || choices.includes(value)) return;
  throw invalidRequest(`Invalid parameter: ${name} must be ${choices.join(' or ')}`);
}
