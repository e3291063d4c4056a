import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { createTenantClient, credentials } from './tenant-client.ts';

const audience = 'https://bank.example/';
const emulator = createEmulator({
  apis: [
    { audience, scopes: ['read:balance', 'transfer:funds'] },
    { audience: 'https://online.example/', allowsOfflineAccess: false },
  ],
  clients: [
    { clientId: credentials.client_id, clientSecret: credentials.client_secret },
    { clientId: 'steady', clientSecret: 'secret', rotatesRefreshTokens: false },
    { clientId: 'spa' },
  ],
});
const client = createTenantClient(emulator);
beforeEach(() => emulator.reset());

const offline = { scope: 'openid offline_access' };
const refresh = (token: unknown, params: Record<string, string> = {}) =>
  client.token({ grant_type: 'refresh_token', refresh_token: String(token), ...params });

describe('/oauth/revoke', () => {
  const revoke = (form: Record<string, string>) =>
    client.call('POST', '/oauth/revoke', { form: { ...credentials, ...form } });

  it('ends a refresh token and its successors', async () => {
    const { body } = await client.signIn(offline);
    const { body: renewed } = await refresh(body.refresh_token);
    expect(await revoke({ token: String(renewed.refresh_token) })).toMatchObject({ status: 200, text: '' });
    expect(await refresh(renewed.refresh_token)).toMatchObject({
      status: 403,
      body: { error: 'invalid_grant' },
    });
  });

  it('answers the same for an unknown token and one of another client, and ends nothing', async () => {
    const { body } = await client.signIn(offline);
    expect(await revoke({ token: 'unknown' })).toMatchObject({ status: 200 });
    const other = { client_id: 'steady', client_secret: 'secret', token: String(body.refresh_token) };
    expect(await revoke(other)).toMatchObject({ status: 200 });
    expect(await refresh(body.refresh_token)).toMatchObject({ status: 200 });
  });

  it('requires a token and a client', async () => {
    expect(await revoke({})).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await revoke({ token: 'x', client_secret: 'wrong' })).toMatchObject({ status: 401 });
  });
});

describe('refresh tokens that do not rotate', () => {
  const steady = { client_id: 'steady', client_secret: 'secret' };

  it('stay valid, and are issued once', async () => {
    const { body } = await client.signIn({ ...steady, ...offline });
    for (let count = 0; count < 2; count += 1) {
      const renewed = await refresh(body.refresh_token, steady);
      expect(renewed).toMatchObject({ status: 200, body: { access_token: expect.any(String) } });
      expect(renewed.body).not.toHaveProperty('refresh_token');
    }
  });
});

describe('APIs', () => {
  it('that allow no offline access give no refresh token', async () => {
    const { body } = await client.signIn({ ...offline, audience: 'https://online.example/' });
    expect(body).not.toHaveProperty('refresh_token');
  });

  it('give a renewed token no scope beyond their own', async () => {
    const { body } = await client.signIn(offline);
    const renewed = await refresh(body.refresh_token, { scope: 'openid read:balance fly' });
    expect(renewed.body.scope).toBe('openid read:balance');
  });
});

describe('client_credentials', () => {
  const exchange = (params: Record<string, string> = {}) =>
    client.token({ grant_type: 'client_credentials', audience, ...params });

  it('give the client its own token, with every scope of the API', async () => {
    const { body } = await exchange();
    expect(body).toMatchObject({ scope: 'read:balance transfer:funds', token_type: 'Bearer' });
    expect(body).not.toHaveProperty('id_token');
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      sub: 'stepgate-demo@clients',
      azp: 'stepgate-demo',
      aud: audience,
      gty: 'client-credentials',
    });
  });

  it('give fewer scopes when fewer are requested', async () => {
    expect((await exchange({ scope: 'read:balance fly' })).body.scope).toBe('read:balance');
  });

  it('are refused for public clients, unknown APIs and the MFA API', async () => {
    const spa = await exchange({ client_id: 'spa', client_secret: '' });
    expect(spa).toMatchObject({ status: 403, body: { error: 'unauthorized_client' } });
    for (const other of ['https://nowhere.example/', `${emulator.issuer}mfa/`]) {
      expect(await exchange({ audience: other })).toMatchObject({
        status: 403,
        body: { error: 'access_denied' },
      });
    }
  });
});

describe('metadata', () => {
  it('can be had by its name in RFC 8414', async () => {
    const [openid, oauth] = await Promise.all(
      ['openid-configuration', 'oauth-authorization-server'].map((name) =>
        client.call('GET', `/.well-known/${name}`),
      ),
    );
    expect(oauth?.body).toEqual(openid?.body);
    expect(oauth?.body).toMatchObject({
      revocation_endpoint: `${emulator.issuer}oauth/revoke`,
      grant_types_supported: expect.arrayContaining(['client_credentials']),
    });
  });
});
