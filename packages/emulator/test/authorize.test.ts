import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { answerOf, createBrowser, exchangeCode, request } from './desk-browser.ts';
import { createTenantClient, credentials, stoppedClock } from './tenant-client.ts';

const details = [{ type: 'money_transfer', amount: '250', currency: 'EUR' }];
const emulator = createEmulator({
  clock: stoppedClock,
  apis: [{ audience: 'https://bank.example/', authorizationDetailsTypes: ['money_transfer', 'note'] }],
  clients: [
    {
      clientId: credentials.client_id,
      clientSecret: credentials.client_secret,
      authorizationDetailsTypes: ['money_transfer'],
      webOrigins: ['http://localhost:3000'],
    },
    { clientId: 'spa' },
    { clientId: 'no-implicit', clientSecret: 'secret', grantTypes: ['authorization_code'] },
  ],
  users: [
    { username: 'ada', password: 'correct-horse', organizations: ['org_bank'] },
    { username: 'grace', connection: 'google-oauth2', name: 'Grace' },
  ],
});
const client = createTenantClient(emulator);
beforeEach(() => emulator.reset());

const halfHash = (value: unknown): string =>
  createHash('sha256').update(String(value)).digest().subarray(0, 16).toString('base64url');

describe('response types', () => {
  it('give an id_token alone, by a form that posts itself, as express-openid-connect asks for', async () => {
    const reply = await createBrowser(client).signIn({
      response_type: 'id_token',
      response_mode: 'form_post',
    });
    const idToken = /name="id_token" value="([^"]+)"/.exec(reply.text)?.[1] ?? '';
    expect(decodeJwt(idToken)).toMatchObject({ aud: 'stepgate-demo', nonce: 'once' });
    expect(reply.text).not.toContain('name="code"');
  });

  it('put tokens into the fragment, and bind them to the id_token', async () => {
    const { location } = await createBrowser(client).signIn({ response_type: 'code id_token token' });
    expect(new URL(location).search).toBe('');
    const answer = answerOf(location);
    expect(decodeJwt(answer.id_token ?? '')).toMatchObject({
      at_hash: halfHash(answer.access_token),
      c_hash: halfHash(answer.code),
    });
    expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: '86400', state: 'st&te' });
    expect(await exchangeCode(client, answer.code)).toMatchObject({ status: 200 });
  });

  it.each([
    ['an id_token without nonce', { response_type: 'id_token', nonce: undefined }, 'invalid_request'],
    ['tokens in the query', { response_type: 'token', response_mode: 'query' }, 'invalid_request'],
    [
      'a client without the grant',
      { response_type: 'token', client_id: 'no-implicit' },
      'unauthorized_client',
    ],
  ])('are refused: %s', async (_case, params, error) => {
    const { location } = await createBrowser(client).authorize(params);
    expect(answerOf(location)).toMatchObject({ error, state: 'st&te' });
  });
});

describe('web_message', () => {
  it('posts the answer to the opener or the parent, which alone may frame the page', async () => {
    const browser = createBrowser(client);
    await browser.signIn();
    const { text, headers } = await browser.authorize({ response_mode: 'web_message', prompt: 'none' });
    expect(text).toContain('(window.opener || window.parent).postMessage({"type":"authorization_response"');
    expect(text).toContain('"http://localhost:3000")');
    expect(headers.get('content-security-policy')).toContain('frame-ancestors http://localhost:3000');
  });

  it('posts errors too, and lets nothing end the script', async () => {
    const params = { response_mode: 'web_message', prompt: 'none', state: '</script><script>alert(1)' };
    const { text } = await createBrowser(client).authorize(params);
    expect(text).toContain('"error":"login_required"');
    expect(text).not.toContain('</script><script>alert');
  });

  it('posts to no origin that the client does not list', async () => {
    const redirect = 'http://localhost:3001/';
    const params = { response_mode: 'web_message', redirect_uri: redirect };
    const reply = await createBrowser(client).authorize(params);
    expect(reply).toMatchObject({ status: 403, text: expect.stringContaining('Web origin mismatch') });
  });
});

describe('pushed authorization requests', () => {
  const push = (params: Record<string, string> = {}) =>
    client.call('POST', '/oauth/par', { form: { ...request, ...credentials, ...params } });
  const arrive = (browser: ReturnType<typeof createBrowser>, requestUri: unknown, params = '') =>
    browser.call('GET', `/authorize?client_id=stepgate-demo&request_uri=${String(requestUri)}${params}`);

  beforeEach(() => emulator.configure({ par: 'on' }));

  it('are accepted once, and other parameters are ignored', async () => {
    const { status, body, headers } = await push();
    expect({ status, cache: headers.get('cache-control') }).toEqual({ status: 201, cache: 'no-store' });
    expect(body).toEqual({
      request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:/),
      expires_in: 30,
    });
    const browser = createBrowser(client);
    const page = await arrive(browser, body.request_uri, '&state=edited&prompt=none');
    const { location } = await browser.post(page, { username: 'ada', password: 'correct-horse' });
    expect(answerOf(location)).toEqual({ code: expect.any(String), state: 'st&te' });
    expect(answerOf((await arrive(browser, body.request_uri)).location)).toEqual({
      error: 'invalid_request_uri',
      error_description: expect.any(String),
    });
  });

  it.each([30, 90] as const)('live for %i seconds by the dialect', async (requestUriLife) => {
    emulator.configure({ dialect: { requestUriLife } });
    const { body } = await push();
    expect(body.expires_in).toBe(requestUriLife);
    emulator.clock.advance(requestUriLife * 1000);
    expect(await arrive(createBrowser(client), body.request_uri)).toMatchObject({ status: 400 });
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['a wrong secret', { client_secret: 'wrong' }, 401, 'access_denied'],
    ['a public client', { client_id: 'spa', client_secret: '' }, 401, 'invalid_client'],
    ['a callback elsewhere', { redirect_uri: 'https://evil.example/' }, 403, 'unauthorized_client'],
    ['a max_age that is no number', { max_age: '-1' }, 400, 'invalid_request'],
    ['a request_uri', { request_uri: 'urn:x' }, 400, 'invalid_request'],
    [
      'too many extensions',
      Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`ext-${index}`, 'x'])),
      400,
      'invalid_request',
    ],
  ])('are refused with %s', async (_case, params, status, error) => {
    expect(await push(params)).toMatchObject({ status, body: { error } });
  });

  it('exist only when they are switched on, and can be required', async () => {
    emulator.configure({ par: 'off' });
    expect(await push()).toMatchObject({ status: 404 });
    const metadata = async () => (await client.call('GET', '/.well-known/openid-configuration')).body;
    expect(await metadata()).not.toHaveProperty('pushed_authorization_request_endpoint');
    emulator.configure({ par: 'required' });
    expect(await metadata()).toMatchObject({
      pushed_authorization_request_endpoint: `${emulator.issuer}oauth/par`,
      require_pushed_authorization_requests: true,
    });
    const plain = await createBrowser(client).authorize();
    expect(answerOf(plain.location)).toMatchObject({ error: 'invalid_request' });
  });

  it('carry details that the user agrees to, and tokens repeat them', async () => {
    const { body } = await push({ authorization_details: JSON.stringify(details) });
    const browser = createBrowser(client);
    const page = await arrive(browser, body.request_uri);
    const consent = await browser.post(page, { username: 'ada', password: 'correct-horse' });
    expect(consent.location).toMatch(/^\/u\/consent/);
    expect((await browser.follow(consent)).text).toContain('&quot;amount&quot;: &quot;250&quot;');
    const { location } = await browser.post(consent, {});
    const tokens = await exchangeCode(client, answerOf(location).code);
    expect(tokens.body.authorization_details).toEqual(details);
    expect(decodeJwt(String(tokens.body.access_token)).authorization_details).toEqual(details);
  });

  it.each([
    ['an unknown type', [{ type: 'flight' }]],
    ['a type that the client may not use', [{ type: 'note' }]],
    ['an object without a type', [{}]],
    ['no list', {}],
  ])('refuse details: %s', async (_case, value) => {
    expect(await push({ authorization_details: JSON.stringify(value) })).toMatchObject({
      status: 400,
      body: { error: 'invalid_authorization_details' },
    });
  });

  it('are the only way for details: a plain request has none', async () => {
    const { location } = await createBrowser(client).signIn({
      authorization_details: JSON.stringify(details),
    });
    const { body } = await exchangeCode(client, answerOf(location).code);
    expect(body).not.toHaveProperty('authorization_details');
  });
});

describe('users of another identity provider', () => {
  it('come in through a button of its page, and have no password here', async () => {
    const browser = createBrowser(client);
    const page = await browser.authorize({ connection: 'google-oauth2' });
    expect(page.location).toMatch(/^\/u\/connection\?/);
    expect((await browser.follow(page)).text).toContain('Continue as Grace');
    const { location } = await browser.post(page, { connection: 'google-oauth2', username: 'grace' });
    const { body } = await exchangeCode(client, answerOf(location).code);
    expect(decodeJwt(String(body.id_token)).sub).toMatch(/^google-oauth2\|/);
    const byPassword = await client.signIn({ username: 'grace', password: 'x' });
    expect(byPassword).toMatchObject({ status: 403, body: { error: 'invalid_grant' } });
  });

  it('are offered on the login page too', async () => {
    const browser = createBrowser(client);
    const page = await browser.authorize();
    expect((await browser.follow(page)).text).toContain('Continue with google-oauth2');
    const next = await browser.post(page, { connection: 'google-oauth2' }, '/u/connection');
    expect(next.location).toMatch(/^\/u\/connection\?/);
  });

  it('see no page when the setting says so, and auth_time still moves', async () => {
    emulator.configure({ federatedLogin: 'silent' });
    const browser = createBrowser(client);
    await browser.authorize({ connection: 'google-oauth2' });
    emulator.clock.advance(60_000);
    const { location } = await browser.authorize({ connection: 'google-oauth2', max_age: '0' });
    const { body } = await exchangeCode(client, answerOf(location).code);
    expect(decodeJwt(String(body.id_token)).auth_time).toBe(stoppedClock.now() / 1000 + 60);
  });

  it('do not exist for a connection of the tenant itself', async () => {
    const { location } = await createBrowser(client).authorize({ connection: 'Username-Password' });
    expect(location).toMatch(/^\/u\/login/);
  });
});

describe('settings of /authorize', () => {
  it('put the organization into tokens, for members only', async () => {
    const { location } = await createBrowser(client).signIn({ organization: 'org_bank' });
    const { body } = await exchangeCode(client, answerOf(location).code);
    expect(decodeJwt(String(body.id_token)).org_id).toBe('org_bank');
    const other = await createBrowser(client).signIn({ organization: 'org_other' });
    expect(answerOf(other.location)).toMatchObject({ error: 'access_denied' });
  });

  it('name the issuer in answers [RFC 9207]', async () => {
    emulator.configure({ issParameter: true });
    const { location } = await createBrowser(client).signIn();
    expect(answerOf(location).iss).toBe(emulator.issuer);
    const { body } = await client.call('GET', '/.well-known/openid-configuration');
    expect(body.authorization_response_iss_parameter_supported).toBe(true);
  });

  it('leave state out of errors in the other dialect', async () => {
    emulator.configure({ dialect: { authorizeErrorState: 'absent' } });
    const { location } = await createBrowser(client).authorize({ prompt: 'none' });
    expect(answerOf(location)).not.toHaveProperty('state');
  });

  it('cut the pages off from the window that opened them', async () => {
    emulator.configure({ severedOpener: true });
    const browser = createBrowser(client);
    const { headers } = await browser.follow(await browser.authorize());
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  });

  it('ignore max_age=0 in the other dialect', async () => {
    emulator.configure({ dialect: { maxAgeZero: 'ignored' } });
    const browser = createBrowser(client);
    await browser.signIn();
    expect(answerOf((await browser.authorize({ max_age: '0' })).location)).toHaveProperty('code');
  });
});

describe('a code that is used twice', () => {
  it('ends what it was exchanged for [RFC 6749, 4.1.2]', async () => {
    const code = await createBrowser(client).code();
    const { body } = await exchangeCode(client, code);
    expect(await exchangeCode(client, code)).toMatchObject({ status: 403, body: { error: 'invalid_grant' } });
    const userinfo = await client.call('GET', '/userinfo', { bearer: String(body.access_token) });
    expect(userinfo.status).toBe(401);
    const renewed = await client.token({
      grant_type: 'refresh_token',
      refresh_token: String(body.refresh_token),
    });
    expect(renewed).toMatchObject({ status: 403, body: { error: 'invalid_grant' } });
  });
});
