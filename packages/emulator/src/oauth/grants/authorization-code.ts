import type { ClientOptions } from '../../directory/client.ts';
import { sha256Base64url } from '../../lib/digest.ts';
import { invalidGrant } from '../../lib/emulator-error.ts';
import { type ApiRequest, optionalText, requiredText } from '../../request/api-request.ts';
import { createTokenResponse } from '../../tokens/token-response.ts';

/** The `authorization_code` grant with PKCE (RFC 6749 section 4.1.3, RFC 7636). A code is good for one try. */
export async function exchangeAuthorizationCode(
  { tenant, params }: ApiRequest,
  client: ClientOptions,
): Promise<Record<string, unknown>> {
  const code = requiredText(params, 'code');
  const redirectUri = optionalText(params, 'redirect_uri');
  const verifier = optionalText(params, 'code_verifier');
  const issued = tenant.authorizationCodes.get(code);
  if (issued === undefined || issued.grant.clientId !== client.clientId) {
    throw invalidGrant('Invalid authorization code');
  }
  tenant.authorizationCodes.delete(code);
  if (redirectUri !== issued.redirectUri) {
    throw invalidGrant(
      `The redirect URI is wrong. You sent ${redirectUri}, and we expected ${issued.redirectUri}`,
    );
  }
  if (challengeOf(verifier) !== issued.codeChallenge) throw invalidGrant('Failed to verify code verifier');
  return createTokenResponse(tenant, client, issued.grant, { nonce: issued.nonce });
}

function challengeOf(verifier: string | undefined): string | undefined {
  return verifier === undefined ? undefined : sha256Base64url(verifier);
}
