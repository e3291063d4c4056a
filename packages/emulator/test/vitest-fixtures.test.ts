import { describe, expect } from 'vitest';
import { connectTenant, startTenant } from '../src/testing/index.ts';
import { createTest, type TestTenant } from '../src/testing/vitest.ts';

const test = createTest({
  tenant: { mfaPolicy: 'always' },
  user: { factors: [{ factor: 'push' }] },
});
const grantType = 'http://auth0.com/oauth/grant-type/';

/** What an app does with the environment that it was given. */
function createApp({ AUTH0_ISSUER = '', AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET }: TestTenant['env']) {
  async function post(path: string, params: Record<string, string | undefined>) {
    const body = JSON.stringify({
      ...params,
      client_id: AUTH0_CLIENT_ID,
      client_secret: AUTH0_CLIENT_SECRET,
    });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(new URL(path, AUTH0_ISSUER), { method: 'POST', headers, body });
    return (await response.json()) as Record<string, string>;
  }
  return {
    signIn: ({ username, password }: { username: string; password: string }) =>
      post('oauth/token', { grant_type: 'password', username, password }),
    push: (mfaToken = '') => post('mfa/challenge', { mfa_token: mfaToken, challenge_type: 'oob' }),
    redeem: (mfaToken = '', oobCode = '') =>
      post('oauth/token', { grant_type: `${grantType}mfa-oob`, mfa_token: mfaToken, oob_code: oobCode }),
    otp: (mfaToken = '', otp = '') =>
      post('oauth/token', { grant_type: `${grantType}mfa-otp`, mfa_token: mfaToken, otp }),
  };
}

describe('the fixtures for Vitest', () => {
  const seen: string[] = [];

  for (const decision of ['approve', 'deny'] as const) {
    test(`hand a user with a phone to each test, to ${decision}`, async ({ tenant, user, phone }) => {
      seen.push(user.username);
      const app = createApp(tenant.env);
      const { mfa_token: mfaToken } = await app.signIn(user);
      // The phone waits for a push that comes later.
      const answered = phone[decision]();
      const { oob_code: oobCode } = await app.push(mfaToken);
      expect(await answered).toMatchObject({ client: 'Demo app with a server', status: /approved|denied/ });
      const tokens = await app.redeem(mfaToken, oobCode);
      expect(Object.keys(tokens)).toContain(decision === 'approve' ? 'access_token' : 'error');
    });
  }

  test('hand out what a CIBA request shows', async ({ tenant, user, phone }) => {
    const { AUTH0_ISSUER = '', AUTH0_CLIENT_ID = '', AUTH0_CLIENT_SECRET = '' } = tenant.env;
    const form = {
      client_id: AUTH0_CLIENT_ID,
      client_secret: AUTH0_CLIENT_SECRET,
      scope: 'openid',
      binding_message: 'K7QM-Transfer-250-EUR',
      login_hint: JSON.stringify({ format: 'iss_sub', iss: AUTH0_ISSUER, sub: user.sub }),
      authorization_details: JSON.stringify([{ type: 'money_transfer', to_account: 'Grace' }]),
    };
    const push = phone.nextPush();
    await fetch(new URL('bc-authorize', AUTH0_ISSUER), { method: 'POST', body: new URLSearchParams(form) });
    expect(await push).toMatchObject({
      kind: 'ciba',
      message: 'K7QM-Transfer-250-EUR',
      details: [{ type: 'money_transfer', to_account: 'Grace' }],
    });
    expect(await phone.deny()).toMatchObject({ status: 'denied' });
  });

  test('hand out each one-time password once', async ({ tenant, user, phone }) => {
    const app = createApp(tenant.env);
    const code = await phone.code();
    const { mfa_token: mfaToken } = await app.signIn(user);
    expect(await app.otp(mfaToken, code)).toHaveProperty('access_token');
    const next = phone.code();
    await tenant.advance(30_000);
    expect(await next).not.toBe(code);
  });

  test('end a wait with what was missing', async ({ phone }) => {
    await expect(phone.nextPush({ timeoutMs: 1 })).rejects.toThrow(/^No push arrived on the phone of user-/);
    await expect(phone.scan({ timeoutMs: 1 })).rejects.toThrow('No QR code was shown');
    await expect(phone.nextMessage({ timeoutMs: 1 })).rejects.toThrow('No message arrived');
  });

  test('remove their users, and keep the tenant', async ({ tenant, user }) => {
    expect(seen).toHaveLength(2);
    expect(new Set([...seen, user.username]).size).toBe(3);
    for (const username of seen) {
      await expect(tenant.phone(username).pushes()).rejects.toThrow(`There is no user ${username}`);
    }
  });

  test('reset one user, while another continues', async ({ tenant, user }) => {
    const app = createApp(tenant.env);
    const other = await tenant.addUser({ factors: [{ factor: 'push' }] });
    const mine = await app.signIn(user);
    const theirs = await app.signIn(other);
    await tenant.resetUser(user.username);
    expect(await app.push(mine.mfa_token)).toHaveProperty('error');
    expect(await app.push(theirs.mfa_token)).toHaveProperty('oob_code');
    await tenant.enroll(user.username, { factor: 'sms' });
    expect(await tenant.requests({ username: other.username })).toMatchObject([
      { path: '/oauth/token' },
      { path: '/mfa/challenge' },
    ]);
  });

  test('change the tenant for all of its tests', async ({ tenant, user }) => {
    const app = createApp(tenant.env);
    await tenant.configure({ mfaPolicy: 'never' });
    expect(await app.signIn(user)).toHaveProperty('access_token');
    await tenant.addFault({ match: { username: user.username }, respond: { status: 503, body: {} } });
    expect(await app.signIn(user)).toEqual({});
    await tenant.reset();
    await expect(tenant.configure({ mfaPolicy: 'sometimes' })).rejects.toThrow('mfaPolicy');
  });

  test('start a tenant over HTTPS, and tell apps what to trust', async () => {
    await using tenant = await startTenant({}, { https: true });
    expect(tenant.env).toMatchObject({
      AUTH0_ISSUER: tenant.url,
      NODE_EXTRA_CA_CERTS: expect.stringContaining('.pem'),
    });
    expect(tenant.url).toMatch(/^https:\/\/localhost:\d+\/$/);
    expect(await tenant.addUser()).toHaveProperty('sub');
  });

  test('connect to a tenant that runs elsewhere', async ({ tenant }) => {
    const same = await connectTenant(tenant.url);
    expect(same.env).toEqual(tenant.env);
    const user = await same.addUser({ username: 'grace' });
    expect(await createApp(same.env).signIn(user)).toHaveProperty('mfa_token');
  });
});
