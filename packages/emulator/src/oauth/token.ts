import type { ClientOptions } from '../directory/client.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import { type ApiRequest, assertContentType, requiredText } from '../request/api-request.ts';
import { assertGrantAllowed, authenticateClient } from '../request/client-authentication.ts';
import { toErrorResponse, toJsonResponse } from '../request/json-response.ts';
import { exchangeAuthorizationCode } from './grants/authorization-code.ts';
import { exchangeClientCredentials } from './grants/client-credentials.ts';
import { exchangeOobCode } from './grants/mfa-oob.ts';
import { exchangeOtp } from './grants/mfa-otp.ts';
import { exchangeRecoveryCode } from './grants/mfa-recovery-code.ts';
import { exchangePassword, exchangePasswordRealm } from './grants/password.ts';
import { exchangeRefreshToken } from './grants/refresh-token.ts';

type Exchange = (
  request: ApiRequest,
  client: ClientOptions,
  replyHeaders: Headers,
) => Promise<Record<string, unknown>>;

const grantTypes = new Map<string, Exchange>([
  ['authorization_code', exchangeAuthorizationCode],
  ['password', exchangePassword],
  ['http://auth0.com/oauth/grant-type/password-realm', exchangePasswordRealm],
  ['refresh_token', exchangeRefreshToken],
  ['client_credentials', exchangeClientCredentials],
  ['http://auth0.com/oauth/grant-type/mfa-oob', exchangeOobCode],
  ['http://auth0.com/oauth/grant-type/mfa-otp', exchangeOtp],
  ['http://auth0.com/oauth/grant-type/mfa-recovery-code', exchangeRecoveryCode],
]);

/** The grant types of `/oauth/token`. */
export const supportedGrantTypes: readonly string[] = [...grantTypes.keys()];

/** `POST /oauth/token`. */
export async function postToken(request: ApiRequest): Promise<Response> {
  const { tenant, headers, params } = request;
  if (tenant.settings.dialect.tokenContentType === 'form') {
    assertContentType(headers, 'application/x-www-form-urlencoded');
  }
  const grantType = requiredText(params, 'grant_type');
  const exchange = grantTypes.get(grantType);
  if (exchange === undefined) {
    throw new EmulatorError(403, 'unsupported_grant_type', `Unsupported grant type: ${grantType}`);
  }
  const client = await authenticateClient(request, { basic: true });
  assertGrantAllowed(client, grantType);
  const replyHeaders = new Headers({ 'cache-control': 'no-store', pragma: 'no-cache' });
  try {
    return toJsonResponse(200, await exchange(request, client, replyHeaders), replyHeaders);
  } catch (error) {
    if (error instanceof EmulatorError) return toErrorResponse(error, replyHeaders);
    throw error;
  }
}
