import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type EmulatorOptions, type EmulatorServer } from '../src/index.ts';
import { createTenantClient, credentials, grants, push, stoppedClock } from './tenant-client.ts';

const emulator = createEmulator({ clock: stoppedClock });
const client = createTenantClient(emulator);
let server: EmulatorServer;

beforeAll(async () => {
  server = await emulator.listen();
});
afterAll(() => server.close());
beforeEach(() => emulator.reset());

const post = (path: string, body: BodyInit, contentType = 'application/json') =>
  fetch(new URL(path, server.url), { method: 'POST', body, headers: { 'content-type': contentType } });

describe('the tenant', () => {
  it.each([
    ['broken JSON', '{"grant_type":'],
    ['a JSON list', '[]'],
    ['a JSON string', '"password"'],
    ['nothing', ''],
    ['a number for a string', JSON.stringify({ ...credentials, grant_type: 7 })],
    ['an object for a string', JSON.stringify({ ...credentials, grant_type: 'password', username: {} })],
    ['a member of the prototype', JSON.stringify({ grant_type: 'constructor' })],
  ])('answers %s with a 4xx and a sentence', async (_case, body) => {
    const response = await post('/oauth/token', body);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(await response.json()).toEqual({
      error: expect.any(String),
      error_description: expect.any(String),
    });
  });

  it.each([
    ['no type', {}],
    ['an unknown type', { authenticator_types: ['webauthn'] }],
    ['two types', { authenticator_types: ['oob', 'otp'] }],
    ['a type that is no list', { authenticator_types: 'oob', oob_channels: ['auth0'] }],
    ['no channel', { authenticator_types: ['oob'] }],
    ['an unknown channel', { authenticator_types: ['oob'], oob_channels: ['pigeon'] }],
    ['no phone number', { authenticator_types: ['oob'], oob_channels: ['sms'] }],
    ['an address that is none', { authenticator_types: ['oob'], oob_channels: ['email'], email: 'ada' }],
  ])('refuses to enrol with %s', async (_case, body) => {
    const reply = await client.associate(await client.mfaToken(), body);
    expect(reply).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it.each([
    ['no bearer token', undefined, 401, 'invalid_token'],
    ['a garbled mfa_token', 'Fe26.2*garbage', 401, 'invalid_grant'],
    ['a JWT of somebody else', 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln', 401, 'invalid_grant'],
  ])('refuses %s', async (_case, bearer, status, error) => {
    for (const [method, path] of [
      ['POST', '/mfa/associate'],
      ['GET', '/mfa/authenticators'],
      ['DELETE', '/mfa/authenticators/push%7Cdev_x'],
    ] as const) {
      const reply = await client.call(method, path, { bearer, ...(method === 'POST' && { json: push }) });
      expect(reply).toMatchObject({ status, body: { error } });
    }
  });

  it.each(Object.values(grants))('demands an mfa_token for %s', async (grantType) => {
    expect(await client.token({ grant_type: grantType })).toMatchObject({
      status: 400,
      body: {
        error: 'invalid_request',
        error_description: expect.stringMatching(/^Missing required parameter/),
      },
    });
  });

  it('names a grant type that it does not know', async () => {
    expect(await client.token({ grant_type: 'mfa-oob' })).toMatchObject({
      status: 403,
      body: { error: 'unsupported_grant_type', error_description: expect.stringContaining('mfa-oob') },
    });
  });

  it('refuses a body above 64 KiB', async () => {
    const response = await post('/oauth/token', `{"grant_type":"${'x'.repeat(65_536)}"}`);
    expect(response.status).toBe(413);
  });

  it('knows no other paths', async () => {
    for (const path of ['/mfa', '/oauth/token/', '/mfa/authenticators/%E0%A4%A', '/authorise?x=%']) {
      const response = await fetch(new URL(path, server.url));
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: 'not_found' });
    }
  });

  it('reads JSON under a form label, and a path with a doubled slash', async () => {
    const body = JSON.stringify({
      ...credentials,
      grant_type: 'password',
      username: 'ada',
      password: 'correct-horse',
    });
    const response = await fetch(`${server.url}/oauth/token`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(response.status).toBe(200);
    expect(emulator.requests).toMatchObject([{ path: '/oauth/token', grantType: 'password', status: 200 }]);
  });
});

describe('browsers', () => {
  it('may call the tenant from any origin, and read limits and date', async () => {
    const preflight = await fetch(new URL('/oauth/token', server.url), {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:3000',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,auth0-client,content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('auth0-client');
    const refused = await post('/oauth/token', '{}');
    expect(refused.status).toBe(400);
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
    expect(refused.headers.get('access-control-expose-headers')).toContain('x-ratelimit-reset');
    emulator.faults.add({ respond: { status: 503, body: '<h1>Bad gateway</h1>' } });
    const faulty = await post('/oauth/token', '{}');
    expect(faulty.status).toBe(503);
    expect(faulty.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('options', () => {
  it.each<[string, unknown]>([
    ['issuer', { issuer: 'tenant.test' }],
    ['issuer', { issuer: 'https://tenant.test/path' }],
    ['audience', { audience: [] }],
    ['username', { users: [{ username: '', password: 'x' }] }],
    ['password', { users: [{ username: 'ada' }] }],
    ['clientId', { clients: [{}] }],
    ['idTokenAlg', { clients: [{ clientId: 'x', idTokenAlg: 'HS256' }] }],
    ['mfaPolicy', { mfaPolicy: 'sometimes' }],
    ['stepUpScopes', { stepUpScopes: 'transfer:funds' }],
    ['factors', { factors: ['webauthn'] }],
    ['requiredFactors', { requiredFactors: 0 }],
    ['mfaRequirements', { mfaRequirements: { enroll: ['push'] } }],
    ['dialect.rejection', { dialect: { rejection: 'no' } }],
    ['dialect.constructor', { dialect: { constructor: 1 } }],
    ['limits.pushes', { limits: { pushes: 5 } }],
    ['lifetimes.mfaTokenMs', { lifetimes: { mfaTokenMs: -1 } }],
    ['lifetimes', { lifetimes: [] }],
    ['tokenLifetime', { tokenLifetime: 5 }],
  ])('are refused by the name of %s', (name, options) => {
    expect(() => createEmulator(options as EmulatorOptions)).toThrow(TypeError);
    expect(() => createEmulator(options as EmulatorOptions)).toThrow(name);
  });

  it('stay as they are when a change is refused', () => {
    const before = emulator.settings;
    expect(() => emulator.configure({ requiredFactors: 9 })).toThrow(TypeError);
    expect(emulator.settings).toBe(before);
  });
});
