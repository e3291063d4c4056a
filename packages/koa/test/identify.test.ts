import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Koa, { type Middleware } from 'koa';
import jwt from 'koa-jwt';
import session from 'koa-session';
import { describe, expect, it, onTestFinished } from 'vitest';
import { auth0, createGate, identifyByBearer, identifyBySession, type KoaGateOptions } from '../src/index.ts';

const secret = 'a secret of at least 32 characters, for tests';

interface AppSession {
  member?: { readonly sub: string };
}

interface App {
  readonly url: string;
  readonly errors: readonly unknown[];
}

/** An app with one guarded route behind these middlewares, some in front of the gate and some behind it. */
async function listen(
  identify: KoaGateOptions['identify'],
  middlewaresOf: (app: Koa) => readonly Middleware[],
  behindOf: (app: Koa) => readonly Middleware[] = () => [],
): Promise<App> {
  const errors: unknown[] = [];
  const app = new Koa();
  app.keys = [secret];
  const gate = createGate({
    provider: auth0({ issuer: 'https://tenant.test/', clientId: 'stepgate-demo' }),
    secret,
    identify,
    firstLeg: { password: { username: () => 'ada' } },
    onError: (error) => errors.push(error),
  });
  for (const middleware of middlewaresOf(app)) app.use(middleware);
  app.use(gate);
  for (const middleware of behindOf(app)) app.use(middleware);
  const guard = gate.require({ maxAge: '5m' });
  app.use(async (ctx, next) => {
    if (ctx.path !== '/login') return guard(ctx, next);
    (ctx.session as AppSession).member = { sub: 'auth0|ada' };
    ctx.body = 'welcome';
  });
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, errors };
}

async function transfer({ url }: App, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const response = await fetch(`${url}/transfers`, { method: 'POST', headers });
  return { status: response.status, ...((await response.json()) as object) };
}

describe('identifyBySession with koa-session', () => {
  const bySession = identifyBySession({ subject: (kept: AppSession) => kept.member?.sub });

  it('asks for an approval after a login, and for a login before', async () => {
    const app = await listen(bySession, (koa) => [session(koa) as Middleware]);
    expect(await transfer(app)).toMatchObject({ status: 401, error: 'login_required' });
    const login = await fetch(`${app.url}/login`, { method: 'POST' });
    const cookie = login.headers
      .getSetCookie()
      .map((text) => text.split(';')[0])
      .join('; ');
    expect(await transfer(app, { cookie })).toMatchObject({
      status: 401,
      error: 'insufficient_user_authentication',
    });
    expect(app.errors).toEqual([]);
  });

  it('logs that the gate comes before the session, and does not tell the client', async () => {
    const app = await listen(bySession, () => []);
    expect(await transfer(app)).toMatchObject({ status: 500, error: 'misconfigured' });
    expect(String(app.errors[0])).toContain('Mount the session middleware before the gate');
  });

  it.each([
    ['a cookie', {}],
    ['a store', { store: { get: async () => ({}), set: async () => {}, destroy: async () => {} } }],
  ])('logs it too when the session comes after the gate, kept in %s', async (_, options) => {
    const app = await listen(
      bySession,
      () => [],
      (koa) => [session(options, koa) as Middleware],
    );

    for (const path of ['/step-up/flow', '/step-up/authenticators']) {
      const response = await fetch(`${app.url}${path}`);
      expect(response.status).toBe(500);
      expect(await response.json()).toMatchObject({ error: 'misconfigured' });
    }
    expect(app.errors.map(String)).toEqual(
      Array(2).fill(expect.stringContaining('Mount the session middleware before the gate')),
    );
  });
});

it('reads a session of koa-session from its store when it is asked again', async () => {
  const bySession = identifyBySession({ subject: (kept: AppSession) => kept.member?.sub });
  const kept = new Map<string, object>();
  const store = {
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: object) => void kept.set(key, value),
    destroy: async (key: string) => void kept.delete(key),
  };
  const app = new Koa();
  app.keys = [secret];
  app.use(session({ store }, app) as Middleware);
  app.use(async (ctx) => {
    if (ctx.path === '/login') {
      (ctx.session as AppSession).member = { sub: 'auth0|ada' };
      ctx.body = 'welcome';
      return;
    }
    const found = [bySession(ctx)];
    if (ctx.path === '/stream') {
      found.push(await bySession(ctx, { again: true }));
      kept.clear();
      found.push(await bySession(ctx, { again: true }));
    }
    ctx.body = JSON.stringify(found);
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const login = await fetch(`${url}/login`);
  const cookie = login.headers
    .getSetCookie()
    .map((text) => text.split(';')[0])
    .join('; ');

  // The first request of a login keeps its name in the session.
  await fetch(url, { headers: { cookie } });
  const stream = await fetch(`${url}/stream`, { headers: { cookie } });
  const [first, again, afterwards] = (await stream.json()) as unknown[];

  expect(first).toMatchObject({ subject: 'auth0|ada' });
  expect(again).toEqual(first);
  expect(afterwards).toBeNull();
});

describe('identifyByBearer with koa-jwt', () => {
  it('identifies the caller by the validated token', async () => {
    const validate = jwt({ secret, algorithms: ['HS256'], passthrough: true }) as Middleware;
    const app = await listen(identifyByBearer(), () => [validate]);
    const authorization = (claims: object) => ({ authorization: `Bearer ${sign(claims)}` });

    expect(await transfer(app)).toMatchObject({ status: 401, error: 'login_required' });
    expect(await transfer(app, authorization({ sub: 'auth0|ada', jti: 't1' }))).toMatchObject({
      status: 401,
      error: 'insufficient_user_authentication',
    });
    expect(app.errors).toEqual([]);
    expect(await transfer(app, authorization({ sub: 'auth0|ada' }))).toMatchObject({
      status: 500,
      error: 'misconfigured',
    });
    expect(String(app.errors[0])).toContain('unboundSession: true');
  });
});

/** A JWT signed with the secret (HS256). */
function sign(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}
