import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createRedirectClient,
  type Departure,
  type ProviderMetadata,
  parseReturn,
  type RedirectClient,
  type RedirectOptions,
} from '../../src/index.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';

let server: ScriptedServer;
let metadata: ProviderMetadata;

beforeAll(async () => {
  server = await startScriptedServer();
  metadata = {
    issuer: server.url,
    jwksUri: `${server.url}certs`,
    tokenEndpoint: `${server.url}token`,
    authorizationEndpoint: `${server.url}authorize?tenant=a`,
    backchannelTokenDeliveryModes: [],
  };
});
afterAll(() => server.close());

function connect(
  options: Partial<RedirectOptions> = {},
  differences: Partial<ProviderMetadata> = {},
): RedirectClient {
  return createRedirectClient({
    discover: async () => ({ ...metadata, ...differences }),
    clientId: 'app',
    clientSecret: 'client-secret',
    amr: ['mfa'],
    ...options,
  });
}

const REQUEST = { subject: 'auth0|ada', redirectUri: 'https://bank.example/step-up/callback' };
const TOKENS = {
  access_token: 'at',
  token_type: 'Bearer',
  id_token: 'a.b.c',
  refresh_token: 'rt',
  expires_in: 60,
};
const DEPARTURE: Departure = {
  authorizationUrl: 'https://op.example/authorize',
  subject: 'auth0|ada',
  state: 's'.repeat(43),
  nonce: 'n'.repeat(43),
  verifier: 'v'.repeat(43),
  redirectUri: REQUEST.redirectUri,
  departedAt: 0,
};
const formOf = (): Record<string, string> => Object.fromEntries(new URLSearchParams(server.request.body));
const exchange = (client = connect()) => client.exchange({ code: 'the-code', departure: DEPARTURE });

describe('a departure', () => {
  it('asks for a login with PKCE, state, nonce and the scope openid only', async () => {
    const client = connect({ now: () => 7, acrValues: ['http://mfa'] });

    const departure = await client.depart({ ...REQUEST, uiLocales: 'fr-CA' });

    const url = new URL(departure.authorizationUrl);
    expect(url.origin + url.pathname).toBe(`${server.url}authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      tenant: 'a',
      client_id: 'app',
      response_type: 'code',
      redirect_uri: REQUEST.redirectUri,
      scope: 'openid',
      state: departure.state,
      nonce: departure.nonce,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      acr_values: 'http://mfa',
      max_age: '0',
      ui_locales: 'fr-CA',
    });
    expect(departure).toMatchObject({
      departedAt: 7,
      subject: 'auth0|ada',
      redirectUri: REQUEST.redirectUri,
    });
    for (const secret of [departure.state, departure.nonce, departure.verifier])
      expect(secret).toMatch(/^[\w-]{43}$/);
    expect(url.href).not.toContain(departure.verifier);
  });

  it('differs each time', async () => {
    const [one, two] = [await connect().depart(REQUEST), await connect().depart(REQUEST)];
    for (const name of ['state', 'nonce', 'verifier'] as const) expect(one[name]).not.toBe(two[name]);
  });

  it('asks for the second factor only if a claim tells its time', async () => {
    const client = connect({ freshness: { claim: 'https://app.example/mfa' } });
    expect(new URL((await client.depart(REQUEST)).authorizationUrl).searchParams.has('max_age')).toBe(false);
  });

  it('names the expected user, through the functions of the options', async () => {
    const client = connect({
      loginHint: async (subject) => `${subject}@bank.example`,
      connection: () => 'google-oauth2',
      organization: () => 'org_1',
    });

    const departure = await client.depart(REQUEST);

    expect(departure.organization).toBe('org_1');
    expect(Object.fromEntries(new URL(departure.authorizationUrl).searchParams)).toMatchObject({
      login_hint: 'auth0|ada@bank.example',
      connection: 'google-oauth2',
      organization: 'org_1',
    });
  });

  it('asks with an essential claim instead of acr_values, if the provider supports claims', async () => {
    const client = connect({ acr: ['gold'], ask: 'essential' }, { claimsParameterSupported: true });
    const { searchParams } = new URL((await client.depart(REQUEST)).authorizationUrl);

    expect(searchParams.get('claims')).toBe('{"id_token":{"acr":{"essential":true,"values":["gold"]}}}');
    expect(searchParams.has('acr_values')).toBe(false);
    await expect(connect({ acr: ['gold'], ask: 'essential' }).depart(REQUEST)).rejects.toMatchObject({
      code: 'provider_misconfigured',
    });
  });

  it('pushes the request if discovery offers it, with the client’s credentials', async () => {
    const endpoint = { pushedAuthorizationRequestEndpoint: `${server.url}par` };
    server.answer({ status: 201, body: { request_uri: 'urn:x:1', expires_in: 30 } });

    const departure = await connect({}, endpoint).depart({
      ...REQUEST,
      authorizationDetails: [{ type: 'money_transfer', amount: '250' }],
    });

    expect(departure.authorizationUrl).toBe(
      `${server.url}authorize?tenant=a&client_id=app&request_uri=urn%3Ax%3A1`,
    );
    expect(departure.expiresInMs).toBe(30_000);
    expect(formOf()).toMatchObject({
      client_id: 'app',
      client_secret: 'client-secret',
      state: departure.state,
      max_age: '0',
      authorization_details: '[{"type":"money_transfer","amount":"250"}]',
    });
  });

  it('requires pushed requests for what must not be edited, and when the options say so', async () => {
    const details = { ...REQUEST, authorizationDetails: [{ type: 'money_transfer' }] };
    await expect(connect().depart(details)).rejects.toMatchObject({ code: 'provider_misconfigured' });
    await expect(connect({ par: 'require' }).depart(REQUEST)).rejects.toMatchObject({
      code: 'provider_misconfigured',
    });
  });

  it.each([
    [{ status: 400, body: { error: 'invalid_request' } }, 'provider_misconfigured'],
    [{ status: 401, body: { error: 'invalid_client' } }, 'provider_misconfigured'],
    [{ status: 429, body: { error: 'too_many_requests' } }, 'rate_limited'],
    [{ status: 503, body: '<html>' }, 'provider_unavailable'],
    [{ status: 201, body: {} }, 'provider_error'],
    ['reset', 'provider_unavailable'],
  ] as const)('is refused when the request cannot be pushed: %j', async (script, code) => {
    server.answer(script);
    const client = connect({}, { pushedAuthorizationRequestEndpoint: `${server.url}par` });
    await expect(client.depart(REQUEST)).rejects.toMatchObject({ code });
  });

  it.each([
    [{ authorizationEndpoint: undefined as never }, /no authorization_endpoint/],
    [{ codeChallengeMethodsSupported: ['plain'] }, /does not take PKCE with S256/],
  ])('requires a provider that supports it: %j', async (differences, message) => {
    await expect(connect({}, differences).depart(REQUEST)).rejects.toMatchObject({
      code: 'provider_misconfigured',
      message: expect.stringMatching(message),
    });
  });
});

describe('an exchange', () => {
  it('sends the code with what only this client knows, and keeps no refresh token', async () => {
    server.answer({ status: 200, body: TOKENS, headers: { date: 'Tue, 01 Dec 2026 00:00:00 GMT' } });

    const exchanged = await exchange(connect({ now: () => 7 }));

    expect(formOf()).toEqual({
      grant_type: 'authorization_code',
      code: 'the-code',
      redirect_uri: REQUEST.redirectUri,
      code_verifier: DEPARTURE.verifier,
      client_id: 'app',
      client_secret: 'client-secret',
    });
    expect(exchanged).toEqual({
      tokens: { accessToken: 'at', tokenType: 'Bearer', idToken: 'a.b.c', expiresIn: 60 },
      receivedAt: 7,
      providerDate: Date.UTC(2026, 11, 1),
    });
  });

  it.each([
    [{ status: 400, body: { error: 'invalid_grant' } }, 'result_lost'],
    [{ status: 401, body: { error: 'invalid_client' } }, 'provider_misconfigured'],
    [
      { status: 401, body: { error: 'access_denied', error_description: 'Unauthorized' } },
      'provider_misconfigured',
    ],
    [{ status: 403, body: { error: 'unauthorized_client' } }, 'provider_misconfigured'],
    [{ status: 400, body: { error: 'invalid_request' } }, 'provider_misconfigured'],
    [{ status: 429, body: {} }, 'rate_limited'],
    [{ status: 500, body: { error: 'server_error' } }, 'result_lost'],
    [{ status: 502, body: '<html>' }, 'result_lost'],
    [{ status: 200, body: '<html>' }, 'result_lost'],
    [{ status: 200, body: { access_token: 'at' } }, 'identity_refused'],
    [{ status: 200, body: { ...TOKENS, id_token: 'x'.repeat(70_000) } }, 'identity_refused'],
    [{ status: 307, headers: { location: 'https://evil.example/' } }, 'result_lost'],
    ['reset', 'result_lost'],
    ['stall', 'result_lost'],
  ] as const)('happens once, whatever comes back: %j', async (script, code) => {
    server.answer(script, { status: 200, body: TOKENS });
    await expect(exchange(connect({ timeoutMs: 100 }))).rejects.toMatchObject({ code });
    expect(server.requests).toHaveLength(1);
  });

  it('has no secret in its errors', async () => {
    server.answer({ status: 400, body: { error: 'invalid_grant', error_description: 'the-code' } });
    const error: unknown = await exchange().catch((thrown: unknown) => thrown);
    for (const secret of ['the-code', DEPARTURE.verifier, 'client-secret']) {
      expect(inspect(error, { depth: 9 })).not.toContain(secret);
    }
  });
});

describe('a return', () => {
  it.each([
    'code=a&code=b&state=s',
    'code=a&state=s&state=t',
    'code=a&state=s&iss=x&iss=y',
    'response=jwt',
    'code=a&id_token=x',
    'access_token=x',
    `code=${'a'.repeat(9_000)}`,
  ])('is read only if a provider could have sent it: %#', (query) => {
    expect(() => parseReturn(query)).toThrow(
      expect.objectContaining({ code: 'invalid_request', status: 400 }),
    );
  });

  it.each([
    ['error=access_denied', 'rejected'],
    ['error=access_denied&error_description=no_second_factor', 'not_enrolled'],
    ['error=interaction_required', 'factor_unavailable'],
    ['error=invalid_request_uri', 'challenge_expired'],
    ['error=invalid_scope', 'provider_misconfigured'],
    ['error=server_error', 'provider_unavailable'],
    ['error=toString', 'provider_error'],
    ['error=something', 'provider_error'],
    ['', 'provider_error'],
    ['code=', 'provider_error'],
    ['code=a%0Ab', 'provider_error'],
    [`code=${'a'.repeat(4_097)}`, 'provider_error'],
  ])('with %s is %s', async (query, code) => {
    await expect(connect().codeOf(parseReturn(`${query}&state=s`))).rejects.toMatchObject({ code });
  });

  it('limits how much outside text goes into the log', async () => {
    const query = new URLSearchParams({
      error: 'access_denied<script>',
      error_description: `no\n\u202e${'x'.repeat(900)}`,
    });
    const error = await connect()
      .codeOf(parseReturn(query.toString()))
      .catch((thrown: Error) => thrown);
    expect(error).toMatchObject({
      message: `the provider sent the user back with an unknown error: no${'x'.repeat(198)}`,
    });
  });
});

describe('the options', () => {
  it.each([
    [{ discover: undefined }, /^discover: must be a function/],
    [{ amr: undefined }, /no safe default/],
    [{ acr: ['0'] }, /^acr: must not hold 0/],
    [{ ask: 'nicely' }, /^ask: must be one of/],
    [{ ask: 'essential' }, /^ask: essential needs acr/],
    [{ par: true }, /^par: must be one of/],
    [{ clientId: '' }, /^clientId: must be/],
  ])('are checked at once: %j', (wrong, message) => {
    expect(() => connect(wrong as never)).toThrow(TypeError);
    expect(() => connect(wrong as never)).toThrow(message);
  });
});
