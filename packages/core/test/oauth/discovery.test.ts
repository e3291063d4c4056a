import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDiscovery, type Discover, type DiscoveryOptions } from '../../src/index.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';

let server: ScriptedServer;

beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server.close());

const discovery = (options: Partial<DiscoveryOptions> = {}): Discover =>
  createDiscovery({ issuer: server.url, allowInsecureIssuer: true, ...options });

function documentOf(members: object = {}): Readonly<Record<string, unknown>> {
  return {
    issuer: server.url,
    token_endpoint: `${server.url}oauth/token`,
    jwks_uri: `${server.url}.well-known/jwks.json`,
    ...members,
  };
}

describe('discovery', () => {
  it('uses every member exactly as the provider wrote it', async () => {
    server.answer({
      status: 200,
      body: documentOf({
        authorization_endpoint: 'https://login.example/authorize?a=1',
        pushed_authorization_request_endpoint: 'https://login.example/par',
        backchannel_authentication_endpoint: 'https://mtls.example/bc-authorize',
        backchannel_token_delivery_modes_supported: ['poll', 7, 'ping'],
        authorization_response_iss_parameter_supported: true,
        claims_parameter_supported: 'yes',
        code_challenge_methods_supported: ['S256', 7],
      }),
    });
    expect(await discovery()()).toEqual({
      issuer: server.url,
      tokenEndpoint: `${server.url}oauth/token`,
      jwksUri: `${server.url}.well-known/jwks.json`,
      authorizationEndpoint: 'https://login.example/authorize?a=1',
      pushedAuthorizationRequestEndpoint: 'https://login.example/par',
      backchannelAuthenticationEndpoint: 'https://mtls.example/bc-authorize',
      backchannelTokenDeliveryModes: ['poll', 'ping'],
      authorizationResponseIssParameterSupported: true,
      codeChallengeMethodsSupported: ['S256'],
    });
    expect(server.request.url).toBe('/.well-known/openid-configuration');
  });

  it.each([
    ['', ''],
    ['', '/'],
    ['/', ''],
    ['/', '/'],
  ])(
    'accepts the issuer with or without a slash (%j), and keeps the provider’s (%j)',
    async (ours, theirs) => {
      const issuer = `${server.url}realms/bank`;
      server.answer({ status: 200, body: documentOf({ issuer: issuer + theirs }) });
      expect(await discovery({ issuer: issuer + ours })()).toMatchObject({ issuer: issuer + theirs });
      expect(server.request.url).toBe('/realms/bank/.well-known/openid-configuration');
    },
  );

  it('does without the endpoints that a provider leaves out', async () => {
    server.answer({ status: 200, body: documentOf({ backchannel_authentication_endpoint: null }) });
    const metadata = await discovery()();
    expect(metadata).not.toHaveProperty('backchannelAuthenticationEndpoint');
    expect(metadata.backchannelTokenDeliveryModes).toEqual([]);
  });

  it('asks once, even for many at the same time', async () => {
    server.answer({ status: 200, body: documentOf() });
    const discover = discovery();
    const all = await Promise.all([discover(), discover(), discover()]);
    expect(new Set([...all, await discover()]).size).toBe(1);
    expect(server.requests).toHaveLength(1);
  });

  it('asks again after a failure', async () => {
    server.answer({ status: 503, body: {} }, { status: 200, body: documentOf() });
    const discover = discovery();
    await expect(discover()).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(await discover()).toMatchObject({ issuer: server.url });
  });

  it.each<[string, () => { status: number; body?: unknown }]>([
    [
      'the document is of another issuer',
      () => ({ status: 200, body: documentOf({ issuer: 'https://evil.example/' }) }),
    ],
    ['the document has no issuer', () => ({ status: 200, body: documentOf({ issuer: undefined }) })],
    ['the document has no jwks_uri', () => ({ status: 200, body: documentOf({ jwks_uri: undefined }) })],
    ['the document has no token endpoint', () => ({ status: 200, body: documentOf({ token_endpoint: '' }) })],
    [
      'an endpoint is not an address',
      () => ({ status: 200, body: documentOf({ token_endpoint: '/token' }) }),
    ],
    ['an endpoint is not https', () => ({ status: 200, body: documentOf({ jwks_uri: 'ftp://x.example/' }) })],
    ['there is no document', () => ({ status: 404, body: 'not found' })],
    ['the document is not an object', () => ({ status: 200, body: [] })],
  ])('fails as misconfigured when %s', async (_, answer) => {
    server.answer(answer());
    await expect(discovery()()).rejects.toMatchObject({ code: 'provider_misconfigured' });
  });

  it.each<[string, { status: number; body?: unknown } | 'reset']>([
    ['a gateway sends a page', { status: 200, body: '<html></html>' }],
    ['the provider is down', { status: 500, body: {} }],
    ['the provider is busy', { status: 429, body: {} }],
    ['there is no response', 'reset'],
  ])('fails as unavailable when %s', async (_, script) => {
    server.answer(script);
    await expect(discovery()()).rejects.toMatchObject({ code: 'provider_unavailable' });
  });

  it('names the configured issuer and the one that the provider gives', async () => {
    server.answer({ status: 200, body: documentOf({ issuer: 'https://evil.example/' }) });
    await expect(discovery()()).rejects.toThrow(
      `The issuer is configured as ${server.url}, but the provider there calls itself https://evil.example/.`,
    );
  });

  it('accepts no http endpoint from an https issuer', async () => {
    const respond: typeof fetch = async () =>
      Response.json({
        issuer: 'https://op.test',
        token_endpoint: 'http://op.test/token',
        jwks_uri: 'https://op.test/jwks',
      });
    await expect(createDiscovery({ issuer: 'https://op.test', fetch: respond })()).rejects.toThrow(
      'token_endpoint in the discovery document is not an https address',
    );
  });

  it.each(['op.test', 'http://op.test/'])('throws a TypeError for a wrong issuer: %s', (issuer) => {
    expect(() => createDiscovery({ issuer })).toThrow(/^issuer: /);
  });
});
