import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { auth } from 'express-openid-connect';
import { afterAll, expect, it } from 'vitest';
import { multiFactor, startHttpsTenant } from './https-tenant.ts';

const { emulator, issuer } = await startHttpsTenant();

/** An app with express-openid-connect, and a browser of it. */
function startApp(options: { readonly isCode?: boolean } = {}) {
  const app = express();
  const server = createServer(app).listen(0);
  afterAll(() => server.close());
  const base = `http://localhost:${(server.address() as AddressInfo).port}`;
  app.use(
    auth({
      issuerBaseURL: issuer,
      baseURL: base,
      clientID: 'stepgate-demo',
      secret: 'a secret of the app for its cookies',
      authRequired: false,
      idpLogout: true,
      ...(options.isCode && {
        clientSecret: 'stepgate-demo-secret',
        authorizationParams: { response_type: 'code', scope: 'openid profile' },
      }),
    }),
  );
  app.get('/step-up', (_request, response) =>
    response.oidc.login({ authorizationParams: { acr_values: multiFactor }, returnTo: '/' }),
  );
  app.get('/me', (request, response) => void response.json(request.oidc.idTokenClaims ?? null));

  const cookies = new Map<string, string>();
  const tenantCookies = new Map<string, string>();
  async function visit(path: string, form?: Readonly<Record<string, string>>): Promise<Response> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(new URL(path, base), {
      headers: { cookie },
      redirect: 'manual',
      ...(form !== undefined && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const header of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  }
  return {
    visit,
    signIn: async (path = '/login'): Promise<Response> => {
      const address = (await visit(path)).headers.get('location') ?? '';
      const { url, form } = await emulator.completeLogin(address, { cookies: tenantCookies });
      return visit(url, form);
    },
    me: async (): Promise<Record<string, unknown> | null> => (await visit('/me')).json(),
    base,
  };
}

it.each([
  ['with its defaults, an id_token by form', false],
  ['with the code flow', true],
])('express-openid-connect signs in, steps up and signs out: %s', async (_case, isCode) => {
  const { signIn, me, visit, base } = startApp({ isCode });
  expect((await signIn()).status).toBe(302);
  expect(await me()).toMatchObject({ sub: emulator.users()[0]?.sub });

  await signIn('/step-up');
  expect(await me()).toMatchObject({ amr: ['mfa'], acr: multiFactor });

  const logout = await visit('/logout');
  const left = await fetch(logout.headers.get('location') ?? '', { redirect: 'manual' });
  expect([left.status, new URL(left.headers.get('location') ?? '').origin]).toEqual([302, base]);
  expect(await me()).toBeNull();
});
