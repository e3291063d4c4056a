import type { ClientOptions } from '../directory/client.ts';
import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { parseScopes } from '../lib/scopes.ts';
import { type ApiRequest, optionalText, requiredText } from '../request/api-request.ts';
import { resolveAudience } from '../request/audience.ts';
import { assertGrantAllowed } from '../request/client-authentication.ts';
import type { AuthorizationRequest, ReturnTarget } from '../state/login-state.ts';
import { assertReturnUrl } from './return-url.ts';

/** Reads where to answer. As long as that is in doubt, an error stays with the tenant. */
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
  const isPosted = params.response_mode === 'form_post';
  const state = optionalText(params, 'state');
  return { client, redirectUri, responseMode: isPosted ? 'form_post' : 'query', state };
}

/** Reads the rest of the request, whose errors the client hears of. */
export function parseAuthorizationRequest(
  { tenant, params }: ApiRequest,
  target: ReturnTarget,
): AuthorizationRequest {
  const responseType = requiredText(params, 'response_type');
  if (responseType !== 'code') {
    throw new EmulatorError(
      400,
      'unsupported_response_type',
      `Unsupported response type: ${responseType}; the emulator has code`,
    );
  }
  assertGrantAllowed(target.client, 'authorization_code');
  assertOneOf(params, 'response_mode', ['query', 'form_post']);
  return {
    ...target,
    scopes: parseScopes(optionalText(params, 'scope')),
    audience: resolveAudience(tenant, optionalText(params, 'audience')),
    nonce: optionalText(params, 'nonce'),
    codeChallenge: parseCodeChallenge(params, target.client),
    prompt: parsePrompt(params),
    maxAgeMs: parseMaxAge(params),
    loginHint: optionalText(params, 'login_hint'),
  };
}

type Params = ApiRequest['params'];

/** PKCE (RFC 7636): S256 only, and never missing for a client without credentials. */
function parseCodeChallenge(params: Params, client: ClientOptions): string | undefined {
  const challenge = optionalText(params, 'code_challenge');
  if (challenge === undefined) {
    if (client.clientSecret !== undefined || client.keys !== undefined) return undefined;
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
