import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import {
  answerOf,
  createBrowser as createDeskBrowser,
  exchangeCode,
  type Params,
  redirectUri,
} from './desk-browser.ts';
import { createTenantClient, stoppedClock } from './tenant-client.ts';

const emulator = createEmulator({
  clock: stoppedClock,
  clients: [
    { clientId: 'stepgate-demo', name: 'Bank <b>', clientSecret: 'stepgate-demo-secret' },
    { clientId: 'spa' },
    {
      clientId: 'listed',
      clientSecret: 'secret',
      callbackUrls: ['https://app.example/callback'],
      logoutUrls: ['https://app.example/bye'],
    },
    { clientId: 'machine', clientSecret: 'secret', grantTypes: ['password'] },
  ],
});
const client = createTenantClient(emulator);
beforeEach(() => emulator.reset());

const createBrowser = () => createDeskBrowser(client);
const exchange = (code: string, params?: Record<string, string>) => exchangeCode(client, code, params);

describe('/authorize and the login page', () => {
  it('bring a code, which brings tokens', async () => {
    const browser = createBrowser();
    const { location } = await browser.signIn();
    expect(location.startsWith(`${redirectUri}?`)).toBe(true);
    const { code, ...rest } = answerOf(location);
    expect(rest).toEqual({ state: 'st&te' });
    const { status, body } = await exchange(String(code));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      refresh_token: expect.any(String),
      scope: 'openid profile offline_access',
      token_type: 'Bearer',
    });
    expect(decodeJwt(String(body.id_token))).toMatchObject({
      iss: emulator.issuer,
      aud: 'stepgate-demo',
      nonce: 'once',
      sid: expect.any(String),
      name: 'ada@example.com',
      auth_time: emulator.clock.now() / 1000,
    });
    const userinfo = await client.call('GET', '/userinfo', { bearer: String(body.access_token) });
    expect(userinfo.body).toMatchObject({ name: 'ada@example.com', nickname: 'ada' });
  });

  it('bring a refresh token whose id_token keeps the sid, and has no nonce', async () => {
    const { body } = await exchange(await createBrowser().code());
    const refreshed = await client.token({
      grant_type: 'refresh_token',
      refresh_token: String(body.refresh_token),
    });
    const { sid } = decodeJwt(String(body.id_token));
    const claims = decodeJwt(String(refreshed.body.id_token));
    expect(claims.sid).toBe(sid);
    expect(claims).not.toHaveProperty('nonce');
  });

  it('show a page without scripts that nobody can frame, with everything escaped', async () => {
    const browser = createBrowser();
    const { location } = await browser.authorize({ login_hint: '"><script>' });
    const { status, text, headers } = await browser.call('GET', location);
    expect(status).toBe(200);
    expect(text).not.toContain('<script');
    expect(text).toContain('Bank &lt;b&gt;');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('say what is wrong with a password, and count wrong ones', async () => {
    const browser = createBrowser();
    const wrong = await browser.signIn({}, 'wrong');
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('Wrong email or password.');
    expect(wrong.text).not.toContain('value="wrong"');
    for (let count = 0; count < 9; count += 1) await browser.signIn({}, 'wrong');
    expect(await browser.signIn()).toMatchObject({ status: 429 });
  });

  it('post the answer by a form of one script, where the client asks for it', async () => {
    const { text, status, headers } = await createBrowser().signIn({ response_mode: 'form_post' });
    expect(status).toBe(200);
    expect(text).toContain(`action="${redirectUri}"`);
    expect(text).toContain('name="state" value="st&amp;te"');
    const nonce = /<script nonce="([^"]+)"/.exec(text)?.[1];
    expect(headers.get('content-security-policy')).toContain(`script-src 'nonce-${nonce}'`);
    const code = /name="code" value="([^"]+)"/.exec(text)?.[1];
    expect(await exchange(String(code))).toMatchObject({ status: 200 });
  });

  it('remember who signed in, as long as the request allows it', async () => {
    const browser = createBrowser();
    await browser.signIn();
    emulator.clock.advance(60_000);
    for (const params of [{}, { prompt: 'none' }, { max_age: '60' }]) {
      expect(answerOf((await browser.authorize(params)).location)).toHaveProperty('code');
    }
    for (const params of [{ prompt: 'login' }, { max_age: '59' }, { max_age: '0' }]) {
      expect((await browser.authorize(params)).location).toMatch(/^\/u\/login\?/);
    }
    const { location } = await browser.authorize({ max_age: '59', prompt: 'none' });
    expect(answerOf(location)).toMatchObject({ error: 'login_required', state: 'st&te' });
  });

  it('keep sid and auth_time for the session, and begin a new one with a login', async () => {
    const browser = createBrowser();
    const claimsOf = async (location: string) => {
      const { body } = await exchange(String(answerOf(location).code));
      return decodeJwt(String(body.id_token));
    };
    const first = await claimsOf((await browser.signIn()).location);
    emulator.clock.advance(60_000);
    const again = await claimsOf((await browser.authorize()).location);
    expect(again).toMatchObject({ sid: first.sid, auth_time: first.auth_time });
    const anew = await claimsOf((await browser.signIn({ prompt: 'login' })).location);
    expect(anew.sid).not.toBe(first.sid);
    expect(anew.auth_time).toBe(emulator.clock.now() / 1000);
  });

  it('forget a session and an open page with their lifetimes', async () => {
    const browser = createBrowser();
    await browser.signIn();
    const { location } = await browser.authorize({ prompt: 'login' });
    emulator.clock.advance(emulator.settings.lifetimes.loginMs);
    const late = await browser.call('GET', location);
    expect(late).toMatchObject({ status: 400, text: expect.stringContaining('This login has ended') });
    emulator.clock.advance(emulator.settings.lifetimes.sessionMs);
    expect((await browser.authorize()).location).toMatch(/^\/u\/login\?/);
  });

  it.each<[string, Params, number]>([
    ['no client', { client_id: undefined }, 400],
    ['an unknown client', { client_id: 'nobody' }, 400],
    ['no callback', { redirect_uri: undefined }, 400],
    ['a callback elsewhere', { redirect_uri: 'https://evil.example/' }, 403],
    ['a callback that is no page', { redirect_uri: 'javascript:alert(1)' }, 403],
    ['a callback that is not in the list', { client_id: 'listed' }, 403],
  ])('tell only the developer about %s', async (_case, params, status) => {
    const { location, ...reply } = await createBrowser().authorize(params);
    expect(location).toBe('');
    expect(reply.status).toBe(status);
    expect(reply.text).toContain('This does not work');
  });

  it.each<[string, Params, string]>([
    ['no response_type', { response_type: undefined }, 'invalid_request'],
    ['another response_type', { response_type: 'none' }, 'unsupported_response_type'],
    ['another response_mode', { response_mode: 'jwt' }, 'invalid_request'],
    ['a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a challenge that is no digest', { code_challenge: 'short' }, 'invalid_request'],
    [
      'a public client without PKCE',
      { client_id: 'spa', code_challenge: undefined, code_challenge_method: undefined },
      'invalid_request',
    ],
    ['an unknown prompt', { prompt: 'maybe' }, 'invalid_request'],
    ['two prompts that contradict', { prompt: 'none login' }, 'invalid_request'],
    ['a max_age that is no number', { max_age: '1h' }, 'invalid_request'],
    ['an unknown audience', { audience: 'https://elsewhere.example/' }, 'access_denied'],
    ['a client without the grant', { client_id: 'machine' }, 'unauthorized_client'],
    ['nobody signed in', { prompt: 'none' }, 'login_required'],
  ])('tell the client about %s', async (_case, params, error) => {
    const { status, location } = await createBrowser().authorize(params);
    expect(status).toBe(302);
    expect(answerOf(location)).toEqual({ error, error_description: expect.any(String), state: 'st&te' });
  });
});

describe('a code', () => {
  it('can be used once', async () => {
    const code = await createBrowser().code();
    expect(await exchange(code)).toMatchObject({ status: 200 });
    expect(await exchange(code)).toMatchObject({ status: 403, body: { error: 'invalid_grant' } });
  });

  it('ends with its lifetime', async () => {
    const code = await createBrowser().code();
    emulator.clock.advance(emulator.settings.lifetimes.authorizationCodeMs);
    expect(await exchange(code)).toMatchObject({ status: 403, body: { error: 'invalid_grant' } });
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['another verifier', { code_verifier: 'another' }, 403, 'invalid_grant'],
    ['no verifier', { code_verifier: '' }, 403, 'invalid_grant'],
    ['another callback', { redirect_uri: 'http://localhost:3000/' }, 403, 'invalid_grant'],
    ['another client', { client_id: 'listed', client_secret: 'secret' }, 403, 'invalid_grant'],
    ['a wrong secret', { client_secret: 'wrong' }, 401, 'access_denied'],
    ['another code', { code: 'guessed' }, 403, 'invalid_grant'],
    ['no code', { code: '' }, 400, 'invalid_request'],
  ])('is refused with %s', async (_case, params, status, error) => {
    const code = await createBrowser().code();
    expect(await exchange(code, params)).toMatchObject({ status, body: { error } });
  });

  it('without a challenge accepts no verifier', async () => {
    const params = { code_challenge: undefined, code_challenge_method: undefined };
    expect(await exchange(await createBrowser().code(params))).toMatchObject({ status: 403 });
    const code = await createBrowser().code(params);
    expect(await exchange(code, { code_verifier: '' })).toMatchObject({ status: 200 });
  });
});

describe('logging out', () => {
  it.each([
    ['/v2/logout', 'returnTo'],
    ['/oidc/logout', 'post_logout_redirect_uri'],
  ])('ends the session and goes back: %s', async (path, name) => {
    const browser = createBrowser();
    await browser.signIn();
    const target = 'http://localhost:3000/bye';
    const { status, location } = await browser.call(
      'GET',
      `${path}?${new URLSearchParams({ client_id: 'stepgate-demo', [name]: target })}`,
    );
    expect({ status, location }).toEqual({ status: 302, location: target });
    expect((await browser.authorize()).location).toMatch(/^\/u\/login\?/);
  });

  it('accepts an id_token as a hint, however old, and returns the state', async () => {
    const browser = createBrowser();
    const { body } = await exchange(await browser.code());
    emulator.clock.advance(100 * 86_400_000);
    const { location } = await browser.call('POST', '/oidc/logout', {
      id_token_hint: String(body.id_token),
      post_logout_redirect_uri: 'http://localhost:3000/bye',
      state: 'over',
    });
    expect(location).toBe('http://localhost:3000/bye?state=over');
  });

  it.each([
    ['a page elsewhere', '/v2/logout?returnTo=https%3A%2F%2Fevil.example%2F'],
    ['a page that is not in the list', '/v2/logout?client_id=listed&returnTo=http%3A%2F%2Flocalhost%2F'],
    ['an unknown client', '/v2/logout?client_id=nobody'],
    ['a garbled hint', '/oidc/logout?id_token_hint=eyJhbGciOiJub25lIn0.e30.'],
  ])('refuses %s, and ends nothing', async (_case, path) => {
    const browser = createBrowser();
    await browser.signIn();
    expect(await browser.call('GET', path)).toMatchObject({ status: 400, location: '' });
    expect(answerOf((await browser.authorize()).location)).toHaveProperty('code');
  });
});

describe('client options of the login', () => {
  it.each(['callbackUrls', 'logoutUrls'])('are refused by the name of %s', (name) => {
    const clients = [{ clientId: 'x', [name]: ['nowhere'] }];
    expect(() => createEmulator({ clients })).toThrow(name);
  });
});
