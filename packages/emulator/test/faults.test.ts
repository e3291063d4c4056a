import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type EmulatorServer } from '../src/index.ts';
import { createTenantClient, credentials, enrollPush, startPush } from './tenant-client.ts';

const emulator = createEmulator();
const client = createTenantClient(emulator);
let server: EmulatorServer;

beforeAll(async () => {
  server = await emulator.listen();
});
afterAll(() => server.close());
beforeEach(() => emulator.reset());

const signIn = () =>
  fetch(new URL('/oauth/token', server.url), {
    method: 'POST',
    body: new URLSearchParams({
      ...credentials,
      grant_type: 'password',
      username: 'ada',
      password: 'correct-horse',
    }),
  });

const list = () => fetch(new URL('/mfa/authenticators', server.url));

describe('a fault', () => {
  it('hits the next matching requests, exactly as many as it says', async () => {
    const fault = {
      match: { method: 'POST', path: '/oauth/token', grant_type: 'password' },
      times: 2,
      respond: {
        status: 503,
        headers: { 'content-type': 'text/html', 'retry-after': '7' },
        body: '<h1>Busy</h1>',
      },
    };
    await fetch(new URL('/_emulator/faults', server.url), { method: 'POST', body: JSON.stringify(fault) });
    expect((await list()).status).toBe(401);
    for (let round = 0; round < 2; round += 1) {
      const response = await signIn();
      expect(response.status).toBe(503);
      expect(response.headers.get('content-type')).toBe('text/html');
      expect(response.headers.get('retry-after')).toBe('7');
      expect(await response.text()).toBe('<h1>Busy</h1>');
    }
    expect((await signIn()).status).toBe(200);
  });

  it('answers with JSON when its body is an object, and with none under 204', async () => {
    emulator.faults.add({ respond: { status: 429, body: { error: 'too_many_requests' } } });
    emulator.faults.add({ respond: { status: 204, body: 'ignored' } });
    const response = await list();
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ error: 'too_many_requests' });
    expect((await list()).status).toBe(204);
  });

  it('matches the beginning of a path that ends with a star', async () => {
    emulator.faults.add({ match: { path: '/mfa/*' }, respond: { status: 502 } });
    expect((await signIn()).status).toBe(200);
    expect((await list()).status).toBe(502);
  });

  it('drops the connection before the emulator acts', async () => {
    emulator.faults.add({ match: { path: '/oauth/token' }, drop: 'before' });
    await expect(signIn()).rejects.toThrow(TypeError);
    expect(emulator.requests).toMatchObject([{ path: '/oauth/token', dropped: 'before' }]);
    expect(emulator.requests[0]).not.toHaveProperty('status');
    expect((await signIn()).status).toBe(200);
  });

  it('loses the answer after the emulator acted', async () => {
    await enrollPush(emulator, client);
    const { mfaToken, oobCode } = await startPush(client);
    emulator.phone('ada').approve();
    emulator.faults.add({ match: { grantType: 'http://auth0.com/oauth/grant-type/mfa-oob' }, drop: 'after' });
    await expect(client.oob(mfaToken, oobCode)).rejects.toThrow('fetch failed');
    expect(await client.oob(mfaToken, oobCode)).toMatchObject({
      status: 403,
      body: { error: 'invalid_grant' },
    });
    expect(emulator.requests.at(-2)).toMatchObject({ dropped: 'after' });
  });

  it('delays the answer, also in front of another fault', async () => {
    emulator.faults.add({ delayMs: 30, respond: { status: 504 } });
    const startedAt = performance.now();
    expect((await list()).status).toBe(504);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(29);
  });

  it('waits in line behind the ones before it', async () => {
    emulator.faults.add({ respond: { status: 500 } });
    emulator.faults.add({ respond: { status: 502 } });
    expect([(await list()).status, (await list()).status, (await list()).status]).toEqual([500, 502, 401]);
  });

  it('is gone when the faults are cleared', async () => {
    emulator.faults.add({ times: 100, drop: 'before' });
    await fetch(new URL('/_emulator/faults', server.url), { method: 'DELETE' });
    expect((await list()).status).toBe(401);
  });

  it('never hits the control API or a preflight', async () => {
    emulator.faults.add({ respond: { status: 503 } });
    expect((await fetch(new URL('/_emulator/requests', server.url))).status).toBe(200);
    const preflight = await fetch(new URL('/oauth/token', server.url), {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:3000', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect((await list()).status).toBe(503);
  });
});

describe('serving', () => {
  it('ends with its connections, also those that wait', async () => {
    const other = createEmulator();
    const its = await other.listen();
    other.faults.add({ delayMs: 60_000 });
    const waiting = fetch(new URL('/userinfo', its.url)).catch((error: unknown) => error);
    await expect.poll(() => other.requests.length).toBe(1);
    await its.close();
    expect(await waiting).toBeInstanceOf(TypeError);
  });

  it('says that a port is taken', async () => {
    const port = Number(new URL(server.url).port);
    await expect(createEmulator().listen({ port })).rejects.toThrow(`Port ${port} is already taken`);
  });

  it('serves on loopback unless it gets another address, and shows one that can be reached', async () => {
    expect(new URL(server.url).hostname).toBe('127.0.0.1');
    await using everywhere = await createEmulator().listen({ host: '0.0.0.0' });
    expect(new URL(everywhere.url).hostname).toBe('localhost');
    expect((await fetch(new URL('_emulator/health', everywhere.url))).status).toBe(200);
  });

  it('keeps the issuer it was given', async () => {
    const other = createEmulator({ issuer: 'https://tenant.test' });
    await using its = await other.listen();
    const response = await fetch(new URL('/.well-known/openid-configuration', its.url));
    expect(await response.json()).toMatchObject({
      issuer: 'https://tenant.test/',
      token_endpoint: 'https://tenant.test/oauth/token',
    });
  });
});
