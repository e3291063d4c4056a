import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type EmulatorServer } from '../src/index.ts';
import { createTenantClient, enrollPush, push, startPush } from './tenant-client.ts';

const emulator = createEmulator();
const client = createTenantClient(emulator);
let server: EmulatorServer;

beforeAll(async () => {
  server = await emulator.listen();
});
afterAll(() => server.close());
beforeEach(() => emulator.reset());

async function control(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(new URL(`/_emulator${path}`, server.url), {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

describe('users', () => {
  it('are made on demand, found again, and refused with another password', async () => {
    const grace = { username: 'grace', password: 'battery-staple' };
    const { status, body } = await control('POST', '/users', grace);
    expect({ status, body }).toEqual({
      status: 201,
      body: { username: 'grace', sub: expect.stringMatching(/^auth0\|/) },
    });
    expect(await control('POST', '/users', grace)).toEqual({ status: 201, body });
    expect(await control('POST', '/users', { ...grace, password: 'other' })).toMatchObject({
      status: 409,
      body: { error: 'conflict' },
    });
    expect((await control('GET', '/users')).body).toMatchObject([{ username: 'ada' }, body as object]);
    expect(await client.signIn(grace)).toMatchObject({ status: 200 });
  });

  it('keep their sub in every run', async () => {
    const [ada] = createEmulator().users();
    expect(ada).toEqual(emulator.users()[0]);
  });

  it('can have a verified e-mail address', async () => {
    const grace = { username: 'grace', password: 'x', email: 'grace@navy.example', email_verified: true };
    await control('POST', '/users', grace);
    expect((await control('GET', '/phone/grace')).body).toMatchObject({ authenticators: [{ active: true }] });
  });
});

describe('the phone', () => {
  it('shows what waits, and scans the newest code without a body', async () => {
    const mfaToken = await client.mfaToken();
    const { body } = await client.associate(mfaToken, push);
    expect((await control('GET', '/phone/ada')).body).toEqual({
      enrollments: [
        {
          barcode_uri: body.barcode_uri,
          kind: 'push',
          client: 'Demo app with a server',
          created_at: expect.any(Number),
          expires_at: expect.any(Number),
        },
      ],
      now: expect.any(Number),
      notifications: [],
      codes: [],
      messages: [],
      authenticators: expect.arrayContaining([
        expect.objectContaining({ active: false, oob_channel: 'auth0' }),
      ]),
    });
    expect(await control('POST', '/phone/ada/scan')).toMatchObject({
      status: 200,
      body: { enrollments: [] },
    });
    expect(await control('POST', '/phone/ada/scan', { barcode_uri: body.barcode_uri })).toMatchObject({
      status: 409,
      body: { error: 'conflict' },
    });
    expect(await client.oob(mfaToken, body.oob_code)).toMatchObject({ status: 200 });
  });

  it('answers the newest push, or the one with an id, once', async () => {
    await enrollPush(emulator, client);
    const first = await startPush(client);
    const second = await startPush(client);
    const { body } = await control('GET', '/phone/ada');
    const { notifications } = body as { notifications: { id: string }[] };
    expect(notifications).toMatchObject([{ status: 'pending' }, { status: 'pending', account: 'ada' }]);
    expect(await control('POST', '/phone/ada/notifications/latest', { decision: 'approve' })).toMatchObject({
      status: 200,
      body: { id: notifications[1]?.id, status: 'approved' },
    });
    expect(await control('POST', '/phone/ada/notifications/latest', { decision: 'deny' })).toMatchObject({
      status: 409,
    });
    const path = `/phone/ada/notifications/${notifications[0]?.id}`;
    expect(await control('POST', path, { decision: 'deny' })).toMatchObject({ body: { status: 'denied' } });
    expect(await client.oob(second.mfaToken, second.oobCode)).toMatchObject({ status: 200 });
    expect((await client.oob(first.mfaToken, first.oobCode)).body.error).toBe('access_denied');
  });

  it('shows its codes and the messages it got', async () => {
    await enrollPush(emulator, client);
    expect((await control('GET', '/phone/ada/codes')).body).toEqual({
      codes: [
        {
          authenticator_id: expect.stringMatching(/^totp\|/),
          account: 'ada',
          code: expect.stringMatching(/^\d{6}$/),
          expires_at: expect.any(Number),
        },
      ],
    });
  });

  it.each([
    ['a user nobody made', 'GET', '/phone/nobody', undefined, 404],
    ['a code nobody shows', 'POST', '/phone/ada/scan', { barcode_uri: 'otpauth://totp/x' }, 404],
    ['no waiting code', 'POST', '/phone/ada/scan', undefined, 404],
    ['a code that is no string', 'POST', '/phone/ada/scan', { barcode_uri: 5 }, 400],
    ['a push nobody sent', 'POST', '/phone/ada/notifications/latest', { decision: 'approve' }, 404],
    ['a decision nobody can make', 'POST', '/phone/ada/notifications/latest', { decision: 'perhaps' }, 400],
    ['a username that is no string', 'POST', '/users', { username: 5, password: 'x' }, 400],
    ['a missing password', 'POST', '/users', { username: 'grace' }, 400],
    ['an address that is none', 'POST', '/users', { username: 'grace', password: 'x', email: 5 }, 400],
    ['an unknown member', 'POST', '/users', { username: 'grace', password: 'x', admin: true }, 400],
    ['a fault that does nothing', 'POST', '/faults', {}, 400],
    ['a fault with an unknown member', 'POST', '/faults', { drop: 'before', after: 1 }, 400],
    ['a fault with a wrong drop', 'POST', '/faults', { drop: 'sometimes' }, 400],
    ['a fault with a wrong status', 'POST', '/faults', { respond: { status: 42 } }, 400],
    [
      'a fault with a wrong header',
      'POST',
      '/faults',
      { respond: { status: 503, headers: { 'a b': 'c' } } },
      400,
    ],
    ['a fault with a wrong count', 'POST', '/faults', { drop: 'before', times: 0 }, 400],
    ['a fault with a wrong match', 'POST', '/faults', { drop: 'before', match: { path: 5 } }, 400],
    ['time that goes back', 'POST', '/clock', { advance_ms: -1 }, 400],
    ['no time', 'POST', '/clock', {}, 400],
    ['an unknown setting', 'PATCH', '/settings', { colour: 'red' }, 400],
    ['a list', 'POST', '/users', [], 400],
    ['an unknown call', 'POST', '/everything', {}, 404],
  ])('refuses %s with a sentence', async (_case, method, path, body, status) => {
    expect(await control(method, path, body)).toEqual({
      status,
      body: { error: expect.any(String), error_description: expect.stringMatching(/\w \w/) },
    });
  });

  it('refuses broken JSON', async () => {
    const response = await fetch(new URL('/_emulator/users', server.url), { method: 'POST', body: '{' });
    expect(response.status).toBe(400);
  });
});

describe('the log', () => {
  it('has every request to the tenant, without secrets', async () => {
    await fetch(new URL('/oauth/token', server.url), {
      method: 'POST',
      headers: { 'auth0-forwarded-for': '203.0.113.7' },
      body: new URLSearchParams({
        grant_type: 'password',
        client_id: 'stepgate-demo',
        client_secret: 'stepgate-demo-secret',
        username: 'ada',
        password: 'correct-horse',
      }),
    });
    await fetch(new URL('/mfa/authenticators?secret=x', server.url));
    expect((await control('GET', '/requests')).body).toMatchObject([
      {
        id: expect.any(Number),
        method: 'POST',
        path: '/oauth/token',
        grant_type: 'password',
        forwarded_for: '203.0.113.7',
        at: expect.any(Number),
        status: 200,
        username: 'ada',
        client_id: 'stepgate-demo',
      },
      { method: 'GET', path: '/mfa/authenticators', at: expect.any(Number), status: 401 },
    ]);
  });
});

describe('the clock, the settings and the reset', () => {
  it('move time for everything', async () => {
    const mfaToken = await client.mfaToken();
    const { body } = await control('POST', '/clock', { advance_ms: 300_000 });
    expect((body as { now: number }).now).toBeGreaterThan(Date.now());
    const reply = await client.call('GET', '/mfa/authenticators', { bearer: mfaToken });
    expect(reply.body.error).toBe('expired_token');
  });

  it('change the dialect while it runs', async () => {
    const { body } = await control('PATCH', '/settings', { dialect: { mfaRequiredStatus: 401 } });
    expect(body).toMatchObject({
      mfaPolicy: 'scope',
      dialect: { mfaRequiredStatus: 401, pendingStatus: 400 },
    });
    expect((await control('GET', '/settings')).body).toEqual(body);
    expect(await client.signIn({ scope: 'transfer:funds' })).toMatchObject({ status: 401 });
  });

  it('bring everything back to the start', async () => {
    await enrollPush(emulator, client);
    await control('POST', '/users', { username: 'grace', password: 'x' });
    await control('POST', '/clock', { advance_ms: 3_600_000 });
    await control('PATCH', '/settings', { mfaPolicy: 'always' });
    const mfaToken = await client.mfaToken();
    await control('POST', '/faults', { drop: 'before' });
    expect(await control('POST', '/reset')).toEqual({ status: 200, body: {} });
    expect(emulator.clock.now()).toBeLessThan(Date.now() + 60_000);
    expect(emulator.settings.mfaPolicy).toBe('scope');
    expect(emulator.requests).toEqual([]);
    expect(emulator.users()).toMatchObject([{ username: 'ada' }]);
    expect(emulator.phone('ada').view().authenticators).toEqual([]);
    const reply = await client.call('GET', '/mfa/authenticators', { bearer: mfaToken });
    expect(reply).toMatchObject({ status: 401, body: { error: 'invalid_grant' } });
  });
});

describe('pages of other origins', () => {
  it.each([
    ['a form of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a form of an opaque origin', { origin: 'null' }],
    [
      'a page on another port of this machine',
      { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' },
    ],
    ['a request without an origin from another port', { 'sec-fetch-site': 'same-site' }],
    ['a request without an origin from another site', { 'sec-fetch-site': 'cross-site' }],
  ])('cannot control it: %s', async (_case, headers) => {
    expect(await raw('POST', '/_emulator/reset', headers)).toMatchObject({ status: 403 });
    expect(await raw('GET', '/_emulator/phone/ada', headers)).toMatchObject({ status: 403 });
  });

  it('cannot control it under a name that was re-pointed here', async () => {
    for (const path of ['/_emulator/phone', '/_emulator/phone/ada', '/_emulator/assets/phone.js']) {
      const { status, text } = await raw('GET', path, { host: 'evil.example' });
      expect(status).toBe(403);
      expect(text).toContain('not on evil.example');
    }
  });

  it('can link to the phone page', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect(await raw('GET', '/_emulator/phone?user=ada', headers)).toMatchObject({ status: 200 });
  });

  it('do not block its own page', async () => {
    const headers = { 'sec-fetch-site': 'same-origin', origin: new URL(server.url).origin };
    expect(await raw('POST', '/_emulator/reset', headers)).toMatchObject({ status: 200 });
    const localhost = { host: `localhost:${new URL(server.url).port}` };
    expect(await raw('GET', '/_emulator/phone/ada', localhost)).toMatchObject({ status: 200 });
  });
});

/** A request whose headers are the caller's own, `host` included, which `fetch` would not send. */
function raw(
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers }, async (response) => {
      const text = (await response.setEncoding('utf8').toArray()).join('');
      resolve({ status: response.statusCode ?? 0, text });
    });
    request.on('error', reject).end();
  });
}

describe('the phone page', () => {
  it('loads nothing from elsewhere and no inline code', async () => {
    const response = await fetch(server.phoneUrl);
    const html = await response.text();
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain('frame-ancestors http://127.0.0.1:* http://localhost:*');
    expect(policy).not.toContain('unsafe');
    expect(html).not.toMatch(/https?:|\son\w+=|<style|<script>/);
    const links = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(1);
    for (const link of links) {
      const asset = await fetch(new URL(link, server.phoneUrl));
      expect(asset.status, link).toBe(200);
      expect((await asset.text()).length).toBeGreaterThan(100);
    }
  });

  it('serves no other file of the machine', async () => {
    for (const name of ['main.ts', '..%2Fcli.js', '%2e%2e%2fpackage.json', '__proto__']) {
      const response = await fetch(new URL(`/_emulator/assets/${name}`, server.url));
      expect(response.status).toBe(404);
    }
  });
});
