import { type ClientOptions, isPublicClient } from '../directory/client.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import { type ApiRequest, requiredText } from '../request/api-request.ts';
import type { CibaRequest } from '../state/ciba-request.ts';
import type { Tenant } from '../state/tenant.ts';
import { createTokenResponse } from '../tokens/token-response.ts';
import { cibaGrantType } from './grant-type.ts';
import { authenticationClaims } from './id-token-claims.ts';

/** How much sooner than the interval a poll may come: clients count from different moments. */
const earlyShare = 0.1;
const earlyMostMs = 250;

/** The CIBA grant: one poll for the user's answer (CIBA Core 1.0, section 11). Tokens come once. */
export async function exchangeCiba(
  { tenant, params }: ApiRequest,
  client: ClientOptions,
  replyHeaders: Headers,
): Promise<Record<string, unknown>> {
  if (isPublicClient(client)) {
    const description = `Grant type '${cibaGrantType}' not allowed for the client.`;
    throw new EmulatorError(403, 'unauthorized_client', description);
  }
  const request = tenant.cibaRequests.get(requiredText(params, 'auth_req_id'));
  if (request?.grant.clientId !== client.clientId || request.isUsed) throw invalidId();
  assertNotOver(tenant, request);
  assertNotTooSoon(tenant, request, replyHeaders);
  if (request.answer === 'pending') {
    throw new EmulatorError(400, 'authorization_pending', 'The end-user authorization is pending');
  }
  request.isUsed = true;
  const { token_type: type, ...answer } = await createTokenResponse(tenant, client, request.grant, {
    claims: authenticationClaims(tenant, request),
  });
  const { cibaTokenType } = tenant.settings.dialect;
  return { ...answer, ...(cibaTokenType === 'present' && { token_type: type }) };
}

/** A denial and an expiry: the same error with Auth0, two with the standard. */
function assertNotOver(tenant: Tenant, request: CibaRequest): void {
  const { cibaExpiry, cibaDeniedAgain } = tenant.settings.dialect;
  if (request.answer === 'denied') {
    if (request.isDenialTold && cibaDeniedAgain === 'invalid_grant') throw invalidId();
    request.isDenialTold = true;
    throw new EmulatorError(400, 'access_denied', overText);
  }
  if (request.expiresAt > tenant.clock.now()) return;
  throw cibaExpiry === 'access_denied'
    ? new EmulatorError(400, 'access_denied', overText)
    : new EmulatorError(400, 'expired_token', 'The auth_req_id has expired');
}

const overText = 'The end-user denied the authorization request or it has been expired';

/** Each poll that comes too soon makes the wait longer: at first it doubles. */
function assertNotTooSoon({ clock, settings }: Tenant, request: CibaRequest, replyHeaders: Headers): void {
  const { lastPollAt, intervalMs } = request;
  const now = clock.now();
  request.lastPollAt = now;
  const early = Math.min(intervalMs * earlyShare, earlyMostMs);
  if (lastPollAt === undefined || now - lastPollAt >= intervalMs - early) return;
  request.intervalMs = intervalMs + settings.cibaIntervalMs;
  const { cibaSlowDownStatus, cibaSlowDownWait } = settings.dialect;
  const seconds = Math.ceil(request.intervalMs / 1000);
  if (cibaSlowDownWait !== 'body') replyHeaders.set('retry-after', String(seconds));
  throw new EmulatorError(
    cibaSlowDownStatus,
    'slow_down',
    `You are polling faster than allowed. Try again in ${seconds} seconds.`,
    cibaSlowDownWait === 'header' ? {} : { members: { interval: seconds } },
  );
}

function invalidId(): EmulatorError {
  return new EmulatorError(400, 'invalid_grant', 'Invalid or expired auth_req_id');
}
