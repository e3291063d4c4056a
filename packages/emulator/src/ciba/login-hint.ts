import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { optionalText, type Params } from '../request/api-request.ts';
import { findUser, type Tenant } from '../state/tenant.ts';
import type { User } from '../state/user.ts';

/**
 * Reads whom a request of `/bc-authorize` is about. Auth0 takes one format alone, JSON with `format`, `iss` and `sub`; in the
 * other dialect a `sub`, a username or an e-mail address will do too. The function returned finds the user: 400
 * `unknown_user_id`.
 */
export function readLoginHint(tenant: Tenant, params: Params): () => User {
  const others = ['id_token_hint', 'login_hint_token'].filter((name) => params[name] !== undefined);
  const hint = optionalText(params, 'login_hint');
  if (hint !== undefined && others.length > 0) throw invalidRequest('Only one hint can be given');
  if (hint === undefined) {
    throw invalidRequest(others.length > 0 ? `${others[0]} is not supported` : 'login_hint is required');
  }
  const isJson = hint.trimStart().startsWith('{');
  if (!isJson && tenant.settings.dialect.cibaLoginHint === 'any') return () => userNamed(tenant, hint);
  const sub = readIssSub(tenant, hint);
  return () => findUser(tenant, sub) ?? unknownUser();
}

function readIssSub(tenant: Tenant, hint: string): string {
  const { format, iss, sub } = parseHint(hint);
  if (format !== 'iss_sub') throw invalidHint('"format" must be [iss_sub]');
  if (iss !== tenant.issuer()) throw invalidHint(`"iss" must be [${tenant.issuer()}]`);
  if (typeof sub !== 'string' || sub === '') throw invalidHint('"sub" is required');
  return sub;
}

function parseHint(hint: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(hint);
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    throw invalidHint('it is not JSON');
  }
  throw invalidHint('it is not an object');
}

function userNamed(tenant: Tenant, name: string): User {
  const byEmail = [...tenant.users.values()].find(({ email }) => email === name);
  return findUser(tenant, name) ?? tenant.users.get(name) ?? byEmail ?? unknownUser();
}

function unknownUser(): never {
  throw new EmulatorError(400, 'unknown_user_id', 'User ID is malformed or unknown');
}

function invalidHint(reason: string): EmulatorError {
  return invalidRequest(`login_hint parameter validation failed: ${reason}`);
}
