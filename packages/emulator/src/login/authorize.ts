import { EmulatorError } from '../lib/emulator-error.ts';
import { randomId } from '../lib/random.ts';
import { isMfaRequired } from '../mfa-api/mfa-required.ts';
import type { ApiRequest } from '../request/api-request.ts';
import type { AuthorizationRequest, TenantSession } from '../state/login-state.ts';
import type { Tenant } from '../state/tenant.ts';
import type { Grant } from '../state/transaction.ts';
import { parseAuthorizationRequest, parseReturnTarget } from './authorization-request.ts';
import { redirect, returnToClient } from './return-to-client.ts';

/** A request of a browser, which may be known by its cookie. */
export interface BrowserRequest extends ApiRequest {
  readonly sessionId: string | undefined;
}

/** `GET` and `POST /authorize`: a code for who is signed in already, else the login page. */
export function authorize(request: BrowserRequest): Response {
  const { tenant, sessionId } = request;
  const target = parseReturnTarget(request);
  try {
    const authorization = parseAuthorizationRequest(request, target);
    const session = sessionId === undefined ? undefined : tenant.sessions.get(sessionId);
    if (session !== undefined && isEnough(tenant, session, authorization)) {
      return issueCode(tenant, session, authorization);
    }
    if (authorization.prompt === 'none') throw new EmulatorError(400, 'login_required', 'Login required');
    const id = randomId(tenant.randomBytes, 32);
    tenant.logins.set(id, authorization, tenant.settings.lifetimes.loginMs);
    return redirect(`${tenant.basePath}/u/login?state=${id}`);
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    return returnToClient(tenant, target, { error: error.code, error_description: error.message });
  }
}

/** Sends the browser back with a code for the one who signed in, or with why there is none. */
export function issueCode(
  tenant: Tenant,
  { user, authTime, sid }: TenantSession,
  request: AuthorizationRequest,
): Response {
  const { client, audience, scopes, redirectUri, nonce, codeChallenge } = request;
  const grant: Grant = { user, clientId: client.clientId, audience, scopes, authTime, sid };
  if (isMfaRequired(tenant, grant)) {
    return returnToClient(tenant, request, {
      error: request.prompt === 'none' ? 'interaction_required' : 'access_denied',
      error_description: 'Multifactor authentication required; the login page of the emulator has none',
    });
  }
  const code = randomId(tenant.randomBytes, 32);
  const { authorizationCodeMs } = tenant.settings.lifetimes;
  tenant.authorizationCodes.set(code, { grant, redirectUri, nonce, codeChallenge }, authorizationCodeMs);
  return returnToClient(tenant, request, { code });
}

function isEnough(
  tenant: Tenant,
  { authTime }: TenantSession,
  { prompt, maxAgeMs }: AuthorizationRequest,
): boolean {
  if (prompt === 'login' || maxAgeMs === 0) return false;
  return maxAgeMs === undefined || tenant.clock.now() - authTime <= maxAgeMs;
}
