import { decodeJwt } from 'jose';
import { findUser, type Tenant } from '../state/tenant.ts';
import type { User } from '../state/user.ts';
import type { FlowFacts } from './flows.ts';

type Members = Readonly<Record<string, unknown>>;

/** The parts of an exchange that can tell whose it is. */
export interface Clues {
  readonly params: Members;
  readonly authorization: string | null;
  readonly sessionId: string | undefined;
  /** The JSON of the answer, once there is one. */
  readonly answer?: unknown;
}

/** The user and the client that a request belongs to. Nothing is verified. */
export function attribute(tenant: Tenant, clues: Clues): FlowFacts {
  const { params, authorization, sessionId } = clues;
  const answer = isMembers(clues.answer) ? clues.answer : {};
  const [scheme = '', credentials = ''] = (authorization ?? '').split(' ');
  const bearer = scheme.toLowerCase() === 'bearer' ? credentials : undefined;
  const mfaTokens = [params.mfa_token, bearer, answer.mfa_token];
  const transaction =
    first(mfaTokens, (token) => tenant.transactions.get(token)) ??
    first([params.oob_code], (code) => tenant.oobCodes.get(code))?.transaction ??
    first([params.auth_req_id, answer.auth_req_id], (id) => tenant.cibaRequests.get(id));
  const login = first([params.state], (state) => tenant.logins.get(state));
  const code = first([params.code], (each) => tenant.authorizationCodes.get(each));
  const claims = first([bearer, answer.id_token, answer.access_token], claimsOf);
  const grant = transaction?.grant ?? code?.grant;
  const user =
    grant?.user ??
    login?.session?.user ??
    first([params.username, params.login_hint], (name) => findByName(tenant, name)) ??
    first([claims?.sub, hintedSub(params.login_hint)], (sub) => findUser(tenant, sub)) ??
    (sessionId === undefined ? undefined : tenant.sessions.get(sessionId)?.user);
  const clientId =
    first([params.client_id], (id) => id) ??
    basicClientId(scheme, credentials) ??
    login?.request.client.clientId ??
    grant?.clientId ??
    first([claims?.azp], (id) => id);
  return {
    ...(user !== undefined && { username: user.username }),
    ...(clientId !== undefined && { clientId }),
  };
}

function first<T>(values: readonly unknown[], find: (value: string) => T | undefined): T | undefined {
  for (const value of values) {
    const found = typeof value === 'string' ? find(value) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The `sub` in a hint of CIBA, which is JSON. */
function hintedSub(hint: unknown): unknown {
  if (typeof hint !== 'string' || !hint.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(hint);
    return isMembers(value) ? value.sub : undefined;
  } catch {
    return undefined;
  }
}

function findByName(tenant: Tenant, name: string): User | undefined {
  return tenant.users.get(name) ?? [...tenant.users.values()].find(({ email }) => email === name);
}

function claimsOf(token: string): Members | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

function basicClientId(scheme: string, credentials: string): string | undefined {
  if (scheme.toLowerCase() !== 'basic') return undefined;
  try {
    return decodeURIComponent(atob(credentials).split(':')[0] ?? '');
  } catch {
    return undefined;
  }
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}
