import { decodeJwt } from 'jose';
import type { ClientOptions } from '../../directory/client.ts';
import { sha256Base64url } from '../../lib/digest.ts';
import { type EmulatorError, invalidGrant } from '../../lib/emulator-error.ts';
import { type ApiRequest, optionalText, requiredText } from '../../request/api-request.ts';
import type { IssuedCode } from '../../state/login-state.ts';
import type { Tenant } from '../../state/tenant.ts';
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
  if (issued.isUsed) throw reused(tenant, issued);
  issued.isUsed = true;
  if (redirectUri !== issued.redirectUri) {
    throw invalidGrant(
      `The redirect URI is wrong. You sent ${redirectUri ?? null}, and we expected ${issued.redirectUri}`,
    );
  }
  if (challengeOf(verifier) !== issued.codeChallenge) throw invalidGrant('Failed to verify code verifier');
  const { grant, claims } = issued;
  const response = await createTokenResponse(tenant, client, grant, { claims });
  issued.tokens = { accessToken: String(response.access_token), refreshToken: response.refresh_token };
  return response;
}

/** A code that is used twice was stolen, so its tokens are revoked (RFC 6749, section 4.1.2). */
function reused(tenant: Tenant, { grant, tokens }: IssuedCode): EmulatorError {
  if (tokens !== undefined) {
    tenant.revokedTokenIds.add(String(decodeJwt(tokens.accessToken).jti));
    if (typeof tokens.refreshToken === 'string') {
      tenant.refreshTokens.revoke(tokens.refreshToken, grant.clientId);
    }
  }
  return invalidGrant('Invalid authorization code');
}

function challengeOf(verifier: string | undefined): string | undefined {
  return verifier === undefined ? undefined : sha256Base64url(verifier);
}
