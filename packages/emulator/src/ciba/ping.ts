import type { ClientOptions } from '../directory/client.ts';
import { invalidRequest } from '../lib/emulator-error.ts';
import { optionalText, type Params } from '../request/api-request.ts';
import type { Tenant } from '../state/tenant.ts';

/** Where a ping goes, and with what (CIBA Core 1.0, section 10.2). */
export interface PingTarget {
  readonly endpoint: string;
  readonly token: string;
}

/** The ping that a request asks for; none for clients that poll, and in the dialect without pings. */
export function readPing(
  tenant: Tenant,
  { notificationEndpoint: endpoint }: ClientOptions,
  params: Params,
): PingTarget | undefined {
  if (tenant.settings.dialect.cibaDelivery === 'poll' || endpoint === undefined) return undefined;
  const token = optionalText(params, 'client_notification_token');
  if (token === undefined) {
    throw invalidRequest("missing required parameter 'client_notification_token'");
  }
  if (token.length <= 1024 && /^[\w\-.~+/]+=*$/.test(token)) return { endpoint, token };
  throw invalidRequest('client_notification_token must be a valid Bearer token');
}

/** Tells the client that the user has answered. What comes of it changes nothing: the client can still poll. */
export async function sendPing(
  { fetch }: Tenant,
  { endpoint, token }: PingTarget,
  authReqId: string,
): Promise<void> {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ auth_req_id: authReqId }),
    });
    await response.body?.cancel();
  } catch {
    // A client that cannot be reached polls.
  }
}
