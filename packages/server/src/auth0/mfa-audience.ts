import type { TokenSet } from '@stepgate/core';

/** The scopes of the MFA API that managing authenticators needs. */
const SCOPES = ['enroll', 'read:authenticators', 'remove:authenticators'];

/** What a first leg must ask for, if its tokens must open the MFA API itself. */
export function mfaApiAsk(
  issuer: string,
  mfaAudience: string | undefined,
): { audience: string; scope: string } {
  return { audience: mfaAudience ?? new URL('mfa/', issuer).href, scope: SCOPES.join(' ') };
}

/** Whether the tokens open the MFA API: a tenant may ignore the audience that was asked for. */
export function opensMfaApi({ scope = '' }: TokenSet): boolean {
  const granted = scope.split(' ');
  return SCOPES.every((one) => granted.includes(one));
}
