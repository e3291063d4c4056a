import { invalidRequest } from '../lib/emulator-error.ts';
import { recordEvent } from '../logs/record-event.ts';
import { type ApiRequest, optionalText, visitorOf } from '../request/api-request.ts';
import { authenticateClient } from '../request/client-authentication.ts';

/**
 * `POST /oauth/revoke` (RFC 7009): ends a refresh token with its successors. A token that is unknown, or is another
 * client's, gets the same 200. Access tokens cannot be revoked.
 */
export async function postRevoke(request: ApiRequest): Promise<Response> {
  const { tenant, params } = request;
  const client = await authenticateClient(request, { basic: true });
  const token = optionalText(params, 'token');
  if (token === undefined) throw invalidRequest('Missing required parameter: token');
  tenant.refreshTokens.revoke(token, client.clientId);
  recordEvent(tenant, 'srrt', { clientId: client.clientId, visitor: visitorOf(request.headers) });
  return new Response(null, { status: 200, headers: { 'cache-control': 'no-store' } });
}
