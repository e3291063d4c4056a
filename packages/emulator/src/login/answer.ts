import { base64url } from 'jose';
import type { BrowserRequest } from '../browser/browser-request.ts';
import { type Answer, returnToClient } from '../browser/return-to-client.ts';
import { randomId } from '../lib/random.ts';
import { factsOf, recordEvent } from '../logs/record-event.ts';
import { multiFactorAcr, type OpenLogin, type TenantSession } from '../state/login-state.ts';
import type { Tenant } from '../state/tenant.ts';
import type { Grant } from '../state/transaction.ts';
import { accessTokenLifetimeMs, signAccessToken } from '../tokens/access-token.ts';
import { signIdToken } from '../tokens/id-token.ts';
import { endSession, keepSession } from './tenant-session.ts';

/** Completes a login: the browser returns with what the client asked for, and keeps the session. */
export async function answerClient(
  { tenant, sessionId }: BrowserRequest,
  { id, login }: { readonly id: string; readonly login: OpenLogin },
  { grant, session }: { readonly grant: Grant; readonly session: TenantSession },
): Promise<Response> {
  tenant.logins.delete(id);
  recordEvent(tenant, login.request.prompt === 'none' ? 'ssa' : 's', factsOf(grant));
  if (login.passed !== undefined) session.mfaAt = login.passed.at;
  const response = returnToClient(tenant, login.request, await toAnswer(tenant, login, grant));
  const isKept = sessionId !== undefined && tenant.sessions.get(sessionId) === session;
  if (isKept) return response;
  // A new login is a new session, also in a browser that has one.
  endSession(tenant, sessionId);
  response.headers.append('set-cookie', keepSession(tenant, session));
  return response;
}

async function toAnswer(tenant: Tenant, login: OpenLogin, grant: Grant): Promise<Answer> {
  const { request } = login;
  const { responseTypes, client } = request;
  const claims = loginClaims(tenant, login);
  const code = responseTypes.includes('code') ? issueCode(tenant, login, grant, claims) : undefined;
  const accessToken = responseTypes.includes('token') ? await signAccessToken(tenant, grant) : undefined;
  const hashes = {
    ...(code !== undefined && { c_hash: await halfHash(code) }),
    ...(accessToken !== undefined && { at_hash: await halfHash(accessToken) }),
  };
  return {
    ...(code !== undefined && { code }),
    ...(accessToken !== undefined && {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: String(Math.ceil(accessTokenLifetimeMs(tenant, grant.audience) / 1000)),
      scope: grant.scopes.join(' '),
    }),
    ...(responseTypes.includes('id_token') && {
      id_token: await signIdToken(tenant, grant, client, { ...claims, ...hashes }),
    }),
  };
}

function issueCode(
  tenant: Tenant,
  { request: { redirectUri, codeChallenge } }: OpenLogin,
  grant: Grant,
  claims: Readonly<Record<string, unknown>>,
): string {
  const code = randomId(tenant.randomBytes, 32);
  const { authorizationCodeMs } = tenant.settings.lifetimes;
  const issued = { grant, redirectUri, claims, codeChallenge, isUsed: false };
  tenant.authorizationCodes.set(code, issued, authorizationCodeMs);
  return code;
}

/** Claims of the `id_token` about this login. Renewed tokens do not have them. */
function loginClaims(tenant: Tenant, login: OpenLogin): Record<string, unknown> {
  const { request, session, passed } = login;
  const { dialect, mfaClaim } = tenant.settings;
  const isStrong = passed !== undefined || (dialect.amrScope === 'session' && session?.mfaAt !== undefined);
  const acr = isStrong ? multiFactorAcr : dialect.acrEcho === 'on' ? request.acrValues[0] : undefined;
  return {
    ...(request.nonce !== undefined && { nonce: request.nonce }),
    ...(isStrong && { amr: ['mfa'] }),
    ...(acr !== undefined && { acr }),
    ...authTime(tenant, login),
    ...(mfaClaim !== undefined &&
      passed !== undefined && { [mfaClaim]: { at: new Date(passed.at).toISOString(), type: passed.type } }),
  };
}

/** Nobody documents what a second factor does to `auth_time`: the dialect decides. */
function authTime(tenant: Tenant, { request, passed }: OpenLogin): Record<string, unknown> {
  const { stepUpAuthTime } = tenant.settings.dialect;
  if (passed === undefined) return {};
  if (stepUpAuthTime === 'mfa') return { auth_time: Math.floor(passed.at / 1000) };
  const isAskedFor = request.maxAgeMs !== undefined || request.prompt === 'login';
  return stepUpAuthTime === 'absent' && !isAskedFor ? { auth_time: undefined } : {};
}

/** The left half of a SHA-256 (OpenID Connect Core 1.0, sections 3.2.2.9 and 3.3.2.11). */
async function halfHash(value: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(value));
  return base64url.encode(new Uint8Array(digest).subarray(0, 16));
}
