import { EmulatorError } from '../emulator-error.ts';
import type { Grant, Transaction } from '../mfa/transaction.ts';
import type { User } from '../mfa/user.ts';
import { createJwtLikeString, createSealedString } from '../sealed-string.ts';
import type { Tenant } from '../tenant.ts';
import { invalidToken, verifyAccessToken } from '../tokens/access-token.ts';
import { parseScopes } from '../tokens/scopes.ts';
import { type ApiRequest, bearerToken } from './api-request.ts';

/** Opens a transaction and names it by a new `mfa_token`. */
export function openTransaction(
  tenant: Tenant,
  grant: Grant,
  { passed = [], recoveryCode }: Partial<Pick<Transaction, 'passed' | 'recoveryCode'>> = {},
): Transaction {
  const expiresAt = tenant.clock.now() + tenant.settings.lifetimes.mfaTokenMs;
  const isSealed = tenant.settings.dialect.mfaTokenForm === 'sealed';
  const mfaToken = isSealed
    ? createSealedString(tenant.randomBytes, expiresAt)
    : createJwtLikeString(tenant.randomBytes);
  const transaction: Transaction = {
    grant,
    kind: 'login',
    mfaToken,
    expiresAt,
    passed,
    recoveryCode,
    isSpent: false,
  };
  tenant.transactions.set(mfaToken, transaction);
  return transaction;
}

/**
 * The transaction behind an `mfa_token`. An access token for the MFA audience is taken in its place, since
 * enrolments made with one are confirmed that way.
 */
export async function resolveMfaToken(tenant: Tenant, token: string): Promise<Transaction> {
  const transaction = tenant.transactions.get(token);
  if (transaction === undefined) return accessTokenTransaction(tenant, token);
  if (transaction.expiresAt <= tenant.clock.now()) throw expiredToken(tenant, 'mfa_token is expired');
  if (transaction.isSpent && tenant.settings.dialect.mfaTokenAfterSuccess === 'spent') {
    throw invalidGrant('The mfa_token provided is invalid. Try getting a new token.');
  }
  return transaction;
}

/**
 * The credential in the bearer header of `/mfa/associate` and `/mfa/authenticators`: an `mfa_token` where the
 * call takes one, or an access token for the MFA audience with the scope of the call.
 */
export async function requireMfaCredential(
  request: ApiRequest,
  call: { readonly scope: string; readonly accepts: 'any' | 'access_token' },
): Promise<Transaction> {
  const token = bearerToken(request.headers);
  if (token === undefined) throw invalidToken('The bearer token is missing');
  const transaction = await resolveMfaToken(request.tenant, token);
  if (transaction.kind === 'login') {
    if (call.accepts === 'any') return transaction;
    throw invalidToken('This call takes an access token for the MFA audience');
  }
  if (!transaction.grant.scopes.includes(call.scope)) throw insufficientScope(call.scope);
  return transaction;
}

async function accessTokenTransaction(tenant: Tenant, token: string): Promise<Transaction> {
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw invalidGrant('Malformed mfa_token');
  const payload = await verifyAccessToken(tenant, token, tenant.mfaAudience());
  const transaction: Transaction = {
    grant: {
      user: findUser(tenant, payload.sub),
      clientId: String(payload.azp),
      audience: tenant.mfaAudience(),
      scopes: parseScopes(payload.scope),
      authTime: (payload.iat ?? 0) * 1000,
    },
    kind: 'access-token',
    mfaToken: token,
    expiresAt: (payload.exp ?? 0) * 1000,
    passed: [],
    isSpent: false,
  };
  return transaction;
}

function findUser(tenant: Tenant, sub: string | undefined): User {
  for (const user of tenant.users.values()) {
    if (user.sub === sub) return user;
  }
  throw invalidToken('The user of this access token is gone');
}

/** A token or code that came too late. */
export function expiredToken(tenant: Tenant, description: string): EmulatorError {
  return new EmulatorError(tenant.settings.dialect.expiredTokenStatus, 'expired_token', description);
}

/** A token or code that is not good. */
export function invalidGrant(description: string): EmulatorError {
  return new EmulatorError(403, 'invalid_grant', description);
}

function insufficientScope(scope: string): EmulatorError {
  return new EmulatorError(403, 'insufficient_scope', `Insufficient scope, expected: ${scope}`, {
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}
