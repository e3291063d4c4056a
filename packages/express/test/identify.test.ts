import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createEmulator } from '@stepgate/emulator';
import express, { type Express, type RequestHandler } from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import session, { MemoryStore } from 'express-session';
import { createTestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  auth0,
  createGate,
  type ExpressGateOptions,
  identifyByBearer,
  identifyBySession,
} from '../src/index.ts';

declare module 'express-session' {
  interface SessionData {
    member?: { readonly sub: string };
  }
}

const secret = 'a secret of at least 32 characters, for tests';
const AUDIENCE = 'https://bank.example/';

interface App {
  readonly url: string;
  readonly errors: readonly unknown[];
}

/** An app with one guarded route behind these middlewares; `identify` is all that differs. */
async function listen(
  identify: ExpressGateOptions['identify'],
  issuer: string,
  ...middlewares: readonly RequestHandler[]
): Promise<App> {
  const errors: unknown[] = [];
  const app: Express = express();
  const gate = createGate({
    provider: auth0({ issuer, clientId: 'stepgate-demo', allowInsecureIssuer: true }),
    secret,
    identify,
    firstLeg: { password: { username: () => 'ada' } },
    onError: (error) => errors.push(error),
  });
  for (const middleware of middlewares) app.use(middleware);
  app.use(gate);
  app.post('/login', (req, res) => {
    req.session.member = { sub: 'auth0|ada' };
    res.end();
  });
  app.post('/transfers', gate.require({ maxAge: '5m' }), (_req, res) => void res.end('done'));
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, errors };
}

async function transfer({ url }: App, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const response = await fetch(`${url}/transfers`, { method: 'POST', headers });
  return { status: response.status, ...((await response.json()) as object) };
}

describe('identifyBySession with express-session', () => {
  const bySession = identifyBySession({ subject: (kept: { member?: { sub: string } }) => kept.member?.sub });
  const sessions = session({ secret, resave: false, saveUninitialized: false });

  it('asks for an approval after a login, and for a login before', async () => {
    const app = await listen(bySession, 'http://127.0.0.1:9/', sessions);
    expect(await transfer(app)).toMatchObject({ status: 401, error: 'login_required' });
    const login = await fetch(`${app.url}/login`, { method: 'POST' });
    const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    expect(await transfer(app, { cookie })).toMatchObject({
      status: 401,
      error: 'insufficient_user_authentication',
    });
    expect(app.errors).toEqual([]);
  });

  it('recognises one login in the concurrent calls of a page after a login', async () => {
    // Every call has its copy of the session before the first one is answered.
    const waiting: (() => void)[] = [];
    const together: RequestHandler = (req, _res, next) => {
      if (req.path !== '/transfers') return next();
      waiting.push(next);
      if (waiting.length === 4) for (const goOn of waiting) goOn();
    };
    const app = await listen(bySession, 'http://127.0.0.1:9/', sessions, together);
    const login = await fetch(`${app.url}/login`, { method: 'POST' });
    const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const refusals = await Promise.all([1, 2, 3, 4].map(() => transfer(app, { cookie })));

    let handle = '';
    const statuses: number[] = [];
    for (const refusal of refusals) {
      const { requirement } = (refusal as { step_up: { requirement: string } }).step_up;
      const started = await fetch(`${app.url}/step-up/flow`, {
        method: 'POST',
        headers: { cookie: `${cookie}; ${handle}`, 'content-type': 'application/json' },
        body: JSON.stringify({ requirement }),
      });
      handle = started.headers.getSetCookie()[0]?.split(';')[0] ?? handle;
      statuses.push(started.status);
    }
    expect(statuses).toEqual([201, 200, 200, 200]);
  });

  it('logs that the gate comes before the session, and does not tell the client', async () => {
    const app = await listen(bySession, 'http://127.0.0.1:9/');
    expect(await transfer(app)).toEqual({
      status: 500,
      error: 'misconfigured',
      error_description: 'the server is not set up rightly',
    });
    expect(String(app.errors[0])).toContain('Mount the session middleware before the gate');
  });
});

describe.each([
  ['saves', true],
  ['leaves', false],
])('an event stream over express-session, which %s unchanged sessions', (_, resave) => {
  it('ends within seconds of the logout, and does not bring the session back', async () => {
    const tenant = createTestTenant();
    const store = new MemoryStore();
    const gate = createGate({
      provider: tenant.provider,
      secret,
      testing: { clock: tenant.clock },
      identify: identifyBySession({ subject: (kept: { member?: { sub: string } }) => kept.member?.sub }),
      firstLeg: { password: { username: () => 'ada' } },
    });
    const app = express();
    app.use(session({ secret, resave, saveUninitialized: false, store }), gate);
    app.post('/login', (req, res) => {
      req.session.member = { sub: tenant.ada.subject };
      res.end();
    });
    app.post('/logout', (req, res) => req.session.destroy(() => res.end()));
    app.post('/transfers', gate.require(), (_req, res) => void res.end('done'));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const cookies: string[] = [];
    const send = async (method: string, path: string, body?: unknown, headers = {}): Promise<Response> => {
      const answer = await fetch(url + path, {
        method,
        headers: { cookie: cookies.join('; '), 'content-type': 'application/json', ...headers },
        body: body === undefined ? null : JSON.stringify(body),
      });
      cookies.push(...answer.headers.getSetCookie().map((cookie) => cookie.split(';', 1).join()));
      return answer;
    };
    await send('POST', '/login');
    const { step_up } = (await (await send('POST', '/transfers')).json()) as {
      step_up: { requirement: string };
    };
    await send('POST', '/step-up/flow', { requirement: step_up.requirement });

    const stream = await send('GET', '/step-up/flow', undefined, { accept: 'text/event-stream' });
    await tenant.clock.whenWaited();
    await send('POST', '/logout');
    tenant.clock.advance(5_000);

    expect(await stream.text()).toMatch(/^id: \d+\nevent: view\ndata: [^\n]+\n\n$/);
    expect(await new Promise((resolve) => store.all((_error, all) => resolve(all)))).toEqual({});
  });
});

describe('identifyByBearer with express-oauth2-jwt-bearer', () => {
  it('identifies the caller by the validated token', async () => {
    const tenant = await createEmulator().listen();
    onTestFinished(() => tenant.close());
    const issuer = tenant.url.replace(/\/?$/, '/');
    const validate = auth({ issuerBaseURL: tenant.url, issuer, audience: AUDIENCE, authRequired: false });
    const app = await listen(identifyByBearer({ unboundSession: true }), issuer, validate);
    const signedIn = await fetch(`${issuer}oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'password',
        client_id: 'stepgate-demo',
        client_secret: 'stepgate-demo-secret',
        audience: AUDIENCE,
        username: 'ada',
        password: 'correct-horse',
      }),
    });
    const { access_token: token } = (await signedIn.json()) as { access_token: string };

    expect(await transfer(app)).toMatchObject({ status: 401, error: 'login_required' });
    expect(await transfer(app, { authorization: `Bearer ${token}` })).toMatchObject({
      status: 401,
      error: 'insufficient_user_authentication',
    });
    expect(app.errors).toEqual([]);
  });
});
