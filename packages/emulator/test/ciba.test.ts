import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { PATIENT } from 'suites/patience.ts';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createEmulator, type Dialect, type Emulator, type EmulatorOptions } from '../src/index.ts';
import { createTenantClient, credentials, type Reply, type TenantClient } from './tenant-client.ts';

let now: number;
let emulator: Emulator;
let client: TenantClient;

function begin(options: EmulatorOptions = {}): void {
  now = Date.UTC(2026, 0, 1);
  emulator = createEmulator({ clock: { now: () => now }, ...options });
  client = createTenantClient(emulator);
}

beforeEach(() => {
  begin();
  emulator.enroll('ada', { factor: 'push' });
});

const grantType = 'urn:openid:params:grant-type:ciba';
const text = 'The end-user denied the authorization request or it has been expired';

function hint(members: Record<string, unknown> = {}): string {
  return JSON.stringify({
    format: 'iss_sub',
    iss: emulator.issuer,
    sub: emulator.users()[0]?.sub,
    ...members,
  });
}

function start(params: Record<string, string | undefined> = {}, headers = {}): Promise<Reply> {
  const all = {
    ...credentials,
    scope: 'openid',
    binding_message: 'K7QM-Transfer-250-EUR',
    login_hint: hint(),
    ...params,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return client.call('POST', '/bc-authorize', { form: Object.fromEntries(given), headers });
}

async function started(params: Record<string, string> = {}): Promise<string> {
  const { body } = await start(params);
  return String(body.auth_req_id);
}

const poll = (id: string, params: Record<string, string> = {}): Promise<Reply> =>
  client.token({ grant_type: grantType, auth_req_id: id, ...params });

const pass = (ms: number): void => {
  now += ms;
};

const dialect = (choice: Partial<Dialect>): void => emulator.configure({ dialect: choice });

describe('/bc-authorize', () => {
  it('asks on the phone, with a message', async () => {
    const { status, body, headers } = await start();
    expect(status).toBe(200);
    expect(body).toEqual({
      auth_req_id: expect.stringMatching(/^[\w-]{64}$/),
      expires_in: 300,
      interval: 5,
    });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(emulator.phone('ada').notifications()).toMatchObject([
      {
        kind: 'ciba',
        status: 'pending',
        client: 'Demo app with a server',
        message: 'K7QM-Transfer-250-EUR',
        scope: 'openid',
        audience: `${emulator.issuer}userinfo`,
        expiresAt: now + 300_000,
      },
    ]);
  });

  it('accepts the secret in the body, in HTTP Basic, and a signed assertion', async () => {
    const basic = `Basic ${btoa('stepgate-demo:stepgate-demo-secret')}`;
    const without = { client_id: undefined, client_secret: undefined };
    expect(await start(without, { authorization: basic })).toMatchObject({ status: 200 });
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    emulator.addClient({ clientId: 'keyed', keys: [{ ...(await exportJWK(publicKey)), alg: 'RS256' }] });
    const assertion = (audience: string) =>
      new SignJWT({ jti: crypto.randomUUID() })
        .setProtectedHeader({ alg: 'RS256' })
        .setIssuer('keyed')
        .setSubject('keyed')
        .setAudience(audience)
        .setExpirationTime(Math.floor(now / 1000) + 60)
        .sign(privateKey);
    const by = async (audience: string) => ({
      client_id: 'keyed',
      client_secret: undefined,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertion(audience),
    });
    expect(await start(await by(emulator.issuer))).toMatchObject({ status: 200 });
    expect(await start(await by(`${emulator.issuer}bc-authorize`))).toMatchObject({ status: 401 });
  });

  it.each([
    ['a wrong secret', { client_secret: 'guess' }, 401, 'access_denied', 'Unauthorized'],
    ['no openid', { scope: 'profile' }, 400, 'invalid_request', 'openid scope must be requested'],
    ['no scope', { scope: undefined }, 400, 'invalid_request', 'openid scope must be requested'],
    ['no hint', { login_hint: undefined }, 400, 'invalid_request', 'login_hint is required'],
    ['two hints', { id_token_hint: 'eyJ' }, 400, 'invalid_request', 'Only one hint can be given'],
    [
      'a hint that is no JSON',
      { login_hint: 'ada' },
      400,
      'invalid_request',
      'login_hint parameter validation failed: it is not JSON',
    ],
    [
      'a signed request',
      { request: 'eyJ' },
      400,
      'request_not_supported',
      'Signed requests are not supported',
    ],
    ['no message', { binding_message: undefined }, 400, 'invalid_request', 'binding_message is required'],
    [
      'a message of 65 characters',
      { binding_message: 'a'.repeat(65) },
      400,
      'invalid_request',
      'binding_message must not be longer than 64 characters',
    ],
    [
      'a message with spaces',
      { binding_message: 'Pay 10' },
      400,
      'invalid_request',
      'binding_message may only have letters, digits and +-_.,:#',
    ],
    [
      'an expiry of 0',
      { requested_expiry: '0' },
      400,
      'invalid_request',
      'requested_expiry must be a whole number of seconds from 1 to 300',
    ],
    [
      'an expiry of 301',
      { requested_expiry: '301' },
      400,
      'invalid_request',
      'requested_expiry must be a whole number of seconds from 1 to 300',
    ],
    [
      'details that are no JSON',
      { authorization_details: 'transfer' },
      400,
      'invalid_authorization_details',
      'authorization_details is not JSON',
    ],
    ['an unknown API', { audience: 'urn:none' }, 403, 'access_denied', 'Service not found: urn:none'],
    [
      'a public client',
      { client_id: 'stepgate-demo-public', client_secret: undefined },
      403,
      'unauthorized_client',
      `Grant type '${grantType}' not allowed for the client.`,
    ],
  ])('refuses %s', async (_case, params, status, error, description) => {
    expect(await start(params)).toMatchObject({
      status,
      body: { error, error_description: description },
    });
    expect(emulator.phone('ada').notifications()).toEqual([]);
    expect(emulator.logEvents).toMatchObject([{ type: 'ciba_start_failed', description }]);
  });

  it.each([
    ['format', '"format" must be [iss_sub]'],
    ['iss', '"iss" must be [http://127.0.0.1:4400/]'],
    ['sub', '"sub" is required'],
  ])('refuses a hint without %s', async (member, reason) => {
    expect(await start({ login_hint: hint({ [member]: undefined }) })).toMatchObject({
      status: 400,
      body: { error_description: `login_hint parameter validation failed: ${reason}` },
    });
  });

  it('compares the issuer exactly', async () => {
    const iss = emulator.issuer.replace(/\/$/, '');
    expect(await start({ login_hint: hint({ iss }) })).toMatchObject({ status: 400 });
  });

  it('accepts no other users, and sends nothing to one without a phone', async () => {
    expect(await start({ login_hint: hint({ sub: 'auth0|none' }) })).toMatchObject({
      status: 400,
      body: { error: 'unknown_user_id', error_description: 'User ID is malformed or unknown' },
    });
    const { sub } = emulator.addUser({ username: 'grace', password: 'hopper-1906' });
    expect(await start({ login_hint: hint({ sub }) })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
    dialect({ cibaNotEnrolled: 'access_denied' });
    expect(await start({ login_hint: hint({ sub }) })).toMatchObject({ status: 403 });
  });

  it('accepts forms only', async () => {
    const json = { ...credentials, scope: 'openid' };
    expect(await client.call('POST', '/bc-authorize', { json })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
    expect(await client.call('GET', '/bc-authorize')).toMatchObject({ status: 404 });
  });

  it('limits requests to five a minute per user', async () => {
    for (let count = 0; count < 5; count += 1) await started();
    expect(await start()).toMatchObject({ status: 429, body: { error: 'too_many_requests' } });
    pass(12_000);
    expect(await start()).toMatchObject({ status: 200 });
  });

  it('checks the grant of a client', async () => {
    emulator.addClient({ ...demo, grantTypes: ['password'] });
    expect(await start()).toMatchObject({ status: 403, body: { error: 'unauthorized_client' } });
    dialect({ cibaGrantOff: 'invalid_request' });
    expect(await start()).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });
});

const demo = { clientId: 'stepgate-demo', clientSecret: 'stepgate-demo-secret' };

describe('the CIBA grant', () => {
  it('waits for the phone, and gives tokens once', async () => {
    const id = await started();
    expect(await poll(id)).toMatchObject({
      status: 400,
      body: { error: 'authorization_pending', error_description: 'The end-user authorization is pending' },
    });
    emulator.phone('ada').approve();
    pass(5_000);
    const { status, body } = await poll(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', scope: 'openid', expires_in: 86_400 });
    expect(body).not.toHaveProperty('refresh_token');
    const claims = claimsOf(body.id_token);
    expect(claims).toMatchObject({
      iss: emulator.issuer,
      aud: 'stepgate-demo',
      sub: emulator.users()[0]?.sub,
      iat: now / 1000,
    });
    for (const name of ['nonce', 'amr', 'acr', 'auth_time', 'sid']) expect(claims).not.toHaveProperty(name);
    pass(5_000);
    expect(await poll(id)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Invalid or expired auth_req_id' },
    });
    expect(emulator.logEvents.map(({ type }) => type)).toEqual([
      'gd_send_pn',
      'ciba_start_succeeded',
      'gd_auth_succeed',
      'ciba_exchange_succeeded',
      'ciba_exchange_failed',
    ]);
  });

  it('gives tokens to one of two polls at the same time', async () => {
    const id = await started();
    emulator.phone('ada').approve();
    const replies = await Promise.all([poll(id), poll(id)]);
    expect(replies.map(({ status }) => status)).toEqual(expect.arrayContaining([200, 400]));
  });

  it('reports a denial and an expiry with the same words', async () => {
    const denied = await started();
    emulator.phone('ada').deny();
    expect(await poll(denied)).toMatchObject({
      status: 400,
      body: { error: 'access_denied', error_description: text },
    });
    const late = await started({ requested_expiry: '60' });
    pass(60_000);
    expect(await poll(late)).toMatchObject({
      status: 400,
      body: { error: 'access_denied', error_description: text },
    });
    expect(() => emulator.phone('ada').approve()).toThrow('expired already');
  });

  it('reports a denial and an expiry as the standard does', async () => {
    dialect({ cibaExpiry: 'expired_token', cibaDeniedAgain: 'invalid_grant' });
    const denied = await started();
    emulator.phone('ada').deny();
    expect(await poll(denied)).toMatchObject({ body: { error: 'access_denied' } });
    expect(await poll(denied)).toMatchObject({ body: { error: 'invalid_grant' } });
    const late = await started({ requested_expiry: '1' });
    pass(1_000);
    expect(await poll(late)).toMatchObject({ status: 400, body: { error: 'expired_token' } });
  });

  it('gives no tokens after the request expired, approved or not', async () => {
    const id = await started();
    emulator.phone('ada').approve();
    pass(300_000);
    expect(await poll(id)).toMatchObject({ status: 400, body: { error: 'access_denied' } });
  });

  it('slows down clients that poll too fast, permanently, and longer each time', async () => {
    const id = await started();
    await poll(id);
    pass(4_700);
    const slow = await poll(id);
    expect(slow).toMatchObject({
      status: 429,
      body: {
        error: 'slow_down',
        error_description: 'You are polling faster than allowed. Try again in 10 seconds.',
      },
    });
    expect(slow.headers.get('retry-after')).toBe('10');
    expect(slow.body).not.toHaveProperty('interval');
    pass(5_000);
    expect((await poll(id)).headers.get('retry-after')).toBe('15');
    pass(15_000);
    expect(await poll(id)).toMatchObject({ body: { error: 'authorization_pending' } });
    pass(14_000);
    expect(await poll(id)).toMatchObject({ body: { error: 'slow_down' } });
  });

  it('accepts a poll that comes a little early, and one right after the start', async () => {
    const id = await started();
    expect(await poll(id)).toMatchObject({ body: { error: 'authorization_pending' } });
    pass(4_800);
    expect(await poll(id)).toMatchObject({ body: { error: 'authorization_pending' } });
  });

  it.each([
    ['body', null, 10],
    ['both', '10', 10],
  ] as const)('says how long to wait in the %s', async (cibaSlowDownWait, header, interval) => {
    dialect({ cibaSlowDownStatus: 400, cibaSlowDownWait });
    const id = await started();
    await poll(id);
    const slow = await poll(id);
    expect(slow).toMatchObject({ status: 400, body: { error: 'slow_down', interval } });
    expect(slow.headers.get('retry-after')).toBe(header);
  });

  it('accepts no id of another client, and none that it did not issue', async () => {
    emulator.addClient({ clientId: 'other', clientSecret: 'other-secret' });
    const other = { client_id: 'other', client_secret: 'other-secret' };
    const id = await started();
    emulator.phone('ada').approve();
    for (const reply of [await poll(id, other), await poll('guess')]) {
      expect(reply).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    }
    expect(await client.token({ grant_type: grantType })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
    expect(await poll(id, { client_id: 'stepgate-demo-public' })).toMatchObject({
      status: 403,
      body: { error: 'unauthorized_client' },
    });
    expect(await poll(id)).toMatchObject({ status: 200 });
  });

  it('gives a refresh token if offline access was asked for', async () => {
    const id = await started({ scope: 'openid offline_access', audience: 'https://bank.example/' });
    emulator.phone('ada').approve();
    expect((await poll(id)).body).toHaveProperty('refresh_token');
  });

  it('carries details to the phone and back', async () => {
    const details = [{ type: 'money_transfer', amount: '250', to_account: 'Grace' }];
    const id = await started({
      authorization_details: JSON.stringify(details),
      audience: 'https://bank.example/',
    });
    expect(emulator.phone('ada').notifications()).toMatchObject([{ details }]);
    const { body } = await client.call('GET', '/_emulator/phone/ada');
    expect(body.notifications).toMatchObject([{ kind: 'ciba', details }]);
    emulator.phone('ada').approve();
    const tokens = await poll(id);
    expect(tokens.body.authorization_details).toEqual(details);
    expect(claimsOf(tokens.body.access_token)).toMatchObject({ authorization_details: details });
    dialect({ detailsForm: 'text' });
    const second = await started({ authorization_details: JSON.stringify(details) });
    emulator.phone('ada').approve();
    expect((await poll(second)).body.authorization_details).toBe(JSON.stringify(details));
  });

  it('checks the types of an API', async () => {
    emulator.addApi({ audience: 'urn:api', authorizationDetailsTypes: ['money_transfer'] });
    const authorization_details = JSON.stringify([{ type: 'account_closure' }]);
    expect(await start({ audience: 'urn:api', authorization_details })).toMatchObject({
      status: 400,
      body: { error: 'invalid_authorization_details' },
    });
  });
});

describe('the other dialect', () => {
  it.each([
    ['a username', 'ada'],
    ['an e-mail address', 'ada@example.com'],
    ['a sub', 'auth0|fdee430d40bd57deeac186cd'],
  ])('accepts %s as a hint', async (_case, name) => {
    dialect({ cibaLoginHint: 'any' });
    expect(await start({ login_hint: name })).toMatchObject({ status: 200 });
    expect(await start({ login_hint: `${name}x` })).toMatchObject({ body: { error: 'unknown_user_id' } });
  });

  it('has short messages with spaces, or none', async () => {
    dialect({
      cibaMessage: 'optional',
      cibaMessageLength: 20,
      cibaMessageSpaces: 'allowed',
      cibaMessageError: 'invalid_binding_message',
    });
    expect(await start({ binding_message: undefined })).toMatchObject({ status: 200 });
    expect(emulator.phone('ada').notifications()[0]).not.toHaveProperty('message');
    expect(await start({ binding_message: 'Pay 10 EUR' })).toMatchObject({ status: 200 });
    expect(await start({ binding_message: 'a'.repeat(21) })).toMatchObject({
      status: 400,
      body: { error: 'invalid_binding_message' },
    });
  });

  const asking = {
    acr_values: 'gold silver',
    claims: '{"id_token":{"amr":null,"auth_time":{"essential":true},"name":null},"userinfo":{"email":null}}',
  };

  it.each<[Dialect['cibaIdTokenClaims'], Record<string, string>, object]>([
    ['bare', asking, {}],
    ['auth_time', asking, { auth_time: Date.UTC(2026, 0, 1, 0, 1) / 1000 }],
    ['as_asked', {}, {}],
    ['as_asked', { acr_values: 'gold silver' }, { acr: 'gold' }],
    ['as_asked', asking, { acr: 'gold', amr: ['mfa'], auth_time: Date.UTC(2026, 0, 1, 0, 1) / 1000 }],
    [
      'as_asked',
      { claims: '{"id_token":{"acr":null}}' },
      { acr: 'http://schemas.openid.net/pape/policies/2007/06/multi-factor' },
    ],
  ])('tells of the authentication: %s, asked for %o', async (cibaIdTokenClaims, params, told) => {
    dialect({ cibaIdTokenClaims });
    const id = await started(params);
    pass(60_000);
    emulator.phone('ada').approve();
    const { id_token: token } = (await poll(id)).body;
    const { acr, amr, auth_time } = claimsOf(token);
    expect(JSON.parse(JSON.stringify({ acr, amr, auth_time }))).toEqual(told);
  });

  it.each(['{', 'null'])('takes no claims such as %s', async (claims) => {
    dialect({ cibaIdTokenClaims: 'as_asked' });
    expect(await start({ claims })).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('has other ids, no interval and no token type', async () => {
    dialect({
      cibaIdForm: 'jwt',
      cibaInterval: 'absent',
      cibaTokenType: 'absent',
    });
    const { body } = await start();
    expect(body).toEqual({ auth_req_id: expect.stringMatching(/^eyJ/), expires_in: 300 });
    emulator.phone('ada').approve();
    const tokens = await poll(String(body.auth_req_id));
    expect(tokens.body).not.toHaveProperty('token_type');
  });
});

describe('pings', () => {
  const pings: { url: string; headers: Headers; body: unknown }[] = [];
  const notificationEndpoint = 'https://bank.test/step-up/ciba';
  beforeEach(() => {
    pings.length = 0;
    begin({
      clients: [{ ...demo, notificationEndpoint }],
      users: [{ username: 'ada', password: 'correct-horse', factors: [{ factor: 'push' }] }],
      dialect: { cibaDelivery: 'ping' },
      async fetch(url, init) {
        const body: unknown = await new Response(init.body ?? null).json();
        pings.push({ url, headers: new Headers(init.headers), body });
        return new Response(null, { status: 500 });
      },
    });
  });

  it.each(['approve', 'deny'] as const)('come when the user says %s', async (decision) => {
    const id = await started({ client_notification_token: 'cnt-0123456789abcdef' });
    expect(pings).toEqual([]);
    emulator.phone('ada')[decision]();
    await vi.waitFor(() => expect(pings).toHaveLength(1), PATIENT);
    expect(pings).toMatchObject([{ url: notificationEndpoint, body: { auth_req_id: id } }]);
    expect(pings[0]?.headers.get('authorization')).toBe('Bearer cnt-0123456789abcdef');
    expect(await poll(id)).toMatchObject({ status: decision === 'approve' ? 200 : 400 });
  });

  it('accept a token in the bearer syntax', async () => {
    expect(await start()).toMatchObject({
      status: 400,
      body: { error_description: "missing required parameter 'client_notification_token'" },
    });
    for (const token of ['a b', 'ü', 'a'.repeat(1025)]) {
      expect(await start({ client_notification_token: token })).toMatchObject({ status: 400 });
    }
  });

  it('are announced by discovery, and Auth0 has none', async () => {
    const discovery = () => client.call('GET', '/.well-known/openid-configuration');
    expect((await discovery()).body).toMatchObject({
      backchannel_authentication_endpoint: `${emulator.issuer}bc-authorize`,
      backchannel_token_delivery_modes_supported: ['poll', 'ping'],
      grant_types_supported: expect.arrayContaining([grantType]),
    });
    dialect({ cibaDelivery: 'poll' });
    expect((await discovery()).body).toMatchObject({
      backchannel_token_delivery_modes_supported: ['poll'],
      grant_types_supported: expect.not.arrayContaining([grantType]),
    });
    await started();
    emulator.phone('ada').approve();
    await Promise.resolve();
    expect(pings).toEqual([]);
  });
});

describe('the e-mail channel', () => {
  beforeEach(() => {
    begin({ clients: [{ ...demo, name: 'Bank', approvalChannels: ['guardian-push', 'email'] }] });
  });

  async function linkOf(): Promise<string> {
    const [message] = emulator.phone('ada').messages();
    expect(message).toMatchObject({ channel: 'email', to: 'ada@example.com' });
    return new URL(/https?:\S+/.exec(message?.text ?? '')?.[0] ?? '')
      .toString()
      .slice(emulator.issuer.length - 1);
  }

  it('replaces the push for a user who has none', async () => {
    const id = await started();
    const path = await linkOf();
    const page = await client.call('GET', path, { headers: { accept: 'text/html' } });
    expect(page.text).toContain('K7QM-Transfer-250-EUR');
    const form = { id: path.split('id=')[1] ?? '', password: 'guess', decision: 'approved' };
    expect(await client.call('POST', '/u/approve', { form })).toMatchObject({ status: 400 });
    expect(await poll(id)).toMatchObject({ body: { error: 'authorization_pending' } });
    await client.call('POST', '/u/approve', { form: { ...form, password: 'correct-horse' } });
    pass(5_000);
    expect(await poll(id)).toMatchObject({ status: 200 });
    expect(await client.call('GET', path)).toMatchObject({ status: 400 });
  });

  it('lasts for days, and reaches users with a push only then', async () => {
    emulator.enroll('ada', { factor: 'push' });
    expect((await start({ requested_expiry: '259200' })).body).toMatchObject({ expires_in: 259_200 });
    expect(emulator.phone('ada').notifications()).toEqual([]);
    await started({ requested_expiry: '300' });
    expect(emulator.phone('ada').notifications()).toHaveLength(1);
    expect(await start({ requested_expiry: '259201' })).toMatchObject({ status: 400 });
  });
});

it('belongs to one flow and one user in the timeline, which keeps its secrets', async () => {
  const id = await started();
  await poll(id);
  expect(emulator.requests).toMatchObject([
    { path: '/bc-authorize', username: 'ada', flow: 1 },
    { path: '/oauth/token', username: 'ada', flow: 1 },
  ]);
  expect(JSON.stringify(emulator.requests)).not.toContain(id);
  expect(JSON.stringify(emulator.logEvents)).not.toContain(id);
});

it('can be switched off, as in a plan without it', async () => {
  const id = await started();
  emulator.configure({ ciba: 'off' });
  expect(await start()).toMatchObject({ status: 404 });
  expect(await poll(id)).toMatchObject({ status: 403, body: { error: 'unsupported_grant_type' } });
  const { body } = await client.call('GET', '/.well-known/openid-configuration');
  expect(Object.keys(body).filter((name) => name.startsWith('backchannel'))).toEqual([]);
  expect(body.grant_types_supported).not.toContain(grantType);
});

it('can fail for one user', async () => {
  const { sub } = emulator.addUser({
    username: 'grace',
    password: 'hopper-1906',
    factors: [{ factor: 'push' }],
  });
  const match = { path: '/bc-authorize', username: 'grace' };
  emulator.faults.add({ match, respond: { status: 503, headers: { 'retry-after': '2' } } });
  expect(await start()).toMatchObject({ status: 200 });
  expect(await start({ login_hint: hint({ sub }) })).toMatchObject({ status: 503 });
  expect(emulator.requests.at(-1)).toMatchObject({ username: 'grace', isFault: true });
  expect(await start({ login_hint: hint({ sub }) })).toMatchObject({ status: 200 });
  expect(await start({ login_hint: '{"sub":' })).toMatchObject({ status: 400 });
});

it('can lose its answers: the push is sent, and the tokens are lost', async () => {
  emulator.faults.add({ match: { path: '/bc-authorize' }, drop: 'after' });
  await expect(start()).rejects.toThrow('fetch failed');
  expect(emulator.phone('ada').notifications()).toHaveLength(1);
  const id = await started();
  emulator.phone('ada').approve();
  emulator.faults.add({ match: { grantType }, drop: 'after' });
  await expect(poll(id)).rejects.toThrow('fetch failed');
  expect(await poll(id)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
});

it('is limited per tenant for each user', async () => {
  const tenant = emulator.tenant('blue');
  tenant.enroll('ada', { factor: 'push' });
  const login_hint = JSON.stringify({ format: 'iss_sub', iss: tenant.issuer, sub: tenant.users()[0]?.sub });
  const form = { ...credentials, scope: 'openid', binding_message: 'K7QM', login_hint };
  const { body } = await client.call('POST', '/t/blue/bc-authorize', { form });
  expect(await poll(String(body.auth_req_id))).toMatchObject({ body: { error: 'invalid_grant' } });
  expect(emulator.phone('ada').notifications()).toEqual([]);
  expect(tenant.phone('ada').approve()).toMatchObject({ message: 'K7QM' });
  const grant = { ...credentials, grant_type: grantType, auth_req_id: String(body.auth_req_id) };
  const tokens = await client.call('POST', '/t/blue/oauth/token', { form: grant });
  expect(claimsOf(tokens.body.id_token)).toMatchObject({ iss: tenant.issuer });
});

it('is forgotten with its user', async () => {
  const id = await started();
  emulator.resetUser('ada');
  expect(await poll(id)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
});

function claimsOf(token: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString()) as never;
}
