import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import {
  createTenantClient,
  credentials,
  enrollPush,
  startPush,
  stepUp,
  stoppedClock,
} from './tenant-client.ts';

const emulator = createEmulator({
  clock: stoppedClock,
  clients: [
    { clientId: 'stepgate-demo', clientSecret: 'stepgate-demo-secret' },
    { clientId: 'symmetric', clientSecret: 'a-secret-of-at-least-32-characters', idTokenAlg: 'HS256' },
    { clientId: 'no-password', grantTypes: ['refresh_token'] },
    { clientId: 'spa' },
  ],
});
const client = createTenantClient(emulator);

beforeEach(() => emulator.reset());

describe('discovery', () => {
  it('names the endpoints under the issuer, and keys that verify its tokens', async () => {
    const running = createEmulator();
    const server = await running.listen();
    const configuration = await (await fetch(`${server.url}.well-known/openid-configuration`)).json();
    expect(configuration).toMatchObject({ issuer: server.url, token_endpoint: `${server.url}oauth/token` });
    expect(running.issuer).toBe(server.url);
    const response = await fetch(configuration.token_endpoint, {
      method: 'POST',
      body: new URLSearchParams({
        ...credentials,
        grant_type: 'password',
        username: 'ada',
        password: 'correct-horse',
        scope: 'openid',
      }),
    });
    const { id_token: idToken } = await response.json();
    const keys = createRemoteJWKSet(new URL(configuration.jwks_uri));
    const { payload } = await jwtVerify(idToken, keys, { issuer: server.url, audience: 'stepgate-demo' });
    expect(payload.sub).toMatch(/^auth0\|[0-9a-f]{24}$/);
    await server.close();
  });

  it('keeps its key over a reset, so that cached copies stay valid', async () => {
    const { body: before } = await client.call('GET', '/.well-known/jwks.json');
    emulator.reset();
    const { body: after } = await client.call('GET', '/.well-known/jwks.json');
    expect(after).toEqual(before);
  });
});

describe('the password grant', () => {
  it('yields an access token for the default audience, and neither id_token nor refresh token unasked', async () => {
    const { status, headers, body } = await client.signIn({ scope: 'read:accounts' });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      access_token: expect.any(String),
      scope: 'read:accounts',
      expires_in: 86_400,
      token_type: 'Bearer',
    });
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      iss: emulator.issuer,
      aud: 'https://bank.example/',
      azp: 'stepgate-demo',
      scope: 'read:accounts',
      exp: emulator.clock.now() / 1000 + 86_400,
    });
  });

  it('signs with RS256 under the key of the JWKS', async () => {
    const { body } = await client.signIn({ scope: 'openid' });
    const { body: jwks } = await client.call('GET', '/.well-known/jwks.json');
    const { payload, protectedHeader } = await jwtVerify(
      String(body.id_token),
      createLocalJWKSet(jwks as unknown as Parameters<typeof createLocalJWKSet>[0]),
      { currentDate: new Date(emulator.clock.now()) },
    );
    expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: expect.any(String) });
    expect(payload.aud).toBe('stepgate-demo');
  });

  it('signs id_tokens with HS256 for a client that is configured so', async () => {
    const { body } = await client.signIn({
      client_id: 'symmetric',
      client_secret: 'a-secret-of-at-least-32-characters',
      scope: 'openid',
    });
    expect(decodeProtectedHeader(String(body.id_token)).alg).toBe('HS256');
    expect(decodeProtectedHeader(String(body.access_token)).alg).toBe('RS256');
  });

  it.each([
    ['a wrong password', { password: 'wrong' }, 403, 'invalid_grant'],
    ['an unknown user', { username: 'nobody' }, 403, 'invalid_grant'],
    ['an unknown audience', { audience: 'https://elsewhere.example/' }, 403, 'access_denied'],
    ['a missing password', { password: '' }, 400, 'invalid_request'],
    ['a grant that the client may not use', { client_id: 'no-password' }, 403, 'unauthorized_client'],
  ])('refuses %s', async (_case, params, status, error) => {
    expect(await client.signIn(params)).toMatchObject({ status, body: { error } });
  });

  it('accepts the e-mail address as username, and a realm', async () => {
    const grantType = 'http://auth0.com/oauth/grant-type/password-realm';
    const realm = 'Username-Password-Authentication';
    const params = { grant_type: grantType, username: 'ada@example.com' };
    expect(await client.signIn({ ...params, realm })).toMatchObject({ status: 200 });
    expect(await client.signIn(params)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });
});

describe('refresh tokens', () => {
  async function signInForRefresh(): Promise<string> {
    const { body } = await client.signIn({ scope: 'openid offline_access read:accounts' });
    return String(body.refresh_token);
  }

  const refresh = (token: string, params: Record<string, string> = {}) =>
    client.token({ grant_type: 'refresh_token', refresh_token: token, ...params });

  it('rotate: each yields the next one', async () => {
    const first = await refresh(await signInForRefresh());
    expect(first).toMatchObject({ status: 200, body: { scope: 'openid offline_access read:accounts' } });
    expect(await refresh(String(first.body.refresh_token))).toMatchObject({ status: 200 });
  });

  it('revoke their whole family when one is used twice', async () => {
    const stolen = await signInForRefresh();
    const { body } = await refresh(stolen);
    expect(await refresh(stolen)).toMatchObject({
      status: 403,
      body: { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
    });
    expect(await refresh(String(body.refresh_token))).toMatchObject({ status: 403 });
  });

  it('answer mfa_required for the step-up scope, and stay good', async () => {
    const token = await signInForRefresh();
    expect(await refresh(token, { scope: stepUp })).toMatchObject({
      status: 403,
      body: { error: 'mfa_required', mfa_token: expect.stringMatching(/^Fe26\.2\*/) },
    });
    expect(await refresh(token)).toMatchObject({ status: 200 });
  });

  it('silently leave out what was not granted with them, if the tenant is set so', async () => {
    emulator.configure({ refreshScopes: 'granted' });
    const { status, body } = await refresh(await signInForRefresh(), {
      scope: stepUp,
      audience: `${emulator.issuer}mfa/`,
    });
    expect({ status, scope: body.scope }).toEqual({ status: 200, scope: 'openid' });
    expect(decodeJwt(String(body.access_token)).aud).toContain('https://bank.example/');
  });

  it('are not issued when the APIs allow no offline access', async () => {
    emulator.configure({ offlineAccess: false });
    const { body } = await client.signIn({ scope: 'openid offline_access' });
    expect(body).not.toHaveProperty('refresh_token');
  });

  it('bring no refresh token out of a step-up that did not ask for one', async () => {
    await enrollPush(emulator, client);
    const { mfaToken, oobCode } = await startPush(client);
    emulator.phone('ada').approve();
    const { body } = await client.oob(mfaToken, oobCode);
    expect(body).not.toHaveProperty('refresh_token');
  });

  it('keep auth_time at the password', async () => {
    const token = await signInForRefresh();
    const signedInAt = emulator.clock.now() / 1000;
    emulator.clock.advance(3_600_000);
    const { body } = await refresh(token);
    expect(decodeJwt(String(body.id_token))).toMatchObject({ auth_time: signedInAt, iat: signedInAt + 3600 });
  });

  it('are bound to their client and end with their lifetime', async () => {
    const token = await signInForRefresh();
    expect(await refresh(token, { client_id: 'spa' })).toMatchObject({ status: 403 });
    expect(await refresh(token)).toMatchObject({ status: 200 });
    const late = await signInForRefresh();
    emulator.clock.advance(emulator.settings.lifetimes.refreshTokenMs);
    expect(await refresh(late)).toMatchObject({ status: 403, body: { error: 'invalid_grant' } });
  });
});

describe('/userinfo', () => {
  it('shows what the scopes allow', async () => {
    const { body } = await client.signIn({ scope: 'openid email' });
    const reply = await client.call('GET', '/userinfo', { bearer: String(body.access_token) });
    expect(reply.body).toEqual({
      sub: decodeJwt(String(body.id_token)).sub,
      email: 'ada@example.com',
      email_verified: false,
    });
  });

  it('refuses a token without openid, an expired one and none', async () => {
    const { body: plain } = await client.signIn();
    const { body: good } = await client.signIn({ scope: 'openid' });
    emulator.clock.advance(86_400_000);
    for (const bearer of [String(plain.access_token), String(good.access_token), undefined]) {
      const reply = await client.call('GET', '/userinfo', { bearer });
      expect(reply).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
      expect(reply.headers.get('www-authenticate')).toContain('Bearer');
    }
  });
});
