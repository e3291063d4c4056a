import { ServerClient } from '@auth0/auth0-server-js';
import { decodeJwt } from 'jose';
import { expect, it } from 'vitest';
import { multiFactor, startHttpsTenant } from './https-tenant.ts';

const { emulator, domain, issuer } = await startHttpsTenant();
const redirect = 'http://localhost:3000/auth/callback';

/** Kept in memory in place of a cookie. */
function createStore<T>() {
  const kept = new Map<string, T>();
  return {
    get: async (id: string) => kept.get(id),
    set: async (id: string, value: T) => void kept.set(id, value),
    delete: async (id: string) => void kept.delete(id),
    deleteByLogoutToken: async () => {},
  };
}

const app = new ServerClient({
  domain,
  clientId: 'stepgate-demo',
  clientSecret: 'stepgate-demo-secret',
  authorizationParams: { redirect_uri: redirect, scope: 'openid profile offline_access' },
  stateStore: createStore(),
  transactionStore: createStore(),
});

it('auth0-server-js signs in, steps up, renews and signs out', async () => {
  const cookies = new Map<string, string>();
  const signIn = async (authorizationParams: Record<string, string> = {}) => {
    const address = await app.startInteractiveLogin({ authorizationParams, appState: { from: '/' } });
    const { url } = await emulator.completeLogin(address.href, { cookies });
    return app.completeInteractiveLogin<{ from: string }>(new URL(url));
  };
  expect((await signIn()).appState).toEqual({ from: '/' });
  expect(await app.getUser()).toMatchObject({ nickname: 'ada' });
  expect((await app.getUser())?.amr).toBeUndefined();

  await signIn({ acr_values: multiFactor });
  // The user of a session stays as at its start: what the step-up proves is in its id_token.
  const { idToken = '' } = (await app.getSession()) ?? {};
  expect(decodeJwt(idToken)).toMatchObject({ amr: ['mfa'], acr: multiFactor });

  const before = await app.getAccessToken();
  emulator.clock.advance(1_000);
  const after = await app.getAccessToken({ audience: 'https://bank.example/', scope: 'openid profile' });
  expect([before.accessToken, after.accessToken].every(Boolean)).toBe(true);

  const logout = await app.logout({ returnTo: 'http://localhost:3000/' });
  expect(logout.href.startsWith(`${issuer}oidc/logout?`)).toBe(true);
  const { status, headers } = await fetch(logout, { redirect: 'manual' });
  expect([status, headers.get('location')]).toEqual([302, 'http://localhost:3000/']);
  expect(await app.getUser()).toBeUndefined();
});

it('auth0-server-js comes back with an error when the user cancels', async () => {
  const address = await app.startInteractiveLogin();
  const { url } = await emulator.completeLogin(address.href, { decision: 'cancel' });
  await expect(app.completeInteractiveLogin(new URL(url))).rejects.toMatchObject({
    cause: { error: 'access_denied' },
  });
});
