import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ExpressAuth, type ExpressAuthConfig, getSession } from '@auth/express';
import credentials from '@auth/express/providers/credentials';
import { createTestKit } from '@stepgate/server/testing';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node';
import express, { type Express, type Request } from 'express';
import session, { type SessionData } from 'express-session';
import passport, { Strategy } from 'passport';
import { call } from 'suites/http.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGate, type ExpressGateOptions, identifyBySession } from '../src/index.ts';

declare module 'express-session' {
  interface SessionData {
    /** What passport keeps: the result of `serializeUser`. */
    passport?: { readonly user?: string };
  }
}

const SUB = 'auth0|ada';
const SECRET = 'a secret of at least 32 characters, for tests';
const policy = { maxAge: '5m' } as const;

/** A browser: what it is given by cookies, it sends. */
interface Browser {
  send(
    method: string,
    path: string,
    options?: { json?: object; form?: Record<string, string> },
  ): ReturnType<typeof call>;
  readonly cookies: Map<string, string>;
}

/** A login library in an app. */
interface Login {
  readonly identify: ExpressGateOptions['identify'];
  /** Mounts the library, in front of the gate. */
  mount(app: Express): void;
  signIn(browser: Browser): Promise<unknown>;
  signOut(browser: Browser): Promise<unknown>;
}

function browse(url: string): Browser {
  const cookies = new Map<string, string>();
  return {
    cookies,
    async send(method, path, { json, form } = {}) {
      const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
      const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
      const body = form ? new URLSearchParams(form).toString() : json && JSON.stringify(json);
      const answer = await call(method, url + path, {
        headers: { cookie, origin: url, ...(body !== undefined && { 'content-type': type }) },
        body,
      });
      for (const text of answer.cookies) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
        if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(text)) cookies.delete(name);
        else cookies.set(name, value);
      }
      return answer;
    },
  };
}

function withPassport(): Login {
  const authenticator = new passport.Passport();
  authenticator.use(
    'test',
    new (class extends Strategy {
      override authenticate(): void {
        this.success({ sub: SUB });
      }
    })(),
  );
  // What is kept in the session is the user's `sub` at the tenant.
  authenticator.serializeUser((user, done) => done(null, (user as { readonly sub: string }).sub));
  authenticator.deserializeUser((sub: string, done) => done(null, { sub }));
  return {
    identify: identifyBySession({ subject: ({ passport: kept }: Partial<SessionData>) => kept?.user }),
    mount(app) {
      app.use(session({ secret: SECRET, resave: false, saveUninitialized: false }), authenticator.session());
      app.post('/login', authenticator.authenticate('test'), (_req, res) => void res.send('welcome'));
      app.post('/logout', (req, res, next) => req.logout((error) => (error ? next(error) : res.send('bye'))));
    },
    signIn: (browser) => browser.send('POST', '/login'),
    signOut: (browser) => browser.send('POST', '/logout'),
  };
}

function withBetterAuth(): Login {
  const auth = betterAuth({
    baseURL: 'http://127.0.0.1',
    trustedOrigins: ['http://127.0.0.1:*'],
    secret: SECRET,
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true },
    // Its users have ids of its own: keep the user's `sub` at the tenant beside them.
    user: { additionalFields: { sub: { type: 'string', input: false, required: false } } },
    databaseHooks: { user: { create: { before: async (user) => ({ data: { ...user, sub: SUB } }) } } },
    telemetry: { enabled: false },
  });
  const account = { email: 'ada@bank.example', password: 'correct-horse-battery' };
  let isKnown = false;
  return {
    async identify({ headers }) {
      const found = await auth.api.getSession({ headers: fromNodeHeaders(headers) });
      return found?.user.sub ? { subject: found.user.sub, sessionId: found.session.id } : undefined;
    },
    mount: (app) => void app.all('/api/auth/*path', toNodeHandler(auth)),
    async signIn(browser) {
      const path = isKnown ? 'sign-in' : 'sign-up';
      isKnown = true;
      await browser.send('POST', `/api/auth/${path}/email`, { json: { ...account, name: 'Ada' } });
    },
    signOut: (browser) => browser.send('POST', '/api/auth/sign-out', { json: {} }),
  };
}

function withAuthJs(): Login {
  const config: ExpressAuthConfig = {
    secret: SECRET,
    trustHost: true,
    providers: [credentials({ credentials: {}, authorize: () => ({ id: SUB }) })],
    callbacks: {
      // `account` is there at the sign-in alone. Its sessions have no id, so name the login.
      jwt: ({ token, account }) =>
        account ? { ...token, sub: account.providerAccountId, loginId: randomUUID() } : token,
      session: ({ session: told, token }) => ({ ...told, sub: token.sub, loginId: token.loginId }),
    },
  };
  return {
    async identify(req: Request) {
      const found = (await getSession(req, config)) as { sub?: string; loginId?: string } | null;
      return found?.sub && found.loginId ? { subject: found.sub, sessionId: found.loginId } : undefined;
    },
    mount: (app) => void app.use('/auth', ExpressAuth(config)),
    async signIn(browser) {
      const { csrfToken } = (await browser.send('GET', '/auth/csrf')).json<{ csrfToken: string }>();
      await browser.send('POST', '/auth/callback/credentials', { form: { csrfToken } });
    },
    async signOut(browser) {
      const { csrfToken } = (await browser.send('GET', '/auth/csrf')).json<{ csrfToken: string }>();
      await browser.send('POST', '/auth/signout', { form: { csrfToken } });
    },
  };
}

describe.each<[string, () => Login]>([
  ['passport', withPassport],
  ['better-auth', withBetterAuth],
  ['Auth.js', withAuthJs],
])('a login by %s', (_name, createLogin) => {
  it('is known by its `sub`, binds approvals to itself, and ends them with the logout', async () => {
    const login = createLogin();
    const kit = createTestKit();
    const app = express();
    app.set('trust proxy', 'loopback');
    login.mount(app);
    const gate = createGate({ ...kit.options, identify: login.identify });
    app.use(gate);
    app.get('/identity', async (req, res) => {
      res.json((await login.identify(req, { again: false })) ?? null);
    });
    app.post('/transfers', gate.require(policy), (_req, res) => void res.json({ done: true }));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const browser = browse(url);
    const identity = async () =>
      (await browser.send('GET', '/identity')).json<{ subject: string; sessionId: string }>();
    const transfer = async (headers: Readonly<Record<string, string>> = {}) => {
      const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
      const answer = await call('POST', `${url}/transfers`, { headers: { cookie, ...headers } });
      return answer.status === 200 ? 'done' : answer.json<{ error: string }>().error;
    };

    expect(await transfer()).toBe('login_required');
    await login.signIn(browser);
    const first = await identity();
    const approved = await kit.approve(first, { policy });
    expect(first.subject).toBe(SUB);
    expect(await identity()).toEqual(first);
    expect(await transfer()).toBe('insufficient_user_authentication');
    expect(await transfer(approved)).toBe('done');

    await login.signOut(browser);
    expect(await transfer(approved)).toBe('login_required');
    await login.signIn(browser);
    expect((await identity()).sessionId).not.toBe(first.sessionId);
    expect(await transfer(approved)).toBe('insufficient_user_authentication');
  });
});
