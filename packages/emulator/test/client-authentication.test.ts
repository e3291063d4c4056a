import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { createTenantClient, push, stoppedClock } from './tenant-client.ts';

const { privateKey, publicKey } = await generateKeyPair('ES256');
const issuer = 'https://tenant.test/';
const emulator = createEmulator({
  clock: stoppedClock,
  issuer,
  clients: [
    { clientId: 'secret', clientSecret: 'a secret' },
    { clientId: 'keys', keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] },
    { clientId: 'public' },
  ],
});
const client = createTenantClient(emulator);
const login = { grant_type: 'password', username: 'ada', password: 'correct-horse' };
const now = stoppedClock.now() / 1000;
let assertions = 0;

beforeEach(() => emulator.reset());

const signIn = (form: Record<string, string>, headers: Record<string, string> = {}) =>
  client.call('POST', '/oauth/token', { form: { ...login, ...form }, headers });

function assertion(changes: Record<string, unknown> = {}): Promise<string> {
  assertions += 1;
  const claims = { iss: 'keys', sub: 'keys', aud: issuer, iat: now, exp: now + 60, jti: `${assertions}` };
  return new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
}

const withAssertion = (jwt: string): Record<string, string> => ({
  client_id: 'keys',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: jwt,
});

describe('client authentication', () => {
  it('accepts a public client by its id', async () => {
    expect(await signIn({ client_id: 'public' })).toMatchObject({ status: 200 });
  });

  it('accepts a secret in the body, or in Basic at the token endpoint', async () => {
    expect(await signIn({ client_id: 'secret', client_secret: 'a secret' })).toMatchObject({ status: 200 });
    const basic = Buffer.from('secret:a%20secret').toString('base64');
    expect(await signIn({}, { authorization: `Basic ${basic}` })).toMatchObject({ status: 200 });
  });

  it.each([
    ['an unknown client', { client_id: 'nobody' }],
    ['a missing secret', { client_id: 'secret' }],
    ['a wrong secret', { client_id: 'secret', client_secret: 'wrong' }],
    ['a secret in place of an assertion', { client_id: 'keys', client_secret: 'a secret' }],
  ])('refuses %s', async (_case, params) => {
    expect(await signIn(params)).toMatchObject({
      status: 401,
      body: { error: 'access_denied', error_description: 'Unauthorized' },
    });
  });

  it('accepts a fresh assertion, with or without client_id', async () => {
    expect(await signIn(withAssertion(await assertion()))).toMatchObject({ status: 200 });
    const { client_id: _id, ...rest } = withAssertion(await assertion());
    expect(await signIn(rest)).toMatchObject({ status: 200 });
  });

  it('accepts an assertion once', async () => {
    const params = withAssertion(await assertion());
    expect(await signIn(params)).toMatchObject({ status: 200 });
    expect(await signIn(params)).toMatchObject({
      status: 401,
      body: { error: 'invalid_client', error_description: expect.stringContaining('jti was used before') },
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['for the issuer without its slash', { aud: 'https://tenant.test' }],
    ['for the token endpoint', { aud: 'https://tenant.test/oauth/token' }],
    ['of another client', { iss: 'public', sub: 'public' }],
    ['that is expired', { exp: now - 1 }],
    ['that lives longer than five minutes', { exp: now + 301 }],
    ['without exp', { exp: undefined }],
    ['without jti', { jti: undefined }],
  ])('refuses an assertion %s', async (_case, changes) => {
    expect(await signIn(withAssertion(await assertion(changes)))).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
  });

  it('refuses an assertion signed with another key, and one that is not a JWT', async () => {
    const other = await generateKeyPair('ES256');
    const forged = await new SignJWT({ iss: 'keys', sub: 'keys', aud: issuer, exp: now + 60, jti: 'x' })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(other.privateKey);
    for (const jwt of [forged, 'no JWT']) {
      expect(await signIn(withAssertion(jwt))).toMatchObject({
        status: 401,
        body: { error: 'invalid_client' },
      });
    }
  });

  it('is checked at /mfa/challenge, where Basic does not count', async () => {
    const { body } = await signIn({
      client_id: 'secret',
      client_secret: 'a secret',
      scope: 'transfer:funds',
    });
    const json = { client_id: 'secret', challenge_type: 'oob', mfa_token: body.mfa_token };
    const basic = Buffer.from('secret:a%20secret').toString('base64');
    const headers = { authorization: `Basic ${basic}` };
    expect(await client.call('POST', '/mfa/challenge', { json, headers })).toMatchObject({
      status: 401,
      body: { error: 'access_denied' },
    });
  });

  it('is optional at /mfa/associate, but checked when present', async () => {
    const { body } = await signIn({
      client_id: 'secret',
      client_secret: 'a secret',
      scope: 'transfer:funds',
    });
    const mfaToken = String(body.mfa_token);
    expect(await client.associate(mfaToken, push)).toMatchObject({ status: 200 });
    const right = { ...push, client_id: 'secret', client_secret: 'a secret' };
    expect(await client.associate(mfaToken, right)).toMatchObject({ status: 200 });
    const wrong = { ...push, client_id: 'secret', client_secret: 'wrong' };
    expect(await client.associate(mfaToken, wrong)).toMatchObject({ status: 401 });
  });
});
