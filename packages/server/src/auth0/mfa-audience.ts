import type { TokenSet } from '@stepgate/core';

/** What managing authenticators needs of the MFA API, by the names that Auth0 has given these scopes. */
const SCOPES = ['enroll', 'read:authenticators', 'remove:authenticators'];

/** What a first leg asks for when its tokens are to be good for the MFA API itself. */
export function mfaApiAsk(
  issuer: string,
  mfaAudience: string | undefined,
): { audience: string; scope: string } {
  return { audience: mfaAudience ?? new URL('mfa/', issuer).href, scope: SCOPES.join(' ') };
}

/** Whether the tokens open the MFA API: a tenant may leave the audience that was asked for aside. */
export function opensMfaApi({ scope = '' }: TokenSet): boolean {
  const granted = scope.split(' ');
  return SCOPES.every((one) => granted.includes(one));
}
