import { Hono } from 'hono';
import { toErrorResponse, toJsonResponse } from '../api/json-response.ts';
import type { Emulator } from '../emulator.ts';
import { EmulatorError } from '../emulator-error.ts';
import type { UserOptions } from '../mfa/user.ts';
import type { PhoneView } from '../phone.ts';
import { phoneAssetResponse, phonePageResponse } from '../phone-page/phone-page.ts';
import type { SettingsPatch } from '../settings.ts';
import type { Fault } from './faults.ts';
import type { LoggedRequest } from './request-log.ts';

const LONGEST_BODY = 65_536;

type JsonObject = Readonly<Record<string, unknown>>;

/** The control API: a thin layer of HTTP over the library, for tests in any language and for the phone page. */
export function createControlApi(emulator: Emulator): Hono {
  const app = new Hono().basePath('/_emulator');
  app.use(async (c, next) => {
    assertLocal(c.req.raw);
    await next();
    return undefined;
  });

  app.get('/phone', () => phonePageResponse());
  app.get('/assets/:name', (c) => phoneAssetResponse(c.req.param('name')));
  app.get('/users', () => toJsonResponse(200, emulator.usernames()));
  app.post('/users', async (c) => {
    const user = await readObject(c.req.raw);
    return toJsonResponse(201, checked(() => emulator.addUser(user as unknown as UserOptions)));
  });

  app.get('/phone/:username', (c) =>
    toJsonResponse(200, toWire(emulator.phone(c.req.param('username')).view())),
  );
  app.get('/phone/:username/codes', (c) =>
    toJsonResponse(200, { codes: toWire(emulator.phone(c.req.param('username')).view()).codes }),
  );
  app.post('/phone/:username/scan', async (c) => {
    const { barcode_uri: barcodeUri } = await readObject(c.req.raw);
    if (barcodeUri !== undefined && typeof barcodeUri !== 'string')
      return refuse(400, 'barcode_uri is a string');
    emulator.phone(c.req.param('username')).scan(barcodeUri);
    return new Response(null, { status: 204 });
  });
  app.post('/phone/:username/notifications/:id', async (c) => {
    const { decision } = await readObject(c.req.raw);
    const phone = emulator.phone(c.req.param('username'));
    if (decision !== 'approve' && decision !== 'deny') return refuse(400, 'decision is "approve" or "deny"');
    const { id, status } = phone[decision](c.req.param('id'));
    return toJsonResponse(200, { id, status });
  });

  app.get('/requests', () => toJsonResponse(200, emulator.requests.map(toWireRequest)));
  app.post('/faults', async (c) => {
    const fault = toFault(await readObject(c.req.raw));
    checked(() => emulator.faults.add(fault));
    return new Response(null, { status: 204 });
  });
  app.delete('/faults', () => {
    emulator.faults.clear();
    return new Response(null, { status: 204 });
  });
  app.post('/reset', () => {
    emulator.reset();
    return new Response(null, { status: 204 });
  });
  app.post('/clock', async (c) => {
    const { advance_ms: advanceMs } = await readObject(c.req.raw);
    checked(() => emulator.clock.advance(advanceMs as number));
    return toJsonResponse(200, { now: emulator.clock.now() });
  });
  app.get('/settings', () => toJsonResponse(200, emulator.settings));
  app.patch('/settings', async (c) => {
    const patch = await readObject(c.req.raw);
    checked(() => emulator.configure(patch as SettingsPatch));
    return toJsonResponse(200, emulator.settings);
  });

  app.notFound(() => refuse(404, 'There is no such call; the README lists them'));
  app.onError((error) => {
    if (error instanceof EmulatorError) return toErrorResponse(error);
    throw error;
  });
  return app;
}

/** What the library throws as misuse is a bad request here. */
function checked<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new EmulatorError(400, 'invalid_request', error.message);
  }
}

/** Keeps web pages from elsewhere out, also those that have taken a name for this address (DNS rebinding). */
function assertLocal(request: Request): void {
  const { hostname, origin } = new URL(request.url);
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  const site = request.headers.get('sec-fetch-site');
  const from = request.headers.get('origin');
  const isForeign =
    (site !== null && site !== 'same-origin' && site !== 'none') || (from !== null && from !== origin);
  // A link to the phone page may come from anywhere; nothing else may.
  const isPhonePage = request.method === 'GET' && new URL(request.url).pathname === '/_emulator/phone';
  if (!isLoopback || (isForeign && !isPhonePage)) {
    throw new EmulatorError(
      403,
      'forbidden',
      'The control API answers programs and pages of this machine only',
    );
  }
}

async function readObject(request: Request): Promise<JsonObject> {
  const text = await request.text();
  if (text.length > LONGEST_BODY) throw new EmulatorError(413, 'invalid_request', 'The body is larger than 64 KB');
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    throw new EmulatorError(400, 'invalid_request', 'The body is not valid JSON');
  }
  throw new EmulatorError(400, 'invalid_request', 'The body must be a JSON object');
}

function refuse(status: number, description: string): Response {
  return toErrorResponse(
    new EmulatorError(status, status === 404 ? 'not_found' : 'invalid_request', description),
  );
}

/** Wire names are snake_case, as everywhere in the tenant's own API. */
function toWire({ enrollments, notifications, codes, messages, authenticators }: PhoneView): {
  codes: JsonObject[];
  [name: string]: unknown;
} {
  return {
    enrollments: enrollments.map(({ barcodeUri, kind, createdAt, expiresAt }) => ({
      barcode_uri: barcodeUri,
      kind,
      created_at: createdAt,
      expires_at: expiresAt,
    })),
    notifications: notifications.map(({ createdAt, expiresAt, ...rest }) => ({
      ...rest,
      created_at: createdAt,
      expires_at: expiresAt,
    })),
    codes: codes.map(({ authenticatorId, account, code, expiresAt }) => ({
      authenticator_id: authenticatorId,
      account,
      code,
      expires_at: expiresAt,
    })),
    messages: messages.map(({ createdAt, ...rest }) => ({ ...rest, created_at: createdAt })),
    authenticators,
  };
}

function toWireRequest({ grantType, forwardedFor, ...rest }: LoggedRequest): JsonObject {
  return {
    ...rest,
    ...(grantType !== undefined && { grant_type: grantType }),
    ...(forwardedFor !== undefined && { forwarded_for: forwardedFor }),
  };
}

function toFault({ match, delay_ms: delayMs, ...rest }: JsonObject): Fault {
  const wireMatch = match as (JsonObject & { grant_type?: unknown }) | undefined;
  const fault = {
    ...rest,
    ...(delayMs !== undefined && { delayMs }),
    ...(wireMatch !== undefined && { match: toMatch(wireMatch) }),
  };
  // What the members hold is for `faults.add` to check.
  return fault as unknown as Fault;
}

function toMatch({ grant_type: grantType, ...rest }: JsonObject & { grant_type?: unknown }): JsonObject {
  return { ...rest, ...(grantType !== undefined && { grantType }) };
}
