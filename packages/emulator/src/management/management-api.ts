import { Hono } from 'hono';
import { decodeJwt } from 'jose';
import { EmulatorError } from '../lib/emulator-error.ts';
import { recordEvent } from '../logs/record-event.ts';
import { bearerToken, visitorOf } from '../request/api-request.ts';
import { assertOwnPage } from '../request/cross-site-guard.ts';
import type { Tenant } from '../state/tenant.ts';
import { addGuardianRoutes } from './guardian.ts';
import { addLogStreamRoutes } from './log-streams.ts';
import { addLogRoutes } from './logs.ts';
import { toManagementError } from './management-error.ts';
import type { ManagementApp, ManagementBindings } from './management-request.ts';
import { addMethodRoutes } from './methods.ts';
import { addUserRoutes } from './users.ts';

/** How routes find the path of a request. */
export type GetPath = (request: Request, options?: { readonly env?: { readonly tenant: Tenant } }) => string;

/**
 * The parts of the Management API that have to do with users, their factors, and the log, under `/api/v2`. Tokens for it
 * come by `client_credentials`.
 */
export function createManagementApi(getPath: GetPath): ManagementApp {
  const app = new Hono<{ Bindings: ManagementBindings }>({ getPath }).basePath('/api/v2');
  app.onError((error) => toManagementError(error));
  app.notFound((c) =>
    toManagementError(
      new EmulatorError(404, 'not_found', `The emulator has no ${c.req.method} ${c.req.path}`),
    ),
  );
  app.use(async (c, next) => {
    assertOwnPage(c.req.raw, c.env.controlHosts);
    await next();
    if (c.req.method !== 'GET') recordOperation(c.env.tenant, c.req.raw, c.res.status);
  });
  addUserRoutes(app);
  addMethodRoutes(app);
  addGuardianRoutes(app);
  addLogRoutes(app);
  addLogStreamRoutes(app);
  return app;
}

/** Logs a change that a client made, or tried to make. */
function recordOperation(tenant: Tenant, { method, url, headers }: Request, status: number): void {
  const request = { method: method.toLowerCase(), path: new URL(url).pathname };
  recordEvent(tenant, status < 400 ? 'sapi' : 'fapi', {
    clientId: clientOf(bearerToken(headers)),
    visitor: visitorOf(headers),
    details: { request, response: { statusCode: status } },
  });
}

function clientOf(token: string | undefined): string | undefined {
  try {
    return token === undefined ? undefined : String(decodeJwt(token).azp);
  } catch {
    return undefined;
  }
}
