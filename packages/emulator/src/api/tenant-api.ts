import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import type { Tenant } from '../tenant.ts';
import { type ApiRequest, parseBody } from './api-request.ts';
import { postAssociate } from './associate.ts';
import { deleteAuthenticator, getAuthenticators } from './authenticators.ts';
import { postChallenge } from './challenge.ts';
import { toDiscoveryDocument } from './discovery.ts';
import { toJsonResponse } from './json-response.ts';
import { postToken } from './token.ts';
import { getUserinfo } from './userinfo.ts';

/** What a request brings along into the routes: the tenant as it is now, and the body as text. */
export interface RouteBindings {
  readonly tenant: Tenant;
  readonly body: string;
}

type RouteContext = Context<{ Bindings: RouteBindings }>;

/** The routes of the tenant itself. Browsers of any origin may call them, as public clients do. */
export function createTenantApi(): Hono<{ Bindings: RouteBindings }> {
  const app = new Hono<{ Bindings: RouteBindings }>();
  app.use(
    cors({
      origin: '*',
      exposeHeaders: [
        'date',
        'retry-after',
        'www-authenticate',
        'x-ratelimit-limit',
        'x-ratelimit-remaining',
        'x-ratelimit-reset',
      ],
      maxAge: 600,
    }),
  );
  app.get('/.well-known/openid-configuration', (c) => toJsonResponse(200, toDiscoveryDocument(c.env.tenant)));
  app.get('/.well-known/jwks.json', async (c) =>
    toJsonResponse(200, (await c.env.tenant.signingKeys()).jwks),
  );
  app.post('/oauth/token', (c) => postToken(toApiRequest(c)));
  app.post('/mfa/associate', (c) => postAssociate(toApiRequest(c)));
  app.post('/mfa/challenge', (c) => postChallenge(toApiRequest(c)));
  app.get('/mfa/authenticators', (c) => getAuthenticators(toApiRequest(c)));
  app.delete('/mfa/authenticators/:id', (c) => deleteAuthenticator(toApiRequest(c), c.req.param('id')));
  app.get('/userinfo', (c) => getUserinfo(toApiRequest(c)));
  app.post('/userinfo', (c) => getUserinfo(toApiRequest(c)));
  return app;
}

function toApiRequest(c: RouteContext): ApiRequest {
  const { headers } = c.req.raw;
  return {
    tenant: c.env.tenant,
    headers,
    params: parseBody(c.env.body, headers.get('content-type') ?? ''),
  };
}
