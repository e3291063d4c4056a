import { createRemoteJWKSet, jwtVerify, SignJWT } from 'jose';
import { type OidcProvider, startOidcProvider } from 'suites/oidc-provider.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CibaClient, type CibaOptions, createCibaClient, createDiscovery } from '../../src/index.ts';

let provider: OidcProvider;

beforeAll(async () => {
  provider = await startOidcProvider();
});
afterAll(() => provider.close());

function connect(options: Partial<CibaOptions> = {}): CibaClient {
  return createCibaClient({
    discover: createDiscovery({ issuer: provider.issuer, allowInsecureIssuer: true }),
    clientId: 'post',
    clientSecret: 'client-secret',
    ...options,
  });
}

const ASK = { subject: 'auth0|ada', bindingMessage: 'K7QM-Transfer' };

async function begin(ciba: CibaClient): Promise<{ authReqId: string; expiresAt: number }> {
  const { authReqId, expiresInMs } = await ciba.start(ASK);
  return { authReqId, expiresAt: Date.now() + expiresInMs };
}

describe('a standard provider', () => {
  it('starts, keeps a poll pending and returns verifiable tokens after the approval', async () => {
    const ciba = connect();
    expect(await ciba.start(ASK)).toMatchObject({ expiresInMs: 600_000, intervalMs: 5_000 });
    const challenge = await begin(ciba);
    expect(await ciba.poll(challenge)).toEqual({ status: 'pending' });
    await provider.approve(challenge.authReqId);
    const result = await ciba.poll(challenge);
    expect(result).toMatchObject({ status: 'approved', tokens: { scope: 'openid' } });
    const idToken = result.status === 'approved' ? (result.tokens.idToken ?? '') : '';
    const { issuer, jwksUri } = await createDiscovery({
      issuer: provider.issuer,
      allowInsecureIssuer: true,
    })();
    const { payload } = await jwtVerify(idToken, createRemoteJWKSet(new URL(jwksUri)), {
      issuer,
      audience: 'post',
    });
    expect(payload.sub).toBe('auth0|ada');
  });

  it('approves only once', async () => {
    const ciba = connect();
    const challenge = await begin(ciba);
    await provider.approve(challenge.authReqId);
    await ciba.poll(challenge);
    await expect(ciba.poll(challenge)).rejects.toMatchObject({ code: 'result_lost' });
  });

  it('is rejected by the user, and expired after our own deadline', async () => {
    const ciba = connect();
    const challenge = await begin(ciba);
    await provider.refuse(challenge.authReqId, 'AccessDenied');
    expect(await ciba.poll(challenge)).toEqual({ status: 'rejected' });
    await expect(ciba.poll({ ...challenge, expiresAt: Date.now() })).rejects.toMatchObject({
      code: 'challenge_expired',
    });
  });

  it.each([
    ['TransactionFailed', 'factor_unavailable'],
    ['ExpiredToken', 'challenge_expired'],
  ] as const)('ends with %s as %s', async (reason, code) => {
    const ciba = connect();
    const challenge = await begin(ciba);
    await provider.refuse(challenge.authReqId, reason);
    await expect(ciba.poll(challenge)).rejects.toMatchObject({ code });
  });

  it('does not know the id of another client', async () => {
    const challenge = await begin(connect());
    const other = connect({ clientId: 'basic', clientAuthentication: 'client_secret_basic' });
    await expect(other.poll(challenge)).rejects.toMatchObject({ code: 'result_lost' });
  });

  it('keeps to the requested life', async () => {
    const challenge = await connect().start({ ...ASK, requestedExpirySeconds: 30 });
    expect(challenge.expiresInMs).toBe(30_000);
  });

  it('refuses an unknown user, a wrong secret and a client without the grant', async () => {
    await expect(connect().start({ ...ASK, subject: 'auth0|eve' })).rejects.toMatchObject({
      code: 'not_enrolled',
    });
    for (const wrong of [{ clientSecret: 'wrong' }, { clientId: 'nobody' }, { clientId: 'other' }]) {
      await expect(connect(wrong).start(ASK)).rejects.toMatchObject({ code: 'provider_misconfigured' });
    }
  });

  it('accepts Basic', async () => {
    const ciba = connect({ clientId: 'basic', clientAuthentication: 'client_secret_basic' });
    expect(await ciba.poll(await begin(ciba))).toEqual({ status: 'pending' });
  });

  it('accepts private_key_jwt with the issuer as the audience, at both endpoints', async () => {
    const ciba = createCibaClient({
      discover: createDiscovery({ issuer: `${provider.issuer}/`, allowInsecureIssuer: true }),
      clientId: 'jwt',
      clientAssertion: ({ audience }) =>
        new SignJWT({ jti: crypto.randomUUID() })
          .setProtectedHeader({ alg: 'RS256', kid: 'c' })
          .setIssuer('jwt')
          .setSubject('jwt')
          .setAudience(audience)
          .setIssuedAt()
          .setExpirationTime('1m')
          .sign(provider.clientKey),
    });
    expect(await ciba.poll(await begin(ciba))).toEqual({ status: 'pending' });
  });
});
