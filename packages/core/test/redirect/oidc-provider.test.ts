import { createRemoteJWKSet, jwtVerify } from 'jose';
import {
  CALLBACK,
  CLIENT_SECRET,
  createVisitor,
  type OidcLogin,
  startOidcLogin,
  type Visitor,
} from 'suites/oidc-login.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  belongsTo,
  createDiscovery,
  createRedirectClient,
  type Departure,
  type HostedProof,
  parseReturn,
  type RedirectClient,
  type RedirectOptions,
} from '../../src/index.ts';

let provider: OidcLogin;
let visitor: Visitor;

beforeAll(async () => {
  provider = await startOidcLogin();
});
beforeEach(() => {
  visitor = createVisitor();
  provider.answer({ accountId: 'auth0|ada', acr: 'gold', amr: ['pwd', 'mfa'] });
});
afterAll(() => provider.close());

const discover = () => createDiscovery({ issuer: provider.issuer, allowInsecureIssuer: true });

function connect(options: Partial<RedirectOptions> = {}): RedirectClient {
  return createRedirectClient({
    discover: discover(),
    clientId: 'app',
    clientSecret: CLIENT_SECRET,
    acr: ['gold'],
    ...options,
  });
}

const depart = (client: RedirectClient): Promise<Departure> =>
  client.depart({ subject: 'auth0|ada', redirectUri: CALLBACK });

/** What a server does with a return. */
async function accept(
  client: RedirectClient,
  departure: Departure,
  callback: URL,
  clientId = 'app',
): Promise<HostedProof> {
  const returned = parseReturn(callback.search.slice(1));
  if (!belongsTo(returned, departure)) throw new Error('another departure');
  const exchanged = await client.exchange({ code: await client.codeOf(returned), departure });
  const { issuer, jwksUri } = await discover()();
  const { payload } = await jwtVerify(exchanged.tokens.idToken, createRemoteJWKSet(new URL(jwksUri)), {
    issuer,
    audience: clientId,
  });
  return client.check(payload, { ...exchanged, departure });
}

describe.each([
  ['pushed', {}],
  ['in the URL', { par: 'off' }],
  ['with an essential claim', { ask: 'essential' }],
] as const)('a request that is %s', (_how, options) => {
  it('takes the user there and back, and proves a second factor', async () => {
    const client = connect(options);
    const departure = await depart(client);

    const proof = await accept(client, departure, await visitor.visit(departure.authorizationUrl));

    expect(proof).toMatchObject({ acr: 'gold' });
    expect(Math.abs(proof.authenticatedAt - Date.now())).toBeLessThan(5_000);
  });

  it('asks a user again who has a session', async () => {
    const client = connect(options);
    for (const _time of [1, 2]) {
      const before = provider.prompts;
      const departure = await depart(client);
      await accept(client, departure, await visitor.visit(departure.authorizationUrl));
      expect(provider.prompts).toBe(before + 1);
    }
  });

  it('is not a proof if one factor was enough', async () => {
    provider.answer({ accountId: 'auth0|ada', acr: 'urn:pwd', amr: ['pwd'] });
    const client = connect({ ...options, acr: ['gold'], ask: 'acr_values', acrValues: [] });
    const departure = await depart(client);
    const callback = await visitor.visit(departure.authorizationUrl);

    await expect(accept(client, departure, callback)).rejects.toMatchObject({ code: 'mfa_not_required' });
  });

  it('proves nothing when another user signs in', async () => {
    provider.answer({ accountId: 'auth0|bob', acr: 'gold', amr: ['pwd', 'mfa'] });
    const client = connect({ ...options, loginHint: (subject) => subject });
    const departure = await depart(client);
    const callback = await visitor.visit(departure.authorizationUrl);

    await expect(accept(client, departure, callback)).rejects.toMatchObject({ code: 'subject_mismatch' });
  });

  it.each([
    ['access_denied', undefined, 'rejected'],
    ['access_denied', 'no_second_factor', 'not_enrolled'],
    ['unmet_authentication_requirements', undefined, 'not_enrolled'],
    ['temporarily_unavailable', undefined, 'provider_unavailable'],
  ])('ends with %s (%s) as %s', async (error, description, code) => {
    provider.answer({ error, ...(description !== undefined && { error_description: description }) });
    const client = connect(options);
    const departure = await depart(client);
    const callback = await visitor.visit(departure.authorizationUrl);

    await expect(accept(client, departure, callback)).rejects.toMatchObject({ code });
  });
});

describe('a return', () => {
  it('has a code that can be used once', async () => {
    const client = connect();
    const departure = await depart(client);
    const callback = await visitor.visit(departure.authorizationUrl);

    const outcomes = await Promise.allSettled([
      accept(client, departure, callback),
      accept(client, departure, callback),
    ]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
    await expect(accept(client, departure, callback)).rejects.toMatchObject({ code: 'result_lost' });
  });

  it('belongs to its own departure: not to an earlier one, nor to one of another client', async () => {
    const client = connect();
    const [first, second] = [await depart(client), await depart(client)];
    const callback = await visitor.visit(first.authorizationUrl);
    const returned = parseReturn(callback.search.slice(1));

    expect([belongsTo(returned, first), belongsTo(returned, second)]).toEqual([true, false]);
    const code = await client.codeOf(returned);
    await expect(client.exchange({ code, departure: second })).rejects.toMatchObject({ code: 'result_lost' });
    await expect(connect({ clientId: 'other' }).exchange({ code, departure: first })).rejects.toMatchObject({
      code: 'result_lost',
    });
  });

  it('is not accepted for another issuer, or without the promised one', async () => {
    const client = connect();
    const departure = await depart(client);
    const callback = await visitor.visit(departure.authorizationUrl);
    expect(callback.searchParams.get('iss')).toBe(provider.issuer);

    for (const change of [
      (query: URLSearchParams) => query.set('iss', 'https://evil.example'),
      (query: URLSearchParams) => query.set('iss', `${provider.issuer}/`),
      (query: URLSearchParams) => query.delete('iss'),
    ]) {
      const query = new URLSearchParams(callback.search);
      change(query);
      await expect(client.codeOf(parseReturn(query.toString()))).rejects.toMatchObject({
        code: 'identity_refused',
      });
      query.set('error', 'access_denied');
      await expect(client.codeOf(parseReturn(query.toString()))).rejects.toMatchObject({
        code: 'identity_refused',
      });
    }
  });

  it('is an error when it says so, whatever code comes with it', async () => {
    const client = connect();
    const departure = await depart(client);
    const callback = await visitor.visit(departure.authorizationUrl);
    callback.searchParams.set('error', 'access_denied');

    await expect(accept(client, departure, callback)).rejects.toMatchObject({ code: 'rejected' });
  });
});

describe('a request that was edited on its way', () => {
  it.each([
    ['max_age removed', (query: URLSearchParams) => query.delete('max_age')],
    ['max_age raised', (query: URLSearchParams) => query.set('max_age', '99999')],
    [
      'both removed',
      (query: URLSearchParams) => {
        query.delete('max_age');
        query.delete('acr_values');
      },
    ],
  ])('is not a proof: %s', async (_what, edit) => {
    const client = connect({ par: 'off' });
    const first = await depart(client);
    await visitor.visit(first.authorizationUrl);
    const departure = await depart(client);
    const url = new URL(departure.authorizationUrl);
    edit(url.searchParams);

    const before = provider.prompts;
    const callback = await visitor.visit(url.href);
    const returned = parseReturn(callback.search.slice(1));
    const exchanged = await client.exchange({ code: await client.codeOf(returned), departure });
    const { issuer, jwksUri } = await discover()();
    const keys = createRemoteJWKSet(new URL(jwksUri));
    const { payload } = await jwtVerify(exchanged.tokens.idToken, keys, { issuer, audience: 'app' });
    // As if the sign-in had been a minute before the departure.
    const aged = {
      ...payload,
      ...(typeof payload.auth_time === 'number' && { auth_time: payload.auth_time - 60 }),
    };

    expect(provider.prompts).toBe(before);
    expect(() => client.check(aged, { ...exchanged, departure })).toThrow(
      expect.objectContaining({ code: 'authentication_stale' }),
    );
  });

  it('has nothing to edit when it was pushed', async () => {
    const client = connect();
    const departure = await depart(client);
    const url = new URL(departure.authorizationUrl);

    expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
    expect(departure.expiresInMs).toBe(60_000);
    url.searchParams.set('max_age', '99999');
    const before = provider.prompts;
    await accept(client, departure, await visitor.visit(url.href));
    expect(provider.prompts).toBe(before + 1);
  });

  it('is refused when the request must be pushed', async () => {
    const client = connect({ clientId: 'pusher', par: 'off' });
    const departure = await depart(client);
    const callback = await visitor.visit(departure.authorizationUrl);

    await expect(client.codeOf(parseReturn(callback.search.slice(1)))).rejects.toMatchObject({
      code: 'provider_misconfigured',
    });
    const pushing = connect({ clientId: 'pusher', par: 'require' });
    const pushed = await depart(pushing);
    await accept(pushing, pushed, await visitor.visit(pushed.authorizationUrl), 'pusher');
  });

  it('comes back without a state when the pushed request is used again, and ends no departure', async () => {
    const client = connect();
    const departure = await depart(client);
    await visitor.visit(departure.authorizationUrl);

    const returned = parseReturn((await visitor.visit(departure.authorizationUrl)).search.slice(1));

    expect(belongsTo(returned, departure)).toBe(false);
    await expect(client.codeOf(returned)).rejects.toMatchObject({ code: 'challenge_expired' });
  });
});

describe('a departure', () => {
  it('is refused for a wrong secret, and for a callback that is not registered', async () => {
    await expect(depart(connect({ clientSecret: 'wrong' }))).rejects.toMatchObject({
      code: 'provider_misconfigured',
    });
    const elsewhere = { subject: 'auth0|ada', redirectUri: 'https://evil.example/callback' };
    await expect(connect().depart(elsewhere)).rejects.toMatchObject({ code: 'provider_misconfigured' });
  });
});
