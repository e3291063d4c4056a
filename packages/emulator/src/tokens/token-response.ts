import type { ClientOptions } from '../directory/client.ts';
import type { Tenant } from '../state/tenant.ts';
import type { Grant } from '../state/transaction.ts';
import { accessTokenLifetimeMs, signAccessToken } from './access-token.ts';
import { signIdToken } from './id-token.ts';

/** What a token response carries besides what follows from its grant. */
export interface TokenResponseExtras {
  /** The refresh token, where the exchange decides on it: the successor of a rotated one, or none (`null`). */
  readonly refreshToken?: string | null;
  /** Further claims of the `id_token`; one that is undefined takes a claim away. */
  readonly claims?: Readonly<Record<string, unknown>>;
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
  const { refreshToken = newRefreshToken(tenant, client, grant) } = extras;
  return {
    access_token: await signAccessToken(tenant, grant),
    ...(refreshToken !== null && { refresh_token: refreshToken }),
    ...(grant.scopes.includes('openid') && {
      id_token: await signIdToken(tenant, grant, client, extras.claims),
    }),
    ...(grant.scopes.length > 0 && { scope: grant.scopes.join(' ') }),
    expires_in: Math.ceil(accessTokenLifetimeMs(tenant, grant.audience) / 1000),
    token_type: 'Bearer',
    ...(grant.details !== undefined && { authorization_details: shownDetails(tenant, grant.details) }),
    ...(extras.recoveryCode !== undefined && { recovery_code: extras.recoveryCode }),
  };
}

function newRefreshToken(tenant: Tenant, client: ClientOptions, grant: Grant): string | null {
  const { dialect, offlineAccess } = tenant.settings;
  const isAskedFor = dialect.refreshToken === 'always' || grant.scopes.includes('offline_access');
  const isAllowed = tenant.apis.get(grant.audience)?.allowsOfflineAccess ?? offlineAccess;
  const hasGrant = client.grantTypes?.includes('refresh_token') ?? true;
  return isAskedFor && isAllowed && hasGrant ? tenant.refreshTokens.issue(grant) : null;
}

/** A list, or in the other dialect its JSON text. */
function shownDetails({ settings }: Tenant, details: readonly unknown[]): unknown {
  return settings.dialect.detailsForm === 'array' ? details : JSON.stringify(details);
}
