import { type Context, Hono } from 'hono';
import type { EmulatorControl, EmulatorParts } from '../control/emulator-control.ts';
import type { NamedTenants } from '../control/named-tenants.ts';
import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { requestPath } from '../lib/request-path.ts';
import { deskPageResponse } from '../pages/desk-page.ts';
import { phoneAssetResponse, phonePageResponse, qrCodeResponse } from '../pages/phone-page.ts';
import { optionalText, requiredText } from '../request/api-request.ts';
import { assertControlHost, assertSameOrigin } from '../request/cross-site-guard.ts';
import { toErrorResponse, toJsonResponse } from '../request/json-response.ts';
import { assertSettingsPatch } from '../settings/settings.ts';
import { addDeskRoutes } from './desk-routes.ts';
import { addDirectoryRoutes } from './directory-routes.ts';
import { addLogRoutes } from './log-routes.ts';
import { type ControlBindings, parseControlBody, pick, reply, toFault } from './wire.ts';

type ControlContext = Context<{ Bindings: ControlBindings }>;

/** Where a control API is, and what else it controls. */
export interface ControlApiOptions {
  readonly basePath: string;
  readonly tenants: NamedTenants | undefined;
  /** Host names that it answers on, besides those of this machine. */
  readonly controlHosts: readonly string[];
}

/** The control API under `/_emulator`: a thin layer over the typed control of an emulator. */
export function createControlApi(
  parts: EmulatorParts,
  { basePath, tenants, controlHosts }: ControlApiOptions,
): Hono<{ Bindings: ControlBindings }> {
  const root = new Hono<{ Bindings: ControlBindings }>({
    getPath: (request) => requestPath(request, basePath),
  });
  root.get('/', (c) => {
    assertControlHost(c.req.raw, controlHosts);
    return deskPageResponse();
  });
  const app = root.basePath('/_emulator');
  app.onError((error) => toErrorResponse(toControlError(error)));
  app.notFound((c) =>
    toErrorResponse(
      new EmulatorError(404, 'not_found', `The control API has no ${c.req.method} ${c.req.path}`),
    ),
  );
  app.use(async (c, next) => {
    assertControlHost(c.req.raw, controlHosts);
    await next();
    c.header('cache-control', 'no-store');
    c.header('x-content-type-options', 'nosniff');
  });
  // A link to the page may come from anywhere: it holds no data.
  app.get('/phone', () => phonePageResponse());
  app.get('/assets/:name', (c) => phoneAssetResponse(c.req.param('name')));
  app.use(async (c, next) => {
    assertSameOrigin(c.req.raw);
    await next();
  });
  addPhoneRoutes(app, parts.control);
  addDirectoryRoutes(app, parts.control);
  addTenantRoutes(app, parts.control);
  addDeskRoutes(app, parts, tenants);
  addLogRoutes(app, parts.control);
  if (tenants !== undefined) addNamedTenantRoutes(app, tenants);
  return app;
}

function addPhoneRoutes(app: Hono<{ Bindings: ControlBindings }>, emulator: EmulatorControl): void {
  const phone = (username: string) => emulator.phone(username);
  app.get('/qr.svg', (c) => qrCodeResponse(c.req.query('text')));
  app.get('/phone/:username', (c) => reply(phone(c.req.param('username')).view()));
  app.get('/phone/:username/codes', (c) => reply({ codes: phone(c.req.param('username')).codes() }));
  app.post('/phone/:username/scan', (c) => {
    const { barcode_uri: barcodeUri } = members(c, ['barcode_uri']);
    if (barcodeUri !== undefined && typeof barcodeUri !== 'string') {
      throw invalidRequest('barcode_uri is a string; without it the newest waiting code is scanned');
    }
    phone(c.req.param('username')).scan(barcodeUri);
    return reply(phone(c.req.param('username')).view());
  });
  app.post('/phone/:username/notifications/:id', (c) => {
    const { decision } = members(c, ['decision']);
    const { username, id } = c.req.param();
    if (decision === 'approve') return reply(phone(username).approve(id));
    if (decision === 'deny') return reply(phone(username).deny(id));
    throw invalidRequest('decision is "approve" or "deny"');
  });
}

function addTenantRoutes(app: Hono<{ Bindings: ControlBindings }>, emulator: EmulatorControl): void {
  app.post('/faults', (c) => {
    emulator.faults.add(toFault(parseControlBody(c.env.body)));
    return reply({}, 201);
  });
  app.delete('/faults', () => {
    emulator.faults.clear();
    return reply({});
  });
  app.post('/reset', () => {
    emulator.reset();
    return reply({});
  });
  app.post('/clock', (c) => {
    const { advance_ms: advanceMs } = members(c, ['advance_ms']);
    if (typeof advanceMs !== 'number') throw invalidRequest('advance_ms is a number of milliseconds');
    emulator.clock.advance(advanceMs);
    return reply({ now: emulator.clock.now() });
  });
  app.post('/logins', async (c) => {
    const body = members(c, ['url', 'username', 'decision']);
    const url = requiredText(body, 'url');
    if (!URL.canParse(url)) throw invalidRequest('url is the address that the app sends its users to');
    const username = optionalText(body, 'username');
    const decision = optionalText(body, 'decision') ?? 'approve';
    if (decision !== 'approve' && decision !== 'deny' && decision !== 'cancel') {
      throw invalidRequest('decision is "approve", "deny" or "cancel"');
    }
    return toJsonResponse(200, await emulator.completeLogin(url, { username, decision }));
  });
  app.get('/export', async () => toJsonResponse(200, await emulator.export()));
  app.get('/settings', () => toJsonResponse(200, emulator.settings));
  app.patch('/settings', (c) => {
    const patch: unknown = parseControlBody(c.env.body);
    assertSettingsPatch(patch);
    emulator.configure(patch);
    return toJsonResponse(200, emulator.settings);
  });
}

function addNamedTenantRoutes(app: Hono<{ Bindings: ControlBindings }>, tenants: NamedTenants): void {
  const toEntry = (name: string) => ({ name, issuer: tenants.tenant(name).issuer });
  app.get('/tenants', () => reply(tenants.tenantNames().map(toEntry)));
  app.put('/tenants/:name', (c) => {
    const settings: unknown = parseControlBody(c.env.body);
    assertSettingsPatch(settings);
    const { name } = c.req.param();
    const isNew = !tenants.tenantNames().includes(name);
    if (isNew) tenants.tenant(name, settings);
    else tenants.tenant(name).configure(settings);
    return reply(toEntry(name), isNew ? 201 : 200);
  });
  app.delete('/tenants/:name', (c) => {
    tenants.removeTenant(c.req.param('name'));
    return reply({});
  });
}

function members(c: ControlContext, names: readonly string[]): Record<string, unknown> {
  return pick(parseControlBody(c.env.body), 'The body', names);
}

function toControlError(error: Error): EmulatorError {
  if (error instanceof EmulatorError) return error;
  if (error instanceof TypeError || error instanceof RangeError) {
    return new EmulatorError(400, 'invalid_request', error.message);
  }
  throw error;
}
