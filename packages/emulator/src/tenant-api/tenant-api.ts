import { type Context, Hono } from 'hono';
import { getCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import type { BrowserRequest } from '../browser/browser-request.ts';
import { errorPage } from '../browser/page.ts';
import { postBackchannel } from '../ciba/start.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import { randomId } from '../lib/random.ts';
import { requestPath } from '../lib/request-path.ts';
import { getApproval, postApproval } from '../login/approval-page.ts';
import { authorize, cancelLogin } from '../login/authorize.ts';
import { getConnection, postConnection } from '../login/connection.ts';
import { getConsent, postConsent } from '../login/consent.ts';
import { getTicket, postTicket } from '../login/enrollment-ticket.ts';
import { getLogin, postLogin } from '../login/login.ts';
import { logout, logoutOpenId } from '../login/logout.ts';
import { postPushedRequest } from '../login/pushed-request.ts';
import { getSecondFactor, postSecondFactor } from '../login/second-factor.ts';
import { rememberedCookie, sessionCookie } from '../login/tenant-session.ts';
import { createManagementApi, type GetPath } from '../management/management-api.ts';
import { postAssociate } from '../mfa-api/associate.ts';
import { deleteAuthenticator, getAuthenticators } from '../mfa-api/authenticators.ts';
import { postChallenge } from '../mfa-api/challenge.ts';
import { toDiscoveryDocument } from '../oauth/discovery.ts';
import { postRevoke } from '../oauth/revoke.ts';
import { postToken } from '../oauth/token.ts';
import { getUserinfo } from '../oauth/userinfo.ts';
import { type ApiRequest, parseBody } from '../request/api-request.ts';
import { withinTenantLimit } from '../request/enforce-limit.ts';
import { toErrorResponse, toJsonResponse } from '../request/json-response.ts';
import type { Tenant } from '../state/tenant.ts';

/** What a request brings along into the routes. */
export interface RouteBindings {
  /** The tenant as it is when the request arrives. */
  readonly tenant: Tenant;
  readonly body: string;
  /** Host names of this machine, besides its own. */
  readonly controlHosts: readonly string[];
  /** Lets logging and faults happen around the tenant's answer. */
  around(act: () => Promise<Response>): Promise<Response>;
}

/** How long clients may keep the metadata and the keys. */
const cached = { 'cache-control': 'public, max-age=15, stale-while-revalidate=15, stale-if-error=86400' };

type RouteContext = Context<{ Bindings: RouteBindings }>;

/** The routes of the tenant itself. Browsers of any origin may call them, as public clients do, but for the Management API. */
export function createTenantApi(): Hono<{ Bindings: RouteBindings }> {
  const getPath: GetPath = (request, options) => requestPath(request, options?.env?.tenant.basePath);
  const app = new Hono<{ Bindings: RouteBindings }>({ getPath });
  const managementApi = createManagementApi(getPath);
  app.use(
    cors({
      origin: '*',
      exposeHeaders: [
        'date',
        'retry-after',
        'www-authenticate',
        'x-auth0-requestid',
        'x-ratelimit-limit',
        'x-ratelimit-remaining',
        'x-ratelimit-reset',
      ],
      maxAge: 600,
    }),
  );
  app.use(async (c, next) => {
    c.res = await c.env.around(async () => {
      await next();
      return c.res;
    });
  });
  app.use(async (c, next) => {
    await next();
    c.header('x-auth0-requestid', randomId(c.env.tenant.randomBytes, 15));
  });
  app.use('/mfa/*', async (c, next) => {
    await next();
    if (c.res.headers.get('content-type') === 'application/json') {
      c.header('content-type', 'application/json; charset=utf-8');
    }
  });
  for (const path of ['/oauth/token', '/bc-authorize', '/mfa/*', '/userinfo']) {
    app.use(path, async (c, next) => {
      c.res = await withinTenantLimit(c.env.tenant, async () => {
        await next();
        return c.res;
      });
    });
  }
  app.notFound((c) => toErrorResponse(notFound(c.req.method, c.req.path)));
  app.onError((error) => {
    if (error instanceof EmulatorError) return toErrorResponse(error);
    throw error;
  });
  app.get('/.well-known/openid-configuration', (c) =>
    toJsonResponse(200, toDiscoveryDocument(c.env.tenant), cached),
  );
  // The same by its name in RFC 8414, which clients of plain OAuth ask for.
  app.get('/.well-known/oauth-authorization-server', (c) =>
    toJsonResponse(200, toDiscoveryDocument(c.env.tenant), cached),
  );
  app.get('/.well-known/jwks.json', async (c) =>
    toJsonResponse(200, (await c.env.tenant.signingKeys()).jwks, cached),
  );
  app.post('/oauth/token', (c) => postToken(toApiRequest(c)));
  app.post('/mfa/associate', (c) => postAssociate(toApiRequest(c)));
  app.post('/mfa/challenge', (c) => postChallenge(toApiRequest(c)));
  app.get('/mfa/authenticators', (c) => getAuthenticators(toApiRequest(c)));
  app.delete('/mfa/authenticators/:id', (c) => deleteAuthenticator(toApiRequest(c), c.req.param('id')));
  app.post('/oauth/revoke', (c) => postRevoke(toApiRequest(c)));
  app.post('/bc-authorize', (c) => {
    if (c.env.tenant.settings.ciba === 'off') throw notFound(c.req.method, c.req.path);
    return postBackchannel(toApiRequest(c));
  });
  app.post('/oauth/par', (c) => postPushedRequest(toApiRequest(c)));
  app.get('/userinfo', (c) => getUserinfo({ ...toApiRequest(c), params: c.req.query() }));
  app.post('/userinfo', (c) => getUserinfo(toApiRequest(c)));
  app.all('/api/v2/*', (c) => {
    const { tenant, body, controlHosts } = c.env;
    return managementApi.fetch(c.req.raw, { tenant, body, controlHosts });
  });
  addBrowserRoutes(app);
  return app;
}

/** What browsers are sent to. Errors are pages for those who ask for pages. */
function addBrowserRoutes(app: Hono<{ Bindings: RouteBindings }>): void {
  const routes: readonly [string, (request: BrowserRequest) => Response | Promise<Response>, string[]][] = [
    ['/authorize', authorize, ['GET', 'POST']],
    ['/u/login', getLogin, ['GET']],
    ['/u/login', postLogin, ['POST']],
    ['/u/connection', getConnection, ['GET']],
    ['/u/connection', postConnection, ['POST']],
    ['/u/mfa', getSecondFactor, ['GET']],
    ['/u/mfa', postSecondFactor, ['POST']],
    ['/u/enroll', getTicket, ['GET']],
    ['/u/enroll', postTicket, ['POST']],
    ['/u/consent', getConsent, ['GET']],
    ['/u/consent', postConsent, ['POST']],
    ['/u/approve', getApproval, ['GET']],
    ['/u/approve', postApproval, ['POST']],
    ['/u/cancel', cancelLogin, ['POST']],
    ['/v2/logout', logout, ['GET']],
    ['/oidc/logout', logoutOpenId, ['GET', 'POST']],
  ];
  for (const [path, answer, methods] of routes) {
    app.on(methods, path, async (c) => {
      try {
        return await answer(toBrowserRequest(c));
      } catch (error) {
        const isPage = c.req.header('accept')?.includes('text/html') ?? false;
        if (!(error instanceof EmulatorError) || !isPage) throw error;
        return errorPage(error, randomId(c.env.tenant.randomBytes, 16));
      }
    });
  }
}

function toBrowserRequest(c: RouteContext): BrowserRequest {
  const request = toApiRequest(c);
  const params = c.req.method === 'GET' ? c.req.query() : request.params;
  return {
    ...request,
    params,
    sessionId: getCookie(c, sessionCookie),
    rememberedId: getCookie(c, rememberedCookie),
  };
}

function notFound(method: string, path: string): EmulatorError {
  return new EmulatorError(404, 'not_found', `The tenant has no ${method} ${path}`);
}

function toApiRequest(c: RouteContext): ApiRequest {
  const { headers } = c.req.raw;
  return {
    tenant: c.env.tenant,
    headers,
    params: parseBody(c.env.body, headers.get('content-type') ?? ''),
  };
}
