import type { ClientOptions } from '../directory/client.ts';
import type { Tenant } from '../state/tenant.ts';
import type { Grant } from '../state/transaction.ts';
import { accessTokenLifetimeMs, signAccessToken } from './access-token.ts';
import { signIdToken } from './id-token.ts';

/** What a token response carries besides what follows from its grant. */
export interface TokenResponseExtras {
  /** The successor of a rotated refresh token. */
  readonly refreshToken?: string;
  /** The `nonce` of the login that this answers. */
  readonly nonce?: string | undefined;
  /** The recovery code that replaces the one just used. */
  readonly recoveryCode?: string;
}

/** The body of a successful token response. */
export async function createTokenResponse(
  tenant: Tenant,
  client: ClientOptions,
  grant: Grant,
  extras: TokenResponseExtras = {},
): Promise<Record<string, unknown>> {
  const refreshToken = extras.refreshToken ?? newRefreshToken(tenant, grant);
  return {
    access_token: await signAccessToken(tenant, grant),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(grant.scopes.includes('openid') && {
      id_token: await signIdToken(tenant, grant, client, extras.nonce),
    }),
    ...(grant.scopes.length > 0 && { scope: grant.scopes.join(' ') }),
    expires_in: Math.ceil(accessTokenLifetimeMs(tenant, grant.audience) / 1000),
    token_type: 'Bearer',
    ...(extras.recoveryCode !== undefined && { recovery_code: extras.recoveryCode }),
  };
}

function newRefreshToken(tenant: Tenant, grant: Grant): string | undefined {
  const { dialect, offlineAccess } = tenant.settings;
  const isAskedFor = dialect.refreshToken === 'always' || grant.scopes.includes('offline_access');
  return isAskedFor && offlineAccess ? tenant.refreshTokens.issue(grant) : undefined;
}
