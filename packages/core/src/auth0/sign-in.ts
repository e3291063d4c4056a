import { stringMember } from '../lib/json.ts';
import { parseTokens } from '../oauth/token-set.ts';
import type { CallOptions, MfaTransaction, TokenSet } from '../provider/way.ts';
import { type Auth0Options, createAuth0Client } from './client.ts';
import { parseTransaction } from './wire.ts';

/** Options of {@link createAuth0SignIn}. */
export interface Auth0SignInOptions extends Auth0Options {
  /** The API whose step-up scope the first leg requests. */
  readonly audience?: string;
  /** Requested besides `openid`: the scope for which the tenant demands MFA. */
  readonly scope?: string;
  /** The database connection, for tenants without a default directory (uses the `password-realm` grant). */
  readonly realm?: string;
}

/** How a first leg ended without a failure. Tokens mean that the tenant did not ask for MFA. */
export type SignInResult =
  | ({ readonly status: 'mfa_required' } & MfaTransaction)
  | { readonly status: 'signed_in'; readonly tokens: TokenSet };

/** The first leg: the OAuth request that ends in `mfa_required`. */
export interface Auth0SignIn {
  /**
   * `ip` is the end user's address, from a trusted proxy, for the tenant's attack protection. Only confidential clients
   * send it (as `auth0-forwarded-for`), since Auth0 ignores it from others.
   */
  password(
    options: CallOptions & { readonly username: string; readonly password: string; readonly ip?: string },
  ): Promise<SignInResult>;
  refreshToken(options: CallOptions & { readonly refreshToken: string }): Promise<SignInResult>;
}

const PASSWORD_REALM = 'http://auth0.com/oauth/grant-type/password-realm';

/**
 * The first legs that Auth0's token endpoint offers without a browser redirect.
 *
 * Errors: `credentials_refused` (wrong password), `login_required` (the refresh token is no longer valid, or MFA is
 * demanded without an `mfa_token`), `too_many_attempts`, and those of every call.
 */
export function createAuth0SignIn(options: Auth0SignInOptions): Auth0SignIn {
  const client = createAuth0Client(options);
  const { audience, realm } = options;
  const isConfidential = options.clientSecret !== undefined || options.clientAssertion !== undefined;
  // With `openid` the exchange returns an id_token, which proves whose approval it was.
  const scope = [...new Set(['openid', ...(options.scope ?? '').split(' ')])].filter(Boolean).join(' ');

  async function signIn(
    call: 'password' | 'refresh-token',
    form: Record<string, string>,
    { signal, ip }: CallOptions & { readonly ip?: string },
  ): Promise<SignInResult> {
    const { body } = await client.postToken(
      { ...form, scope, ...(audience !== undefined && { audience }) },
      {
        call,
        signal,
        understands: ['mfa_required'],
        headers: ip === undefined || !isConfidential ? undefined : { 'auth0-forwarded-for': ip },
      },
    );
    if (stringMember(body, 'error') === undefined) return { status: 'signed_in', tokens: parseTokens(body) };
    return { status: 'mfa_required', ...parseTransaction(body) };
  }

  return {
    password({ username, password, ...call }) {
      const grant = realm === undefined ? { grant_type: 'password' } : { grant_type: PASSWORD_REALM, realm };
      return signIn('password', { ...grant, username, password }, call);
    },
    refreshToken: ({ refreshToken, ...call }) =>
      signIn('refresh-token', { grant_type: 'refresh_token', refresh_token: refreshToken }, call),
  };
}
