import type { ClientOptions } from '../directory/client.ts';
import { setBounded } from '../lib/bounded.ts';
import { EmulatorError, invalidGrant, invalidRequest } from '../lib/emulator-error.ts';
import { parseScopes } from '../lib/scopes.ts';
import { createJwtLikeString, createSealedString } from '../lib/sealed-string.ts';
import { type ApiRequest, bearerToken, requiredText } from '../request/api-request.ts';
import { findUser, type Tenant } from '../state/tenant.ts';
import type { Grant, Transaction } from '../state/transaction.ts';
import type { User } from '../state/user.ts';
import { invalidToken, missingToken, verifyAccessToken } from '../tokens/access-token.ts';

/** How many logins a tenant remembers, those that ended included. */
const mostKept = 20_000;

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
  setBounded(tenant.transactions, mfaToken, transaction, mostKept);
  return transaction;
}

/**
 * The transaction behind an `mfa_token`. An access token for the MFA audience is taken in its place, since
 * enrolments made with one are confirmed that way.
 */
async function resolveMfaToken(tenant: Tenant, token: string, refusal = malformed): Promise<Transaction> {
  const transaction = tenant.transactions.get(token);
  if (transaction === undefined) return accessTokenTransaction(tenant, token, refusal);
  if (transaction.expiresAt <= tenant.clock.now()) throw expiredToken(tenant, 'mfa_token is expired');
  if (transaction.isSpent && tenant.settings.dialect.mfaTokenAfterSuccess === 'spent') {
    throw invalidGrant(invalidText);
  }
  return transaction;
}

const invalidText = 'The mfa_token provided is invalid. Try getting a new token.';

/** The answer of `/mfa/associate` and `/mfa/authenticators` to a bearer token that this tenant did not issue. */
function invalidBearer(): EmulatorError {
  return new EmulatorError(401, 'invalid_grant', invalidText, {
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  });
}

/** The answer to an `mfa_token` in a body that this tenant did not issue. */
function malformed(): EmulatorError {
  return invalidGrant('Malformed mfa_token');
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
  if (token === undefined) throw missingToken();
  const transaction = await resolveMfaToken(request.tenant, token, invalidBearer);
  if (transaction.kind === 'login') {
    if (call.accepts === 'any') return transaction;
    throw invalidToken('This call takes an access token for the MFA audience');
  }
  if (!transaction.grant.scopes.includes(call.scope)) throw insufficientScope(call.scope);
  return transaction;
}

async function accessTokenTransaction(
  tenant: Tenant,
  token: string,
  refusal: () => EmulatorError,
): Promise<Transaction> {
  const payload = await verifyAccessToken(tenant, token, tenant.mfaAudience()).catch(() => {
    throw refusal();
  });
  const transaction: Transaction = {
    grant: {
      user: requireUser(tenant, payload.sub),
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

function requireUser(tenant: Tenant, sub: string | undefined): User {
  const user = findUser(tenant, sub);
  if (user === undefined) throw invalidToken('The user of this access token is gone');
  return user;
}

/** The error for an expired token or code. */
export function expiredToken(tenant: Tenant, description: string): EmulatorError {
  return new EmulatorError(tenant.settings.dialect.expiredTokenStatus, 'expired_token', description);
}

function insufficientScope(scope: string): EmulatorError {
  return new EmulatorError(403, 'insufficient_scope', `Insufficient scope, expected: ${scope}`, {
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}

/** The transaction of an `mfa_token` in the body, which has to have been issued to this client. */
export async function requireTransaction(
  { tenant, params }: ApiRequest,
  client: ClientOptions,
): Promise<Transaction> {
  const transaction = await resolveMfaToken(tenant, requiredText(params, 'mfa_token'));
  if (transaction.grant.clientId !== client.clientId) {
    throw invalidRequest('mfa_token not issued to this client');
  }
  return transaction;
}
