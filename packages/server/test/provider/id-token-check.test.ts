import { createDiscovery } from '@stepgate/core';
import { damaged, everyCase } from 'suites/damage.ts';
import { describe, expect, it } from 'vitest';
import { createIdentityCheck, type IdentityCheck } from '../../src/provider/id-token-check.ts';
import { createSigningKey, FORGERIES, type TokenScene, tenantToken } from '../support/forged-tokens.ts';

const ISSUER = 'https://tenant.test/';
const NOW = Date.UTC(2026, 0, 5);
const SECONDS = NOW / 1_000;
const key = createSigningKey('k1');
const keySet = { keys: [key.jwk] };
const METADATA = {
  issuer: ISSUER,
  token_endpoint: `${ISSUER}oauth/token`,
  jwks_uri: `${ISSUER}.well-known/jwks.json`,
};
const SCENE: TokenScene = {
  issuer: ISSUER,
  clientId: 'client',
  subject: 'ada',
  now: SECONDS,
  tenant: key,
};

function checkWith(
  answer: () => Response | Promise<Response> = () => Response.json(keySet),
): IdentityCheck & {
  readonly fetched: () => number;
} {
  let fetched = 0;
  const fetch: typeof globalThis.fetch = async (input) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    if (pathname.endsWith('openid-configuration')) return Response.json(METADATA);
    fetched += 1;
    return answer();
  };
  const check = createIdentityCheck({
    discover: createDiscovery({ issuer: ISSUER, fetch }),
    clientId: 'client',
    now: () => NOW,
    timeoutMs: 1_000,
    fetch,
  });
  return { ...check, fetched: () => fetched };
}

const tokens = (idToken: string | undefined) =>
  ({ accessToken: 'at', tokenType: 'Bearer', ...(idToken !== undefined && { idToken }) }) as const;

function refusalOf(idToken: string | undefined): Promise<unknown> {
  return checkWith()
    .check(tokens(idToken), 'ada', {})
    .catch((error: unknown) => error);
}

describe('createIdentityCheck', () => {
  it('passes an id_token of the tenant for this application and subject', async () => {
    await expect(checkWith().check(tokens(tenantToken(SCENE)), 'ada', {})).resolves.toBeUndefined();
  });

  it('says how to set up an application whose tokens are signed with its secret', async () => {
    expect(await refusalOf(tenantToken(SCENE, {}, { alg: 'HS256' }))).toMatchObject({
      message: expect.stringMatching(/HS256.*RS256/),
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      'issuer',
      { iss: 'https://other.test/' },
      'its iss is "https://other.test/", expected "https://tenant.test/"',
    ],
    ['application', { aud: 'another' }, 'its aud is "another", expected "client"'],
    ['subject', { sub: 'grace' }, 'The approval is by "grace", and `identify` gives the subject "ada"'],
  ])('names the %s that it expects, and the one that it finds', async (_, claims, message) => {
    expect(await refusalOf(tenantToken(SCENE, claims))).toMatchObject({
      message: expect.stringContaining(message),
    });
  });

  it('refuses an answer without an id_token', async () => {
    expect(await refusalOf(undefined)).toMatchObject({ code: 'identity_refused' });
  });

  it.each(FORGERIES)('refuses a token $title', async ({ make, code }) => {
    const error = await refusalOf(make(SCENE));
    expect(error).toMatchObject({ code, status: 403 });
    expect(String(error)).not.toContain('eyJ');
  });

  it('refuses a token that was cut off, changed or combined from two', async () => {
    const good = tenantToken(SCENE);
    const other = tenantToken(SCENE, { sub: 'grace' });
    const check = checkWith();
    const partsOf = (token: string): string =>
      token
        .split('.')
        .map((part) => Buffer.from(part, 'base64url').toString('hex'))
        .join('.');
    // The last character of a part has bits to spare, which nobody reads.
    const changed = damaged(good, [other]).filter((token) => partsOf(token) !== partsOf(good));

    await everyCase(changed, async (token) => {
      await expect(check.check(tokens(token), 'ada', {})).rejects.toMatchObject({
        code: expect.stringMatching(/^(identity_refused|subject_mismatch)$/),
      });
    });
  });

  it.each<[string, string]>([
    ['a kid, while there is one key', tenantToken(SCENE, {}, { kid: undefined })],
    ['an audience that is a list of one', tenantToken(SCENE, { aud: ['client'] })],
    [
      'several audiences, used by this application',
      tenantToken(SCENE, { aud: ['client', 'x'], azp: 'client' }),
    ],
    ['a nonce that nobody has asked for', tenantToken(SCENE, { nonce: 'n' })],
    ['clocks that agree to the minute', tenantToken(SCENE, { iat: SECONDS + 59, nbf: SECONDS + 59 })],
  ])('needs no more than the protocol requires: %s', async (_, token) => {
    await expect(checkWith().check(tokens(token), 'ada', {})).resolves.toBeUndefined();
  });

  it.each(['https://login.bank.example/tenant', 'https://login.bank.example/tenant/'])(
    'accepts the issuer and the address of the keys as the provider writes them: %s',
    async (issuer) => {
      const asked: string[] = [];
      const check = createIdentityCheck({
        discover: async () => ({
          issuer,
          jwksUri: 'https://keys.bank.example/tenant',
          tokenEndpoint: 'https://login.bank.example/token',
          backchannelTokenDeliveryModes: [],
        }),
        clientId: 'client',
        now: () => NOW,
        timeoutMs: 1_000,
        fetch: async (input) => {
          asked.push(input instanceof Request ? input.url : String(input));
          return Response.json(keySet);
        },
      });

      await expect(
        check.check(tokens(tenantToken(SCENE, { iss: issuer })), 'ada', {}),
      ).resolves.toBeUndefined();
      const other = issuer.endsWith('/') ? issuer.slice(0, -1) : `${issuer}/`;
      await expect(check.check(tokens(tenantToken(SCENE, { iss: other })), 'ada', {})).rejects.toMatchObject({
        code: 'identity_refused',
      });
      expect(asked).toEqual(['https://keys.bank.example/tenant']);
    },
  );

  it('fetches the keys once, before they are needed', async () => {
    const check = checkWith();
    await check.prepare('ada', {});
    await check.prepare('ada', {});
    await check.check(tokens(tenantToken(SCENE)), 'ada', {});
    expect(check.fetched()).toBe(1);
  });

  it.each<[string, () => Response | Promise<Response>]>([
    ['a connection that breaks', () => Promise.reject(new TypeError('fetch failed'))],
    ['a 503 of HTML', () => new Response('<h1>503</h1>', { status: 503 })],
    ['a page instead of keys', () => new Response('<h1>hello</h1>')],
    ['something that is no key set', () => Response.json({ nokeys: true })],
  ])('says that the provider is unavailable, and not that the token is bad, on %s', async (_, answer) => {
    const check = checkWith(answer);
    const unavailable = { code: 'provider_unavailable', status: 503 };
    await expect(check.prepare('ada', {})).rejects.toMatchObject(unavailable);
    await expect(check.check(tokens(tenantToken(SCENE)), 'ada', {})).rejects.toMatchObject(unavailable);
  });
});
