import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import { Strategy } from 'passport-auth0';
import { afterAll, expect, it } from 'vitest';
import { multiFactor, startHttpsTenant } from './https-tenant.ts';

const { emulator, domain } = await startHttpsTenant();

const app = express();
const server = createServer(app).listen(0);
afterAll(() => server.close());
const base = `http://localhost:${(server.address() as AddressInfo).port}`;

let lastIdToken = '';
passport.use(
  new Strategy(
    {
      domain,
      clientID: 'stepgate-demo',
      clientSecret: 'stepgate-demo-secret',
      callbackURL: `${base}/callback`,
      state: true,
    },
    (_accessToken, _refreshToken, extra, profile, done) => {
      lastIdToken = (extra as { readonly id_token: string }).id_token;
      done(null, profile);
    },
  ),
);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user: Express.User, done) => done(null, user));
app.use(session({ secret: 'a secret', resave: false, saveUninitialized: false }));
app.use(passport.session());
app.get('/login', (request, response, next) => {
  const acr = request.query.acr_values;
  const options = { scope: 'openid profile', ...(acr !== undefined && { acr_values: acr }) };
  passport.authenticate('auth0', options)(request, response, next);
});
app.get('/callback', passport.authenticate('auth0'), (_request, response) => void response.send('welcome'));
app.get('/me', (request, response) => void response.json(request.user ?? null));
app.get('/logout', (request, response, next) => {
  request.logout((error: unknown) => {
    if (error) return next(error);
    const query = new URLSearchParams({ client_id: 'stepgate-demo', returnTo: `${base}/` });
    response.redirect(`https://${domain}/v2/logout?${query}`);
  });
});

it('passport-auth0 signs in, steps up and signs out', async () => {
  let cookie = '';
  const tenantCookies = new Map<string, string>();
  const visit = async (path: string) => {
    const response = await fetch(new URL(path, base), { headers: { cookie }, redirect: 'manual' });
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    return response;
  };
  const signIn = async (query = '') => {
    const login = await visit(`/login${query}`);
    const address = login.headers.get('location') ?? '';
    const { url } = await emulator.completeLogin(address, { cookies: tenantCookies });
    return (await visit(url)).text();
  };
  const claims = (): Record<string, unknown> =>
    JSON.parse(Buffer.from(lastIdToken.split('.')[1] ?? '', 'base64url').toString());

  expect(await signIn()).toBe('welcome');
  expect(await (await visit('/me')).json()).toMatchObject({
    id: emulator.users()[0]?.sub,
    displayName: 'ada@example.com',
    nickname: 'ada',
  });
  expect(claims()).not.toHaveProperty('amr');

  await signIn(`?${new URLSearchParams({ acr_values: multiFactor })}`);
  expect(claims()).toMatchObject({ amr: ['mfa'] });

  const logout = await visit('/logout');
  const left = await fetch(logout.headers.get('location') ?? '', { redirect: 'manual' });
  expect(left.headers.get('location')).toBe(`${base}/`);
  expect(await (await visit('/me')).json()).toBeNull();
});
