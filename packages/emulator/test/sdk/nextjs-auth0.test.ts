import { Auth0Client } from '@auth0/nextjs-auth0/server';
import { decodeJwt } from 'jose';
import { NextRequest, NextResponse } from 'next/server.js';
import { expect, it, vi } from 'vitest';
import { multiFactor, startHttpsTenant } from './https-tenant.ts';

const { emulator, issuer } = await startHttpsTenant();
// It says that the cookie of a session with two tokens is large.
vi.spyOn(console, 'warn').mockImplementation(() => {});
const base = 'http://localhost:3000';
const app = new Auth0Client({
  // With a port it has to be a URL, and localhost has to be allowed.
  domain: issuer,
  allowInsecureRequests: true,
  clientId: 'stepgate-demo',
  clientSecret: 'stepgate-demo-secret',
  appBaseUrl: base,
  secret: 'a secret of the app for its cookies, 32 bytes long',
  authorizationParameters: { scope: 'openid profile offline_access' },
  enableAccessTokenEndpoint: true,
});

interface RequestOptions {
  readonly bearer?: string;
  readonly json?: unknown;
}

/** A browser of the app: its cookies, and its way through the app's middleware. */
function createVisitor() {
  const cookies = new Map<string, string>();
  const tenantCookies = new Map<string, string>();
  const toRequest = (path: string, { bearer, json }: RequestOptions = {}) => {
    const headers = new Headers({
      cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    });
    const post = json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) };
    return new NextRequest(new URL(path, base), { ...post, headers });
  };
  const keep = (response: Response): Response => {
    for (const header of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
  const visitor = {
    toRequest,
    visit: async (path: string, options?: RequestOptions) =>
      keep(await app.middleware(toRequest(path, options))),
    async signIn(query = '') {
      const login = await visitor.visit(`/auth/login${query}`);
      const address = login.headers.get('location') ?? '';
      const { url } = await emulator.completeLogin(address, { cookies: tenantCookies });
      return visitor.visit(url);
    },
    session: () => app.getSession(toRequest('/')),
  };
  return visitor;
}

it('nextjs-auth0 signs in, steps up by redirect and signs out', async () => {
  const visitor = createVisitor();
  await visitor.signIn();
  expect((await visitor.session())?.user).toMatchObject({ nickname: 'ada' });

  await visitor.signIn(`?${new URLSearchParams({ acr_values: multiFactor })}`);
  const { tokenSet } = (await visitor.session()) ?? {};
  expect(decodeJwt(tokenSet?.idToken ?? '')).toMatchObject({ amr: ['mfa'] });

  const logout = await visitor.visit('/auth/logout');
  const left = await fetch(logout.headers.get('location') ?? '', { redirect: 'manual' });
  expect([left.status, left.headers.get('location')]).toEqual([302, base]);
  expect(await visitor.session()).toBeNull();
});

it('nextjs-auth0 steps up with its MFA client, which filters authenticators by their type', async () => {
  emulator.configure({ mfaRequirements: { challenge: ['otp', 'push-notification'] } });
  emulator.enroll('ada', { factor: 'push' });
  emulator.enroll('ada', { factor: 'sms' });
  const visitor = createVisitor();
  await visitor.signIn();

  const asking = { audience: 'https://bank.example/', scope: 'openid transfer:funds' };
  const asked = app.getAccessToken(visitor.toRequest('/'), new NextResponse(), { ...asking, refresh: true });
  const required = await asked.catch((error: { code: string; mfa_token: string }) => error);
  if (!('mfa_token' in required)) throw new Error('MFA was not asked for');
  expect(required.code).toBe('mfa_required');

  const bearer = required.mfa_token;
  const listed = await (await visitor.visit('/auth/mfa/authenticators', { bearer })).json();
  expect(listed.map(({ type }: { type: string }) => type)).toEqual(['push-notification', 'otp']);
  const otp = emulator.phone('ada').codes()[0]?.code;
  const verified = await visitor.visit('/auth/mfa/verify', { bearer, json: { otp } });
  expect(await verified.json()).toEqual({ success: true });
  const { token } = await app.getAccessToken(visitor.toRequest('/'), new NextResponse(), asking);
  expect(decodeJwt(token).scope).toMatch(/transfer:funds/);
});
