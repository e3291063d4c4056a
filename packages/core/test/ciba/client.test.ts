import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CibaClient,
  type CibaOptions,
  createCibaClient,
  type ProviderMetadata,
  type ResponseReport,
} from '../../src/index.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';

let server: ScriptedServer;
let metadata: ProviderMetadata;

beforeAll(async () => {
  server = await startScriptedServer();
  metadata = {
    // As Keycloak writes it: without a slash.
    issuer: server.url.replace(/\/$/, ''),
    jwksUri: `${server.url}certs`,
    tokenEndpoint: `${server.url}realms/bank/token`,
    backchannelAuthenticationEndpoint: `${server.url}realms/bank/ext/ciba/auth`,
    backchannelTokenDeliveryModes: ['poll'],
  };
});
afterAll(() => server.close());

function connect(options: Partial<CibaOptions> = {}): CibaClient {
  return createCibaClient({
    discover: async () => metadata,
    clientId: 'client',
    clientSecret: 'client-secret',
    ...options,
  });
}

const formOf = (index = 0): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(server.requests[index]?.body));

const ASK = { subject: 'auth0|ada', bindingMessage: 'K7QM-Transfer' };
const STARTED = { status: 200, body: { auth_req_id: 'id-1', expires_in: 300, interval: 5 } };
const POLL = { authReqId: 'id-1', expiresAt: Number.MAX_SAFE_INTEGER };
const PENDING = { status: 400, body: { error: 'authorization_pending' } };

describe('starting', () => {
  it('sends a form with openid, the hint, the message and the credentials', async () => {
    server.answer(STARTED);
    await connect().start(ASK);
    expect(server.request).toMatchObject({ method: 'POST', url: '/realms/bank/ext/ciba/auth' });
    expect(server.request.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(formOf()).toEqual({
      scope: 'openid',
      login_hint: JSON.stringify({ format: 'iss_sub', iss: metadata.issuer, sub: 'auth0|ada' }),
      binding_message: 'K7QM-Transfer',
      client_id: 'client',
      client_secret: 'client-secret',
    });
  });

  it('sends what is configured, and what the request asks for', async () => {
    server.answer(STARTED);
    const details = [{ type: 'transfer', amount: '250' }];
    await connect({
      scope: 'transfer:money openid',
      audience: 'urn:bank',
      acrValues: 'phr',
      loginHint: async (subject, { issuer }) => `${subject}@${issuer.length}`,
    }).start({
      ...ASK,
      requestedExpirySeconds: 120,
      authorizationDetails: details,
      notificationToken: 'token',
    });
    expect(formOf()).toMatchObject({
      scope: 'openid transfer:money',
      audience: 'urn:bank',
      acr_values: 'phr',
      login_hint: `auth0|ada@${metadata.issuer.length}`,
      requested_expiry: '120',
      authorization_details: JSON.stringify(details),
      client_notification_token: 'token',
    });
  });

  it('can name the requested expiry as Okta does', async () => {
    server.answer(STARTED);
    await connect({ expiryParameter: 'request_expiry' }).start({ ...ASK, requestedExpirySeconds: 60 });
    expect(formOf().request_expiry).toBe('60');
    expect(formOf()).not.toHaveProperty('requested_expiry');
  });

  it.each<[string, object, object]>([
    ['Auth0', { expires_in: 300, interval: 5 }, { expiresInMs: 300_000, intervalMs: 5_000 }],
    ['oidc-provider, without an interval', { expires_in: 600 }, { expiresInMs: 600_000, intervalMs: 5_000 }],
    ['fractions', { expires_in: 300, interval: 0.5 }, { expiresInMs: 300_000, intervalMs: 500 }],
    ['text', { expires_in: '300', interval: '2' }, { expiresInMs: 300_000, intervalMs: 2_000 }],
    ['an interval of 0', { expires_in: 300, interval: 0 }, { expiresInMs: 300_000, intervalMs: 5_000 }],
    ['more than a day', { expires_in: 1e300, interval: 1e300 }, { expiresInMs: 86_400_000 }],
  ])('reads the times of %s', async (_, times, expected) => {
    server.answer({ status: 200, body: { auth_req_id: 'id-1', ...times } });
    expect(await connect().start(ASK)).toMatchObject({ authReqId: 'id-1', ...expected });
  });

  it('takes the shorter one of the requested and the announced life', async () => {
    server.answer(STARTED, STARTED);
    expect(await connect().start({ ...ASK, requestedExpirySeconds: 60 })).toMatchObject({
      expiresInMs: 60_000,
    });
    expect(await connect().start({ ...ASK, requestedExpirySeconds: 600 })).toMatchObject({
      expiresInMs: 300_000,
    });
  });

  it('accepts an id of 4096 characters, as Keycloak may send it', async () => {
    const long = 'a'.repeat(4_096);
    server.answer({ status: 200, body: { auth_req_id: long, expires_in: 120 } });
    expect((await connect().start(ASK)).authReqId).toBe(long);
  });

  it.each([
    { expires_in: 300 },
    { auth_req_id: '', expires_in: 300 },
    { auth_req_id: 7, expires_in: 300 },
    { auth_req_id: 'a'.repeat(4_097), expires_in: 300 },
    { auth_req_id: 'id' },
    { auth_req_id: 'id', expires_in: 0 },
    { auth_req_id: 'id', expires_in: -1 },
    { auth_req_id: 'id', expires_in: 'soon' },
    { auth_req_id: 'id', expires_in: null },
  ])('fails closed on an incomplete response: %j', async (body) => {
    server.answer({ status: 200, body });
    await expect(connect().start(ASK)).rejects.toMatchObject({ code: 'provider_error' });
  });

  it('sends nothing when the provider has no CIBA', async () => {
    server.answer();
    const { backchannelAuthenticationEndpoint: _, ...without } = metadata;
    const failed = connect({ discover: async () => without }).start(ASK);
    await expect(failed).rejects.toMatchObject({ code: 'provider_misconfigured' });
    expect(server.requests).toEqual([]);
  });

  it('fails with the reason when discovery fails, since nothing was sent', async () => {
    const { StepUpError } = await import('../../src/index.ts');
    const discover = () => Promise.reject(new StepUpError('provider_unavailable', 'down'));
    await expect(connect({ discover }).start(ASK)).rejects.toMatchObject({ code: 'provider_unavailable' });
  });
});

describe('polling', () => {
  it('sends a form with the grant, the id and the credentials, and nothing else', async () => {
    server.answer(PENDING);
    expect(await connect({ scope: 'x', audience: 'y' }).poll(POLL)).toEqual({ status: 'pending' });
    expect(server.request.url).toBe('/realms/bank/token');
    expect(formOf()).toEqual({
      grant_type: 'urn:openid:params:grant-type:ciba',
      auth_req_id: 'id-1',
      client_id: 'client',
      client_secret: 'client-secret',
    });
  });

  it.each<[string, object, number | undefined]>([
    ['Retry-After', { headers: { 'retry-after': '10' }, body: { error: 'slow_down' } }, 10_000],
    ['the interval of the body', { body: { error: 'slow_down', interval: 10 } }, 10_000],
    [
      'the longer of both',
      { headers: { 'retry-after': '3' }, body: { error: 'slow_down', interval: 12 } },
      12_000,
    ],
    ['no time', { body: { error: 'slow_down' } }, undefined],
  ])('reads how long slow_down wants us to wait: %s', async (_, script, retryAfterMs) => {
    for (const status of [400, 429]) {
      server.answer({ status, ...script });
      expect(await connect().poll(POLL)).toEqual(
        retryAfterMs === undefined ? { status: 'slow_down' } : { status: 'slow_down', retryAfterMs },
      );
    }
  });

  it('reads how long a limit wants us to wait', async () => {
    const sentAt = 'Thu, 01 Jan 2026 00:00:00 GMT';
    const reset = String(Date.parse(sentAt) / 1_000 + 9);
    server.answer(
      { status: 429, headers: { 'retry-after': '7' }, body: { error: 'too_many_requests' } },
      { status: 429, headers: { date: sentAt, 'x-ratelimit-reset': reset }, body: {} },
      { status: 503, headers: { 'retry-after': '2' }, body: 'busy' },
    );
    const api = connect();
    await expect(api.poll(POLL)).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 7_000 });
    await expect(api.poll(POLL)).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 9_000 });
    await expect(api.poll(POLL)).rejects.toMatchObject({ code: 'provider_unavailable', retryAfterMs: 2_000 });
  });

  it('reads tokens without token_type, drops the refresh token and ignores the rest', async () => {
    server.answer({
      status: 200,
      body: {
        access_token: 'access',
        expires_in: 86_400,
        id_token: 'id',
        scope: '',
        refresh_token: 'refresh',
        nonce: 'n',
      },
    });
    expect(await connect().poll(POLL)).toEqual({
      status: 'approved',
      tokens: { accessToken: 'access', tokenType: 'Bearer', expiresIn: 86_400, idToken: 'id' },
    });
  });

  it.each([
    ['an array', [{ type: 'transfer', amount: '250' }]],
    ['JSON text', '[{"type":"transfer","amount":"250"}]'],
  ])('reads approved details as %s', async (_, details) => {
    server.answer({ status: 200, body: { access_token: 'a', authorization_details: details } });
    expect(await connect().poll(POLL)).toMatchObject({
      authorizationDetails: [{ type: 'transfer', amount: '250' }],
    });
  });

  it.each(['text', '{"type":"transfer"}', 7, null])('reads no details from %j', async (details) => {
    server.answer({ status: 200, body: { access_token: 'a', authorization_details: details } });
    expect(await connect().poll(POLL)).not.toHaveProperty('authorizationDetails');
  });

  it('waits longer for a response than a start does', async () => {
    const slow = await startScriptedServer();
    slow.answer('silence');
    const endpoint = { ...metadata, tokenEndpoint: slow.url };
    const api = connect({ discover: async () => endpoint, timeoutMs: 1, pollTimeoutMs: 200 });
    const startedAt = performance.now();
    await expect(api.poll(POLL)).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(performance.now() - startedAt).toBeGreaterThan(150);
    await slow.close();
  });
});

describe('client authentication', () => {
  it('can be Basic, with both halves form-encoded', async () => {
    server.answer(STARTED);
    await connect({
      clientId: 'the client',
      clientSecret: 's:e+c%r&é',
      clientAuthentication: 'client_secret_basic',
    }).start(ASK);
    const [scheme, pair = ''] = server.request.headers.authorization?.split(' ') ?? [];
    expect(scheme).toBe('Basic');
    expect(atob(pair)).toBe('the+client:s%3Ae%2Bc%25r%26%C3%A9');
    expect(formOf()).not.toHaveProperty('client_id');
    expect(formOf()).not.toHaveProperty('client_secret');
  });

  it('can be private_key_jwt: a fresh assertion for each request, for the issuer verbatim', async () => {
    server.answer(STARTED, PENDING);
    const audiences: string[] = [];
    const api = createCibaClient({
      discover: async () => metadata,
      clientId: 'client',
      clientAssertion: async ({ audience }) => `assertion-${audiences.push(audience)}`,
    });
    await api.start(ASK);
    await api.poll(POLL);
    expect(audiences).toEqual([metadata.issuer, metadata.issuer]);
    expect([formOf(0), formOf(1)]).toMatchObject(
      [1, 2].map((number) => ({
        client_id: 'client',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: `assertion-${number}`,
      })),
    );
  });
});

it('reports every response to onResponse', async () => {
  const reports: ResponseReport<string>[] = [];
  server.answer(STARTED, { ...PENDING, headers: { 'x-ratelimit-limit': '9', 'x-ratelimit-remaining': '8' } });
  const api = connect({ onResponse: (report) => reports.push(report) });
  await api.start(ASK);
  await api.poll(POLL);
  expect(reports).toEqual([
    { call: 'start', status: 200 },
    { call: 'poll', status: 400, rateLimit: { limit: 9, remaining: 8 } },
  ]);
});

describe('options', () => {
  const good = { discover: async () => metadata, clientId: 'client', clientSecret: 'secret' };

  it.each<[string, unknown]>([
    ['discover', { ...good, discover: undefined }],
    ['clientId', { ...good, clientId: '' }],
    ['clientSecret', { ...good, clientSecret: '' }],
    ['clientSecret or clientAssertion', { ...good, clientSecret: undefined }],
    ['clientSecret and clientAssertion', { ...good, clientAssertion: async () => 'a' }],
    ['clientAuthentication', { ...good, clientAuthentication: 'none' }],
    ['timeoutMs', { ...good, timeoutMs: 0 }],
    ['pollTimeoutMs', { ...good, pollTimeoutMs: Number.NaN }],
  ])('throw a TypeError that names %s when it is wrong: %j', (name, options) => {
    const attempt = () => createCibaClient(options as CibaOptions);
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow(new RegExp(`^${name}: `));
  });
});
