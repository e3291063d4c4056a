import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../src/index.ts';

const origin = 'http://127.0.0.1:4400';

describe('tenants by path', () => {
  let emulator: Emulator;
  beforeEach(() => {
    emulator = createEmulator();
  });

  async function send(method: string, path: string, options: RequestInit = {}): Promise<Response> {
    return emulator.handle(new Request(`${origin}${path}`, { method, ...options }));
  }

  function signIn(base: string, params: Record<string, string> = {}): Promise<Response> {
    const body = new URLSearchParams({
      grant_type: 'password',
      client_id: 'stepgate-demo-public',
      username: 'ada',
      password: 'correct-horse',
      ...params,
    });
    return send('POST', `${base}/oauth/token`, { body });
  }

  it('have their own issuer, users, settings, requests and clock', async () => {
    const blue = emulator.tenant('blue', { mfaPolicy: 'always' });
    emulator.tenant('red').addUser({ username: 'grace', password: 'hopper-1906' });
    blue.clock.advance(60_000);
    expect(blue.issuer).toBe(`${origin}/t/blue/`);
    expect(await (await send('GET', '/t/blue/.well-known/openid-configuration')).json()).toMatchObject({
      issuer: `${origin}/t/blue/`,
      token_endpoint: `${origin}/t/blue/oauth/token`,
      jwks_uri: `${origin}/t/blue/.well-known/jwks.json`,
    });
    expect(await signIn('/t/blue')).toMatchObject({ status: 403 });
    expect(await signIn('/t/red')).toMatchObject({ status: 200 });
    expect(await signIn('')).toMatchObject({ status: 200 });
    expect(blue.requests.map(({ path }) => path)).toEqual([
      '/.well-known/openid-configuration',
      '/oauth/token',
    ]);
    expect(emulator.requests).toHaveLength(1);
    expect(emulator.users().map(({ username }) => username)).toEqual(['ada']);
    expect(blue.clock.now() - emulator.clock.now()).toBeGreaterThan(59_000);
  });

  it('are reset one by one', async () => {
    const blue = emulator.tenant('blue');
    const red = emulator.tenant('red');
    await signIn('/t/blue');
    await signIn('/t/red');
    blue.reset();
    expect([blue.requests.length, red.requests.length]).toEqual([0, 1]);
  });

  it('refuse the tokens of one another', async () => {
    emulator.tenant('blue');
    emulator.tenant('red');
    const tokens = await (await signIn('/t/blue', { scope: 'openid' })).json();
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    expect(await send('GET', '/t/blue/userinfo', { headers })).toMatchObject({ status: 200 });
    expect(await send('GET', '/t/red/userinfo', { headers })).toMatchObject({ status: 401 });
  });

  it('sign in on their own login page, with a cookie for their own path', async () => {
    emulator.tenant('blue');
    const query = new URLSearchParams({
      client_id: 'stepgate-demo',
      response_type: 'code',
      redirect_uri: 'http://localhost:3000/callback',
    });
    const authorize = await send('GET', `/t/blue/authorize?${query}`);
    const location = authorize.headers.get('location') ?? '';
    expect(location).toMatch(/^\/t\/blue\/u\/login\?/);
    const page = await (await send('GET', location)).text();
    expect(page).toContain('action="/t/blue/u/login"');
    const state = new URLSearchParams(location.split('?')[1]).get('state') ?? '';
    const body = new URLSearchParams({ state, username: 'ada', password: 'correct-horse' });
    const done = await send('POST', '/t/blue/u/login', { body });
    expect(done.headers.get('location')).toMatch(/^http:\/\/localhost:3000\/callback\?code=/);
    expect(done.headers.get('set-cookie')).toContain('Path=/t/blue/;');
  });

  it('are controlled over HTTP', async () => {
    const created = await send('PUT', '/_emulator/tenants/blue', { body: '{"mfaPolicy":"always"}' });
    expect(created.status).toBe(201);
    expect(await created.json()).toEqual({ name: 'blue', issuer: `${origin}/t/blue/` });
    expect(await (await send('GET', '/t/blue/_emulator/settings')).json()).toMatchObject({
      mfaPolicy: 'always',
    });
    expect(await send('PUT', '/_emulator/tenants/blue')).toMatchObject({ status: 200 });
    expect(await (await send('GET', '/_emulator/tenants')).json()).toEqual([
      { name: 'blue', issuer: `${origin}/t/blue/` },
    ]);
    // A named tenant has no tenants.
    expect(await send('GET', '/t/blue/_emulator/tenants')).toMatchObject({ status: 404 });
    expect(await send('DELETE', '/_emulator/tenants/blue')).toMatchObject({ status: 200 });
    const gone = await send('GET', '/t/blue/_emulator/users');
    expect(gone.status).toBe(404);
    expect(await gone.text()).toContain('create it with PUT /_emulator/tenants/blue');
  });

  it('answer where RFC 8414 puts the metadata of an issuer with a path', async () => {
    emulator.tenant('blue');
    const metadata = await send('GET', '/.well-known/openid-configuration/t/blue/');
    expect(await metadata.json()).toMatchObject({ issuer: `${origin}/t/blue/` });
  });

  it('refuse a bad name, and options for a tenant that exists', () => {
    for (const name of ['', 'a/b', '..', 'é']) expect(() => emulator.tenant(name)).toThrow(TypeError);
    emulator.tenant('blue');
    expect(() => emulator.tenant('blue', { mfaPolicy: 'never' })).toThrow('remove it first');
    expect(() => emulator.tenant('green', { factors: ['smoke'] as never })).toThrow('factors');
  });
});
