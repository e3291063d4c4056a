import { exchangeCiba } from '../ciba/exchange.ts';
import { cibaGrantType } from '../ciba/grant-type.ts';
import type { ClientOptions } from '../directory/client.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import { type ApiRequest, assertContentType, optionalText, requiredText } from '../request/api-request.ts';
import { assertGrantAllowed, authenticateClient } from '../request/client-authentication.ts';
import { toErrorResponse, toJsonResponse } from '../request/json-response.ts';
import { type ExchangeEvents, recordExchange, recordRefusal } from './exchange-log.ts';
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

interface GrantType extends ExchangeEvents {
  readonly exchange: Exchange;
}

const prefix = 'http://auth0.com/oauth/grant-type/';
const password = { succeeded: 'sepft', failed: 'fepft' } as const;

const grantTypes = new Map<string, GrantType>([
  ['authorization_code', { exchange: exchangeAuthorizationCode, succeeded: 'seacft', failed: 'feacft' }],
  ['password', { exchange: exchangePassword, ...password }],
  [`${prefix}password-realm`, { exchange: exchangePasswordRealm, ...password }],
  ['refresh_token', { exchange: exchangeRefreshToken, succeeded: 'sertft', failed: 'fertft' }],
  ['client_credentials', { exchange: exchangeClientCredentials, succeeded: 'seccft', failed: 'feccft' }],
  [`${prefix}mfa-oob`, { exchange: exchangeOobCode, succeeded: 'seoobft', failed: 'feoobft' }],
  [`${prefix}mfa-otp`, { exchange: exchangeOtp, succeeded: 'seotpft', failed: 'feotpft' }],
  [
    cibaGrantType,
    {
      exchange: exchangeCiba,
      succeeded: 'ciba_exchange_succeeded',
      failed: 'ciba_exchange_failed',
    },
  ],
  [`${prefix}mfa-recovery-code`, { exchange: exchangeRecoveryCode, succeeded: 'sercft', failed: 'fercft' }],
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
  const type = grantTypes.get(grantType);
  const isOff = grantType === cibaGrantType && tenant.settings.ciba === 'off';
  if (type === undefined || isOff) {
    throw new EmulatorError(403, 'unsupported_grant_type', `Unsupported grant type: ${grantType}`);
  }
  const replyHeaders = new Headers({ 'cache-control': 'no-store', pragma: 'no-cache' });
  let clientId = optionalText(params, 'client_id') ?? '';
  try {
    const client = await authenticateClient(request, { basic: true });
    clientId = client.clientId;
    assertGrantAllowed(client, grantType);
    const answer = await type.exchange(request, client, replyHeaders);
    recordExchange(request, type, { clientId, answer });
    return toJsonResponse(200, answer, replyHeaders);
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    recordRefusal(request, type, { clientId, error });
    return toErrorResponse(error, replyHeaders);
  }
}
