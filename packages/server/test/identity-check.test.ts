import {
  exportJWK,
  generateKeyPair,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { describe, expect, it } from 'vitest';
import { createIdentityCheck, type IdentityCheck } from '../src/identity-check.ts';

const ISSUER = 'https://tenant.test/';
const NOW = Date.UTC(2026, 0, 5);
const SECONDS = NOW / 1_000;
const { publicKey, privateKey } = await generateKeyPair('RS256');
const stranger = await generateKeyPair('RS256');
const keySet = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }] };

const CLAIMS = { iss: ISSUER, aud: 'client', sub: 'ada', iat: SECONDS, exp: SECONDS + 3_600 };

function sign(
  claims: JWTPayload = {},
  header: Partial<JWTHeaderParameters> = {},
  key: Parameters<SignJWT['sign']>[0] = privateKey,
): Promise<string> {
  return new SignJWT({ ...CLAIMS, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header })
    .sign(key);
}

function checkWith(
  answer: () => Response | Promise<Response> = () => Response.json(keySet),
): IdentityCheck & {
  readonly fetched: () => number;
} {
  let fetched = 0;
  const check = createIdentityCheck({
    issuer: ISSUER,
    clientId: 'client',
    now: () => NOW,
    timeoutMs: 1_000,
    fetch: async () => {
      fetched += 1;
      return answer();
    },
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
    await expect(checkWith().check(tokens(await sign()), 'ada', {})).resolves.toBeUndefined();
  });

  it('refuses a good token of somebody else', async () => {
    expect(await refusalOf(await sign({ sub: 'grace' }))).toMatchObject({
      code: 'subject_mismatch',
      status: 403,
    });
  });

  it('tells how to set up an application whose tokens are signed with its secret', async () => {
    const secret = Buffer.from('stepgate-demo-secret-0123456789ab');
    expect(await refusalOf(await sign({}, { alg: 'HS256' }, secret))).toMatchObject({
      message: expect.stringMatching(/HS256.*RS256/),
    });
  });

  it('refuses an answer without an id_token', async () => {
    expect(await refusalOf(undefined)).toMatchObject({ code: 'identity_refused' });
  });

  it.each<[string, () => Promise<string> | string]>([
    ['of another issuer', () => sign({ iss: 'https://evil.test/' })],
    ['of an issuer without its slash', () => sign({ iss: 'https://tenant.test' })],
    ['for another application', () => sign({ aud: 'other' })],
    ['without an audience', () => sign({ aud: [] })],
    ['that is expired', () => sign({ exp: SECONDS - 61 })],
    ['that begins in the future', () => sign({ nbf: SECONDS + 61 })],
    ['signed with another key under the same kid', () => sign({}, {}, stranger.privateKey)],
    ['with an unknown kid', () => sign({}, { kid: 'k2' })],
    ['with a critical header nobody knows', () => sign({}, { crit: ['x'], x: 1 }).catch(() => 'not.a.token')],
    [
      'signed with the secret',
      () => sign({}, { alg: 'HS256' }, Buffer.from('stepgate-demo-secret-0123456789ab')),
    ],
    [
      'signed with the public key as the secret',
      async () => sign({}, { alg: 'HS256' }, Buffer.from(JSON.stringify(await exportJWK(publicKey)))),
    ],
    ['that is not signed', () => new UnsecuredJWT(CLAIMS).encode()],
    ['whose signature was cut off', async () => `${(await sign()).split('.').slice(0, 2).join('.')}.`],
    [
      'whose claims were changed',
      async () => {
        const [header, , signature] = (await sign({ sub: 'grace' })).split('.');
        return `${header}.${Buffer.from(JSON.stringify(CLAIMS)).toString('base64url')}.${signature}`;
      },
    ],
    ['that is no token', () => 'nonsense'],
    ['that is empty', () => ''],
  ])('refuses a token %s', async (_, make) => {
    const error = await refusalOf(await make());
    expect(error).toMatchObject({ code: 'identity_refused', status: 403 });
    expect(String(error)).not.toContain('eyJ');
  });

  it.each(['sub', 'exp', 'iat'])('refuses a token without %s', async (claim) => {
    const { [claim]: _left, ...rest } = CLAIMS as JWTPayload;
    const token = await new SignJWT(rest).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(privateKey);
    expect(await refusalOf(token)).toMatchObject({ code: 'identity_refused' });
  });

  it.each(['https://login.bank.example/tenant', 'https://login.bank.example/tenant/'])(
    'takes an issuer with a path as all of Stepgate does: %s',
    async (issuer) => {
      const asked: string[] = [];
      const check = createIdentityCheck({
        issuer,
        clientId: 'client',
        now: () => NOW,
        timeoutMs: 1_000,
        fetch: async (input) => {
          asked.push(input instanceof Request ? input.url : String(input));
          return Response.json(keySet);
        },
      });
      const token = await sign({ iss: 'https://login.bank.example/tenant/' });
      await expect(check.check(tokens(token), 'ada', {})).resolves.toBeUndefined();
      expect(asked).toEqual(['https://login.bank.example/tenant/.well-known/jwks.json']);
    },
  );

  it('fetches the keys once, before they are needed', async () => {
    const check = checkWith();
    await check.prepare({});
    await check.prepare({});
    await check.check(tokens(await sign()), 'ada', {});
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
    await expect(check.prepare({})).rejects.toMatchObject(unavailable);
    await expect(check.check(tokens(await sign()), 'ada', {})).rejects.toMatchObject(unavailable);
  });
});
