import type { BrowserRequest } from '../browser/browser-request.ts';
import { redirect, returnToClient } from '../browser/return-to-client.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import { randomId } from '../lib/random.ts';
import { recordEvent } from '../logs/record-event.ts';
import { optionalText, visitorOf } from '../request/api-request.ts';
import type { AuthorizationRequest, OpenLogin, ReturnTarget, TenantSession } from '../state/login-state.ts';
import type { Tenant } from '../state/tenant.ts';
import { parseAuthorizationRequest, parseReturnTarget } from './authorization-request.ts';
import { beginFederated } from './connection.ts';
import { proceed } from './proceed.ts';
import { takePushedRequest } from './pushed-request.ts';

/** `GET` and `POST /authorize`: a response if the user is signed in already, else a page. */
export async function authorize(request: BrowserRequest): Promise<Response> {
  const { tenant } = request;
  const pushed = takePushedRequest(request);
  if (pushed instanceof Response) return pushed;
  const target = pushed?.target ?? parseReturnTarget(request);
  try {
    const authorization = pushed?.request ?? parsePlain(request, target);
    return await begin(request, authorization);
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    recordEvent(tenant, request.params.prompt === 'none' ? 'fsa' : 'f', {
      clientId: target.client.clientId,
      visitor: visitorOf(request.headers),
      description: error.message,
    });
    return returnToClient(tenant, target, { error: error.code, error_description: error.message });
  }
}

function parsePlain(request: BrowserRequest, target: ReturnTarget): AuthorizationRequest {
  if (request.tenant.settings.par === 'required') {
    throw new EmulatorError(400, 'invalid_request', 'Pushed Authorization Request must be used');
  }
  return parseAuthorizationRequest(request, target, { isPushed: false });
}

async function begin(browser: BrowserRequest, request: AuthorizationRequest): Promise<Response> {
  const { tenant, sessionId } = browser;
  const id = randomId(tenant.randomBytes, 32);
  const login: OpenLogin = { request };
  tenant.logins.set(id, login, tenant.settings.lifetimes.loginMs);
  const session = sessionId === undefined ? undefined : tenant.sessions.get(sessionId);
  if (session !== undefined && isEnough(tenant, session, request)) {
    login.session = session;
    return proceed(browser, { id, login });
  }
  if (request.prompt === 'none') {
    tenant.logins.delete(id);
    throw new EmulatorError(400, 'login_required', 'Login required');
  }
  if (request.connection !== undefined) {
    const federated = await beginFederated(browser, { id, login }, request.connection);
    if (federated !== undefined) return federated;
  }
  return redirect(`${tenant.basePath}/u/login?state=${id}`);
}

/** `POST /u/cancel`: the user does not want to go on. */
export function cancelLogin({ tenant, headers, params }: BrowserRequest): Response {
  const id = optionalText(params, 'state') ?? '';
  const login = tenant.logins.get(id);
  if (login === undefined) throw new EmulatorError(400, 'invalid_request', 'This login has ended already');
  tenant.logins.delete(id);
  const description = 'User did not authorize the request';
  recordEvent(tenant, 'f', {
    user: login.session?.user,
    clientId: login.request.client.clientId,
    visitor: visitorOf(headers),
    description,
  });
  return returnToClient(tenant, login.request, { error: 'access_denied', error_description: description });
}

function isEnough(
  tenant: Tenant,
  { authTime }: TenantSession,
  { prompt, maxAgeMs }: AuthorizationRequest,
): boolean {
  if (prompt === 'login') return false;
  if (maxAgeMs === 0) return tenant.settings.dialect.maxAgeZero === 'ignored';
  return maxAgeMs === undefined || tenant.clock.now() - authTime <= maxAgeMs;
}
