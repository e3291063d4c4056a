import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Auth0MfaApiOptions,
  createAuth0MfaApi,
  createAuth0SignIn,
  type EnrollingWay,
  type StepUpError,
  type TenantReport,
} from '../../src/index.ts';
import { type Script, type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';

let server: ScriptedServer;

beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server.close());

function connect(options: Partial<Auth0MfaApiOptions> = {}): EnrollingWay {
  return createAuth0MfaApi({
    issuer: server.url,
    clientId: 'client',
    allowInsecureIssuer: true,
    ...options,
  });
}

const CALLS: Readonly<Record<string, (api: EnrollingWay, signal?: AbortSignal) => Promise<unknown>>> = {
  list: (api, signal) => api.list({ mfaToken: 'mfa-token', ...(signal && { signal }) }),
  enroll: (api, signal) => api.enroll({ mfaToken: 'mfa-token', factor: 'push', ...(signal && { signal }) }),
  challenge: (api, signal) =>
    api.challenge({
      mfaToken: 'mfa-token',
      authenticatorId: 'push|1',
      factor: 'push',
      ...(signal && { signal }),
    }),
  redeem: (api, signal) =>
    api.redeem({
      mfaToken: 'mfa-token',
      proof: { type: 'oob', oobCode: 'oob' },
      ...(signal && { signal }),
    }),
  remove: (api, signal) =>
    api.remove({ accessToken: 'access', authenticatorId: 'push|1', ...(signal && { signal }) }),
};

function poll(api: EnrollingWay): Promise<unknown> {
  return api.redeem({ mfaToken: 'mfa-token', proof: { type: 'oob', oobCode: 'oob' } });
}

async function errorOf(call: Promise<unknown>): Promise<StepUpError> {
  return call.then(
    () => Promise.reject(new Error('the call was answered')),
    (error: unknown) => error as StepUpError,
  );
}

describe.each(Object.entries(CALLS))('%s', (_, call) => {
  it.each<[string, Script]>([
    ['the connection is reset', 'reset'],
    ['a gateway answers with a page', { status: 503, body: '<html>Service Unavailable</html>' }],
    ['the body is cut off', { status: 200, body: '{"access_token": "acc' }],
    ['the answer is a redirect', { status: 302, headers: { location: '/elsewhere' } }],
    [
      'the response is a redirect that repeats the request',
      { status: 307, headers: { location: '/elsewhere' } },
    ],
  ])('sends one request and fails with a transient reason when %s', async (_fault, script) => {
    server.answer(script, { status: 200, body: { access_token: 'somebody else' } });
    const error = await errorOf(call(connect()));
    expect(error).toMatchObject({ code: 'provider_unavailable', status: 503, expose: false });
    expect(server.requests).toHaveLength(1);
  });

  it('rejects at once when it is aborted', async () => {
    server.answer('silence');
    const controller = new AbortController();
    const failed = errorOf(call(connect(), controller.signal));
    controller.abort();
    expect(await failed).toMatchObject({ code: 'provider_unavailable' });
  });

  it('returns at once from a 429 that asks for an hour, and reports how long', async () => {
    server.answer({ status: 429, headers: { 'retry-after': '3600' }, body: { error: 'too_many_requests' } });
    expect(await errorOf(call(connect()))).toMatchObject({
      code: 'rate_limited',
      status: 429,
      retryAfterMs: 3_600_000,
    });
    expect(server.requests).toHaveLength(1);
  });
});

it.each(['silence', 'stall'] as const)('times out with a transient reason: %s', async (script) => {
  const slow = await startScriptedServer();
  slow.answer(script);
  const error = await errorOf(poll(connect({ issuer: slow.url, timeoutMs: 300 })));
  await slow.close();
  expect(error).toMatchObject({ code: 'provider_unavailable', status: 503, expose: false });
});

it('fails with a transient reason and the system error when nothing listens on the port', async () => {
  const gone = await startScriptedServer();
  await gone.close();
  const error = await errorOf(poll(connect({ issuer: gone.url })));
  expect(error).toMatchObject({
    code: 'provider_unavailable',
    message: 'no response to POST oauth/token: ECONNREFUSED',
  });
});

describe('onResponse', () => {
  const LIMITS = { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '7' };

  it('is called with every response and its limits', async () => {
    const reports: TenantReport[] = [];
    const api = connect({ onResponse: (report) => reports.push(report) });
    server.answer(
      { status: 200, headers: LIMITS, body: [] },
      { status: 429, headers: { ...LIMITS, 'x-ratelimit-remaining': '0' }, body: {} },
      { status: 502, headers: { 'x-ratelimit-limit': 'many' }, body: 'a page' },
    );
    await api.list({ mfaToken: 'mfa-token' });
    await errorOf(poll(api));
    await errorOf(poll(api));
    expect(reports).toEqual([
      { call: 'list', status: 200, rateLimit: { limit: 100, remaining: 7 } },
      { call: 'poll', status: 429, rateLimit: { limit: 100, remaining: 0 } },
      { call: 'poll', status: 502 },
    ]);
  });

  it('may throw without failing the request', async () => {
    const api = connect({
      onResponse: () => {
        throw new Error('the metrics are away');
      },
    });
    server.answer({ status: 200, body: [] });
    expect(await api.list({ mfaToken: 'mfa-token' })).toEqual([]);
  });
});

describe('the time that the provider asks us to wait', () => {
  const SENT = 'Thu, 01 Jan 2026 00:00:00 GMT';
  const SENT_S = Date.parse(SENT) / 1_000;
  // Our own clock is a day off, so the response's own Date decides.
  const now = () => Date.parse(SENT) + 86_400_000;

  it.each<[string, Readonly<Record<string, string>>, number | undefined]>([
    ['Retry-After in seconds', { date: SENT, 'retry-after': '20' }, 20_000],
    ['Retry-After of nothing', { date: SENT, 'retry-after': '0' }, 0],
    ['Retry-After as a date', { date: SENT, 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
    ['Retry-After as a date gone by', { date: SENT, 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    ['Retry-After beyond all measure', { date: SENT, 'retry-after': '9'.repeat(400) }, 86_400_000],
    ['x-ratelimit-reset beyond all measure', { date: SENT, 'x-ratelimit-reset': 'Infinity' }, 86_400_000],
    ['Retry-After in words', { date: SENT, 'retry-after': 'soon' }, undefined],
    ['x-ratelimit-reset', { date: SENT, 'x-ratelimit-reset': String(SENT_S + 12) }, 12_000],
    ['x-ratelimit-reset gone by', { date: SENT, 'x-ratelimit-reset': String(SENT_S - 12) }, 0],
    ['x-ratelimit-reset in words', { date: SENT, 'x-ratelimit-reset': 'soon' }, undefined],
    [
      'Retry-After before x-ratelimit-reset',
      { date: SENT, 'retry-after': '5', 'x-ratelimit-reset': String(SENT_S + 60) },
      5_000,
    ],
    [
      'x-ratelimit-reset when Retry-After cannot be read',
      { date: SENT, 'retry-after': 'soon', 'x-ratelimit-reset': String(SENT_S + 60) },
      60_000,
    ],
    ['nothing', { date: SENT }, undefined],
  ])('is read from %s', async (_, headers, retryAfterMs) => {
    server.answer({ status: 429, headers, body: { error: 'too_many_requests' } });
    const error = await errorOf(poll(connect({ now })));
    expect(error.code).toBe('rate_limited');
    expect(error.retryAfterMs).toBe(retryAfterMs);
  });

  it('is measured by our own clock when the response has no Date', async () => {
    server.answer({
      status: 429,
      headers: { date: '', 'x-ratelimit-reset': String(now() / 1_000 + 7) },
      body: {},
    });
    expect((await errorOf(poll(connect({ now })))).retryAfterMs).toBe(7_000);
  });

  it.each([400, 429, 200])('comes with slow_down (%i)', async (status) => {
    server.answer({ status, headers: { 'retry-after': '20' }, body: { error: 'slow_down' } });
    expect(await poll(connect())).toEqual({ status: 'slow_down', retryAfterMs: 20_000 });
    server.answer({
      status,
      headers: { date: SENT, 'x-ratelimit-reset': String(SENT_S + 9) },
      body: { error: 'slow_down' },
    });
    expect(await poll(connect())).toEqual({ status: 'slow_down', retryAfterMs: 9_000 });
    server.answer({ status, body: { error: 'slow_down' } });
    expect(await poll(connect())).toEqual({ status: 'slow_down' });
  });

  it('is not taken from the reset time of an ordinary response', async () => {
    server.answer({
      status: 503,
      headers: { date: SENT, 'x-ratelimit-reset': String(SENT_S + 60) },
      body: {},
    });
    expect((await errorOf(poll(connect()))).retryAfterMs).toBeUndefined();
  });

  it('is read from a 503 too', async () => {
    server.answer({ status: 503, headers: { 'retry-after': '30' }, body: '<html></html>' });
    expect(await errorOf(poll(connect()))).toMatchObject({
      code: 'provider_unavailable',
      retryAfterMs: 30_000,
    });
  });
});

describe('the issuer', () => {
  it.each(['', '/'])('may be written with or without a trailing slash', async (end) => {
    server.answer({ status: 200, body: [] });
    await connect({ issuer: server.url.replace(/\/$/, end) }).list({ mfaToken: 'mfa-token' });
    expect(server.request.url).toBe('/mfa/authenticators');
  });

  it('may have a path, for a proxy in front of the tenant', async () => {
    server.answer({ status: 200, body: [] });
    await connect({ issuer: `${server.url}auth` }).list({ mfaToken: 'mfa-token' });
    expect(server.request.url).toBe('/auth/mfa/authenticators');
  });
});

describe('options', () => {
  const good = { issuer: 'https://tenant.example/', clientId: 'client' };

  it.each<[string, unknown]>([
    ['issuer', { clientId: 'client' }],
    ['issuer', { ...good, issuer: '' }],
    ['issuer', { ...good, issuer: 'tenant.eu.auth0.com' }],
    ['issuer', { ...good, issuer: 'ftp://tenant.example/' }],
    ['issuer', { ...good, issuer: 'javascript:alert(1)' }],
    ['issuer', { ...good, issuer: 'http://tenant.example/' }],
    ['issuer', { ...good, issuer: 'http://127.0.0.1:4400/', allowInsecureIssuer: 'yes' }],
    ['issuer', { ...good, issuer: 'https://ada:secret@tenant.example/' }],
    ['issuer', { ...good, issuer: 'https://tenant.example/?a=1' }],
    ['issuer', { ...good, issuer: 'https://tenant.example/#a' }],
    ['clientId', { ...good, clientId: '' }],
    ['clientId', { ...good, clientId: undefined }],
    ['clientSecret', { ...good, clientSecret: '' }],
    ['clientSecret and clientAssertion', { ...good, clientSecret: 's', clientAssertion: async () => 'a' }],
    ['timeoutMs', { ...good, timeoutMs: 0 }],
    ['timeoutMs', { ...good, timeoutMs: Number.NaN }],
    ['timeoutMs', { ...good, timeoutMs: Number.POSITIVE_INFINITY }],
  ])('throw a TypeError that names %s when it is wrong: %j', (name, options) => {
    for (const create of [createAuth0MfaApi, createAuth0SignIn]) {
      const attempt = () => create(options as Auth0MfaApiOptions);
      expect(attempt).toThrow(TypeError);
      expect(attempt).toThrow(new RegExp(`^${name}: `));
    }
  });

  it('never appear in the error when they are secret', () => {
    expect(() => connect({ issuer: 'https://ada:secret@tenant.example/' })).toThrow(/^(?!.*secret)/);
  });
});
