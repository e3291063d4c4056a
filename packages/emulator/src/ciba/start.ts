import { type ClientOptions, isPublicClient } from '../directory/client.ts';
import { setBounded } from '../lib/bounded.ts';
import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { randomId } from '../lib/random.ts';
import { parseScopes } from '../lib/scopes.ts';
import { createJwtLikeString } from '../lib/sealed-string.ts';
import { factsOf, recordEvent } from '../logs/record-event.ts';
import { putInInbox, sendPush } from '../mfa/delivery.ts';
import { type ApiRequest, assertContentType, optionalText, visitorOf } from '../request/api-request.ts';
import { grantScopes, resolveAudience } from '../request/audience.ts';
import { parseDetails } from '../request/authorization-details.ts';
import { assertGrantAllowed, authenticateClient } from '../request/client-authentication.ts';
import { enforceLimit } from '../request/enforce-limit.ts';
import { toErrorResponse, toJsonResponse } from '../request/json-response.ts';
import type { Authenticator } from '../state/authenticator.ts';
import type { CibaRequest } from '../state/ciba-request.ts';
import { type Tenant, userinfoAudience } from '../state/tenant.ts';
import type { Grant } from '../state/transaction.ts';
import { activeAuthenticators } from '../state/user.ts';
import { readBindingMessage } from './binding-message.ts';
import { cibaGrantType } from './grant-type.ts';
import { readTold } from './id-token-claims.ts';
import { readLoginHint } from './login-hint.ts';
import { readPing, sendPing } from './ping.ts';

/** The longest that a push may wait, and an e-mail, in seconds. */
const longestPush = 300;
const longestEmail = 259_200;

/** How many requests may wait for an answer in a tenant. */
const mostPending = 5_000;
/** How many requests a tenant remembers, those that ended included. */
const mostKept = 20_000;

/** `POST /bc-authorize`: asks a user on the phone, without a browser (CIBA Core 1.0, section 7). */
export async function postBackchannel(request: ApiRequest): Promise<Response> {
  const { tenant, headers, params } = request;
  let clientId = optionalText(params, 'client_id');
  try {
    assertContentType(headers, 'application/x-www-form-urlencoded');
    const client = await authenticateClient(request, { basic: true });
    clientId = client.clientId;
    const started = start(request, client);
    recordStart(request, started);
    return toJsonResponse(200, toAnswer(tenant, started), { 'cache-control': 'no-store' });
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    const visitor = visitorOf(headers);
    recordEvent(tenant, 'ciba_start_failed', { clientId, visitor, description: error.message });
    return toErrorResponse(error, { 'cache-control': 'no-store' });
  }
}

/** Checks a request in the order of the reference, and asks the user. */
function start({ tenant, headers, params }: ApiRequest, client: ClientOptions): CibaRequest {
  assertMayAsk(tenant, client);
  if (params.request !== undefined) {
    throw new EmulatorError(400, 'request_not_supported', 'Signed requests are not supported');
  }
  const scopes = parseScopes(optionalText(params, 'scope'));
  if (!scopes.includes('openid')) throw invalidRequest('openid scope must be requested');
  const findHinted = readLoginHint(tenant, params);
  const message = readBindingMessage(tenant, params);
  const expiry = readExpiry(client, optionalText(params, 'requested_expiry'));
  const asked = optionalText(params, 'audience');
  const audience = asked === undefined ? userinfoAudience(tenant) : resolveAudience(tenant, asked);
  const detailsText = optionalText(params, 'authorization_details');
  const details =
    detailsText === undefined ? undefined : parseDetails(tenant, { text: detailsText, audience, client });
  const told = readTold(tenant, params);
  const ping = readPing(tenant, client, params);
  const user = findHinted();
  enforceLimit(tenant, 'bcAuthorize', '');
  enforceLimit(tenant, 'cibaPushes', user.sub);
  assertFewPending(tenant);
  const grant: Grant = {
    user,
    clientId: client.clientId,
    audience,
    scopes: grantScopes(tenant, audience, scopes),
    authTime: tenant.clock.now(),
    visitor: visitorOf(headers),
    ...(details !== undefined && { details }),
  };
  const device = chooseDevice(tenant, client, { grant, expiry });
  const createdAt = tenant.clock.now();
  const authReqId =
    tenant.settings.dialect.cibaIdForm === 'jwt'
      ? createJwtLikeString(tenant.randomBytes)
      : randomId(tenant.randomBytes, 48);
  const ciba: CibaRequest = {
    authReqId,
    grant,
    told,
    channel: device === undefined ? 'email' : 'guardian-push',
    createdAt,
    expiresAt: createdAt + (expiry === undefined ? tenant.settings.lifetimes.cibaRequestMs : expiry * 1000),
    intervalMs: tenant.settings.cibaIntervalMs,
    answer: 'pending',
    isUsed: false,
    isDenialTold: false,
    shows: {
      ...(message !== undefined && { message }),
      ...(details !== undefined && { details }),
      scope: grant.scopes.join(' '),
      audience,
      consentId: `cns_${randomId(tenant.randomBytes, 16)}`,
    },
    ...(ping !== undefined && { answered: () => void sendPing(tenant, ping, authReqId) }),
  };
  setBounded(tenant.cibaRequests, authReqId, ciba, mostKept);
  if (device === undefined) sendEmail(tenant, ciba);
  else sendPush(tenant, grant, device, ciba);
  return ciba;
}

function assertMayAsk({ settings }: Tenant, client: ClientOptions): void {
  if (settings.dialect.cibaGrantOff === 'invalid_request') {
    const isOn = !isPublicClient(client) && (client.grantTypes?.includes(cibaGrantType) ?? true);
    if (!isOn) throw invalidRequest(`${cibaGrantType} is not allowed for this client`);
  }
  assertGrantAllowed(client, cibaGrantType);
  if (!isPublicClient(client)) return;
  throw new EmulatorError(
    403,
    'unauthorized_client',
    `Grant type '${cibaGrantType}' not allowed for the client.`,
  );
}

/** Whole seconds; the tenant's own choice where none were asked for. */
function readExpiry({ approvalChannels }: ClientOptions, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const longest = approvalChannels?.includes('email') === true ? longestEmail : longestPush;
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds >= 1 && seconds <= longest) return seconds;
  throw invalidRequest(`requested_expiry must be a whole number of seconds from 1 to ${longest}`);
}

function assertFewPending(tenant: Tenant): void {
  const now = tenant.clock.now();
  const pending = [...tenant.cibaRequests.values()].filter(
    ({ answer, expiresAt }) => answer === 'pending' && expiresAt > now,
  );
  if (pending.length < mostPending) return;
  throw new EmulatorError(429, 'too_many_requests', 'Too many requests wait for an answer');
}

/**
 * The phone that is asked, or nothing where an e-mail is sent instead. A client with both channels gets the push for up to
 * 300 seconds, and an e-mail where the user takes no push.
 */
function chooseDevice(
  { settings }: Tenant,
  { approvalChannels = ['guardian-push'] }: ClientOptions,
  { grant, expiry }: { readonly grant: Grant; readonly expiry: number | undefined },
): Authenticator | undefined {
  const isLong = expiry !== undefined && expiry > longestPush;
  const takesPush =
    approvalChannels.includes('guardian-push') && settings.factors.includes('push') && !isLong;
  const device = activeAuthenticators(grant.user).find(({ factor }) => factor === 'push');
  if (takesPush && device !== undefined) return device;
  if (approvalChannels.includes('email')) return undefined;
  const description = 'The user is not enrolled in push notifications';
  throw settings.dialect.cibaNotEnrolled === 'access_denied'
    ? new EmulatorError(403, 'access_denied', description)
    : invalidRequest(description);
}

function sendEmail(tenant: Tenant, { authReqId, grant, shows, createdAt }: CibaRequest): void {
  const { user, clientId } = grant;
  putInInbox(tenant, {
    id: shows?.consentId ?? authReqId,
    username: user.username,
    channel: 'email',
    to: user.email,
    text: `${tenant.clients.get(clientId)?.name ?? clientId} asks for your approval${
      shows?.message === undefined ? '' : ` (${shows.message})`
    }: ${tenant.issuer()}u/approve?id=${shows?.consentId}`,
    createdAt,
  });
  recordEvent(tenant, 'gd_send_email', factsOf(grant));
}

function recordStart({ tenant, params }: ApiRequest, { grant, channel, shows }: CibaRequest): void {
  const details = {
    login_hint: optionalText(params, 'login_hint'),
    audience: grant.audience,
    scope: grant.scopes.join(' '),
    notification_channel: channel,
    linking_id: shows?.consentId,
  };
  recordEvent(tenant, 'ciba_start_succeeded', { ...factsOf(grant), details });
}

function toAnswer(tenant: Tenant, { authReqId, createdAt, expiresAt, intervalMs }: CibaRequest): object {
  return {
    auth_req_id: authReqId,
    expires_in: Math.floor((expiresAt - createdAt) / 1000),
    ...(tenant.settings.dialect.cibaInterval === 'present' && { interval: intervalMs / 1000 }),
  };
}
