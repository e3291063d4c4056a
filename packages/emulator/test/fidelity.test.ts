import { createHash, X509Certificate } from 'node:crypto';
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import {
  createTenantClient,
  credentials,
  enrollPush,
  mfaAccessToken,
  push,
  stoppedClock,
} from './tenant-client.ts';

/*
 * What real tenants do where the emulator once did something else. Each title ends with its evidence: [R] recorded
 * traffic, [F] strings of real tenants in third-party code, [K] the SDKs' own tests, [D] documentation, or an RFC.
 */

const audience = 'https://bank.example/';
const emulator = createEmulator({
  clock: stoppedClock,
  apis: [{ audience, scopes: ['read:balance', 'transfer:funds'] }],
  clients: [
    { clientId: credentials.client_id, clientSecret: credentials.client_secret },
    { clientId: 'machine', clientSecret: 'secret', grantTypes: ['client_credentials'] },
  ],
});
const client = createTenantClient(emulator);
beforeEach(() => emulator.reset());

describe('authenticators', () => {
  it('have a type where mfa_requirements are in play, by which SDKs filter [K]', async () => {
    emulator.configure({ mfaRequirements: { challenge: ['push-notification', 'phone', 'otp'] } });
    emulator.enroll('ada', { factor: 'push' });
    emulator.enroll('ada', { factor: 'sms' });
    expect((await client.list(await client.mfaToken())).map(({ type }) => type)).toEqual([
      'push-notification',
      'otp',
      'phone',
      'phone',
    ]);
  });

  it.each([
    ['with_requirements', false],
    ['never', false],
    ['always', true],
  ] as const)('have a type %s, without requirements: %s [R 2024]', async (authenticatorType, hasType) => {
    emulator.configure({ dialect: { authenticatorType } });
    emulator.enroll('ada', { factor: 'otp' });
    const [row] = await client.list(await client.mfaToken());
    expect(row !== undefined && 'type' in row).toBe(hasType);
  });

  it('mask an e-mail address but for four letters of its host [R]', async () => {
    emulator.enroll('ada', { factor: 'email', email: 'user@example.com' });
    const [row] = await client.list(await client.mfaToken());
    expect(row).toMatchObject({ name: '****@exam*******' });
  });

  it('of an SMS enrolment have no voice row where voice is switched off', async () => {
    emulator.configure({ factors: ['sms', 'otp'] });
    const json = { authenticator_types: ['oob'], oob_channels: ['sms'], phone_number: '+491701234567' };
    const mfaToken = await client.mfaToken();
    await client.associate(mfaToken, json);
    const rows = await client.list(mfaToken);
    expect(rows.map(({ oob_channel }) => oob_channel).filter(Boolean)).toEqual(['sms']);
  });

  it('of a one-time password begin their link with the secret [R]', async () => {
    const { body } = await client.associate(await client.mfaToken(), { authenticator_types: ['otp'] });
    expect(body.barcode_uri).toMatch(
      /^otpauth:\/\/totp\/[^?]+\?secret=[A-Z2-7]+&issuer=\w+&algorithm=SHA1&digits=6&period=30$/,
    );
  });
});

describe('clients', () => {
  it.each([
    ['an unknown client', { client_id: 'nobody' }],
    ['a wrong secret', { client_secret: 'wrong' }],
    ['no secret', { client_secret: '' }],
  ])('get the same 401 access_denied for %s [F, four repositories]', async (_case, params) => {
    expect(await client.signIn(params)).toMatchObject({
      status: 401,
      body: { error: 'access_denied', error_description: 'Unauthorized' },
    });
  });

  it('get invalid_client in the other dialect, and are told why', async () => {
    emulator.configure({ dialect: { clientRefused: 'invalid_client' } });
    expect(await client.signIn({ client_id: 'nobody' })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client', error_description: 'Unknown client: nobody' },
    });
  });

  it('are told the scheme when HTTP Basic was wrong [RFC 6749, 5.2]', async () => {
    const headers = { authorization: `Basic ${btoa('stepgate-demo:wrong')}` };
    const form = { grant_type: 'password', username: 'ada', password: 'x' };
    const { headers: answer } = await client.call('POST', '/oauth/token', { headers, form });
    expect(answer.get('www-authenticate')).toMatch(/^Basic realm=/);
  });

  it('are sent to the documentation when they lack a grant [F, six repositories]', async () => {
    const { status, body } = await client.signIn({ client_id: 'machine', client_secret: 'secret' });
    expect({ status, body }).toEqual({
      status: 403,
      body: {
        error: 'unauthorized_client',
        error_description: "Grant type 'password' not allowed for the client.",
        error_uri: 'https://auth0.com/docs/clients/client-grant-types',
      },
    });
  });
});

describe('bearer tokens', () => {
  it('of /userinfo come in the query or in a form too [F; RFC 6750, 2.2 and 2.3]', async () => {
    const { body } = await client.signIn({ scope: 'openid' });
    const token = String(body.access_token);
    const sub = emulator.users()[0]?.sub;
    const byQuery = await client.call('GET', `/userinfo?access_token=${token}`);
    const byForm = await client.call('POST', '/userinfo', { form: { access_token: token } });
    expect([byQuery.body, byForm.body]).toEqual([{ sub }, { sub }]);
  });

  it.each(['Fe26.2*garbage', 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln'])(
    'that are wrong get 401 invalid_grant at the MFA API: %s [K, five SDKs; F]',
    async (bearer) => {
      for (const reply of [
        await client.call('GET', '/mfa/authenticators', { bearer }),
        await client.associate(bearer, push),
      ]) {
        expect(reply).toMatchObject({
          status: 401,
          body: {
            error: 'invalid_grant',
            error_description: 'The mfa_token provided is invalid. Try getting a new token.',
          },
        });
      }
    },
  );

  it('for the MFA audience that are expired get the same', async () => {
    await enrollPush(emulator, client);
    const bearer = await mfaAccessToken(emulator, client, 'read:authenticators');
    emulator.clock.advance(emulator.settings.lifetimes.mfaAccessTokenMs);
    expect(await client.call('GET', '/mfa/authenticators', { bearer })).toMatchObject({
      status: 401,
      body: { error: 'invalid_grant' },
    });
  });

  it('that are missing are asked for without an error code [RFC 6750, 3.1]', async () => {
    for (const path of ['/userinfo', '/mfa/authenticators']) {
      const { status, headers } = await client.call('GET', path);
      expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    }
  });

  it('as mfa_token at /oauth/token are malformed, also when they look like a JWT [F]', async () => {
    expect(await client.otp('eyJhbGciOiJSUzI1NiJ9.e30.c2ln', '000000')).toMatchObject({
      status: 403,
      body: { error: 'invalid_grant', error_description: 'Malformed mfa_token' },
    });
  });
});

describe('a password', () => {
  it('brings the standard scopes when none are asked for [R]', async () => {
    const { body } = await client.signIn();
    expect(body).toMatchObject({
      scope: 'openid profile email address phone',
      id_token: expect.any(String),
    });
  });

  it('brings every scope of the API, requested or not, in accounts that do so [D]', async () => {
    emulator.configure({ dialect: { passwordScopes: 'all' } });
    const { status, body } = await client.signIn({ scope: 'openid' });
    expect({ status, scope: body.scope }).toEqual({
      status: 200,
      scope: 'openid read:balance transfer:funds',
    });
  });

  it('brings exactly what was requested in the third dialect', async () => {
    emulator.configure({ dialect: { passwordScopes: 'requested' } });
    expect((await client.signIn()).body).not.toHaveProperty('scope');
  });

  it('brings no scope that the API does not have', async () => {
    expect((await client.signIn({ scope: 'openid read:balance fly' })).body.scope).toBe(
      'openid read:balance',
    );
  });

  it('is named in the access token [F]', async () => {
    const { body } = await client.signIn();
    expect(decodeJwt(String(body.access_token))).toMatchObject({ gty: 'password' });
    await enrollPush(emulator, client);
    const { body: second } = await client.signIn();
    expect(decodeJwt(String(second.access_token)).gty).toBe('password');
  });
});

describe('claims', () => {
  it('of a profile are those of recorded tokens [R]', async () => {
    const { body } = await client.signIn({ scope: 'openid profile email' });
    const expected = {
      name: 'ada@example.com',
      nickname: 'ada',
      picture: expect.stringMatching(
        /^https:\/\/s\.gravatar\.com\/avatar\/\w+\?s=480&r=pg&d=https%3A%2F%2Fcdn/,
      ),
      updated_at: new Date(stoppedClock.now()).toISOString(),
      email: 'ada@example.com',
      email_verified: false,
    };
    expect(decodeJwt(String(body.id_token))).toMatchObject(expected);
    const { body: userinfo } = await client.call('GET', '/userinfo', { bearer: String(body.access_token) });
    expect(userinfo).toEqual({ sub: emulator.users()[0]?.sub, ...expected });
  });
});

describe('metadata', () => {
  it('holds keys with their certificate and may be kept for a while [D]', async () => {
    const { body, headers } = await client.call('GET', '/.well-known/jwks.json');
    expect(headers.get('cache-control')).toMatch(/^public, max-age=15/);
    const [key] = body.keys as { x5c: string[]; x5t: string; n: string }[];
    const der = Buffer.from(key?.x5c[0] ?? '', 'base64');
    expect(key?.x5t).toBe(createHash('sha1').update(der).digest('base64url'));
    const certificate = new X509Certificate(der);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.export({ format: 'jwk' }).n).toBe(key?.n);
  });

  it('lists the scopes and claims that real documents list [D]', async () => {
    const { body, headers } = await client.call('GET', '/.well-known/openid-configuration');
    expect(headers.get('cache-control')).toMatch(/^public, max-age=15/);
    expect(body).toMatchObject({
      scopes_supported: expect.arrayContaining(['openid', 'nickname', 'phone', 'address', 'identities']),
      claims_supported: expect.arrayContaining(['picture', 'given_name', 'phone_number', 'identities']),
    });
  });
});

describe('answers', () => {
  it('of the MFA API name their charset, and those of the token endpoint do not [R]', async () => {
    const tokens = await client.signIn();
    const listed = await client.call('GET', '/mfa/authenticators', { bearer: await client.mfaToken() });
    const refused = await client.call('GET', '/mfa/authenticators');
    expect([tokens, listed, refused].map(({ headers }) => headers.get('content-type'))).toEqual([
      'application/json',
      'application/json; charset=utf-8',
      'application/json; charset=utf-8',
    ]);
  });

  it('have an id for support [R]', async () => {
    const ids = [await client.signIn(), await client.signIn({ password: 'wrong' })].map(({ headers }) =>
      headers.get('x-auth0-requestid'),
    );
    expect(ids).toEqual([expect.stringMatching(/^[\w-]{20}$/), expect.stringMatching(/^[\w-]{20}$/)]);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('to a code without its callback are 403 invalid_grant [R]', async () => {
    const params = { grant_type: 'authorization_code', code: 'guessed' };
    expect(await client.token(params)).toMatchObject({ status: 403, body: { error: 'invalid_grant' } });
  });

  it('to a challenge that nothing can meet are worded as the server words them [F]', async () => {
    emulator.enroll('ada', { factor: 'otp' });
    expect(await client.challenge({ mfa_token: await client.mfaToken() })).toMatchObject({
      status: 401,
      body: {
        error: 'unsupported_challenge_type',
        error_description: 'Currently there is no supported challenge available',
      },
    });
  });
});
