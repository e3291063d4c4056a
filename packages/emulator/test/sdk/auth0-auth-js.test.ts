import { AuthClient, isMfaRequiredError } from '@auth0/auth0-auth-js';
import { exportJWK, generateKeyPair } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../../src/index.ts';
import { multiFactor } from './https-tenant.ts';

const { privateKey, publicKey } = await generateKeyPair('RS256');
const audience = 'https://bank.example/';
const emulator = createEmulator({
  issuer: 'https://tenant.test/',
  audience,
  clients: [
    { clientId: 'by-secret', clientSecret: 'by-secret-secret' },
    { clientId: 'by-assertion', keys: [{ ...(await exportJWK(publicKey)), alg: 'RS256' }] },
  ],
});
const phone = emulator.phone('ada');

beforeEach(() => emulator.reset());

const ada = { username: 'ada', password: 'correct-horse' };
const stepUp = { ...ada, audience, scope: 'openid transfer:funds' };

const toFetch =
  (target: Emulator): typeof fetch =>
  (input, init) =>
    target.handle(new Request(input, init));

const sdk = new AuthClient({
  domain: 'tenant.test',
  clientId: 'by-secret',
  clientSecret: 'by-secret-secret',
  customFetch: toFetch(emulator),
});

async function mfaToken(
  client = sdk,
  options: Parameters<AuthClient['getTokenByPassword']>[0] = stepUp,
): Promise<string> {
  const error: unknown = await client.getTokenByPassword(options).catch((reason: unknown) => reason);
  if (!isMfaRequiredError(error)) throw new Error('MFA was not asked for', { cause: error });
  return error.cause.mfa_token;
}

/** Push: the SDK sends one `verify`; whoever uses it has to poll. */
async function enrollPush(token: string): Promise<string | undefined> {
  const enrollment = await sdk.mfa.enrollAuthenticator({
    authenticatorTypes: ['oob'],
    oobChannels: ['auth0'],
    mfaToken: token,
  });
  if (!('oobCode' in enrollment)) throw new Error('no oobCode');
  phone.scan(enrollment.barcodeUri);
  await sdk.mfa.verify({ factorType: 'oob', mfaToken: token, oobCode: enrollment.oobCode ?? '' });
  return enrollment.recoveryCodes?.[0];
}

describe('the official SDK', () => {
  it('enrols a push, confirms it and lists it with its one-time password', async () => {
    await enrollPush(await mfaToken());
    const rows = await sdk.mfa.listAuthenticators({ mfaToken: await mfaToken() });
    expect(rows.map(({ authenticatorType, active }) => [authenticatorType, active])).toEqual([
      ['oob', true],
      ['otp', true],
      ['recovery-code', true],
    ]);
    expect(rows[0]).toMatchObject({ id: expect.stringMatching(/^push\|dev_/), name: "ada's phone" });
  });

  it('challenges the push and verifies it once it is approved', async () => {
    await enrollPush(await mfaToken());
    const token = await mfaToken();
    const [push] = await sdk.mfa.listAuthenticators({ mfaToken: token });
    const challenge = await sdk.mfa.challengeAuthenticator({
      challengeType: 'oob',
      authenticatorId: push?.id ?? '',
      mfaToken: token,
    });
    const oobCode = challenge.oobCode ?? '';
    const verify = () => sdk.mfa.verify({ factorType: 'oob', mfaToken: token, oobCode });
    await expect(verify()).rejects.toMatchObject({ cause: { error: 'authorization_pending' } });
    phone.approve();
    const tokens = await verify();
    expect(tokens.idToken).toBeDefined();
    expect(tokens.claims?.sub).toBe(emulator.users()[0]?.sub);
    expect(tokens.scope).toBe('openid transfer:funds');
  });

  it('reports a rejected push', async () => {
    await enrollPush(await mfaToken());
    const token = await mfaToken();
    const { oobCode = '' } = await sdk.mfa.challengeAuthenticator({ challengeType: 'oob', mfaToken: token });
    phone.deny();
    await expect(sdk.mfa.verify({ factorType: 'oob', mfaToken: token, oobCode })).rejects.toMatchObject({
      cause: { error: 'access_denied', error_description: 'MFA Authorization rejected.' },
    });
  });

  it('enrols and verifies a one-time password', async () => {
    const token = await mfaToken();
    const enrollment = await sdk.mfa.enrollAuthenticator({ authenticatorTypes: ['otp'], mfaToken: token });
    expect(enrollment).toMatchObject({ authenticatorType: 'otp', secret: expect.any(String) });
    phone.scan(enrollment.barcodeUri);
    const otp = () => phone.codes()[0]?.code ?? '';
    const tokens = await sdk.mfa.verify({ factorType: 'otp', mfaToken: token, otp: otp() });
    expect(tokens.accessToken).toBeDefined();
    emulator.clock.advance(30_000);
    const again = await mfaToken();
    expect(await sdk.mfa.challengeAuthenticator({ challengeType: 'otp', mfaToken: again })).toMatchObject({
      challengeType: 'otp',
    });
    await sdk.mfa.verify({ factorType: 'otp', mfaToken: again, otp: otp() });
  });

  it('enrols and verifies SMS and e-mail by their codes', async () => {
    for (const channel of [
      { oobChannels: ['sms'] as ['sms'], phoneNumber: '+491701234567' },
      { oobChannels: ['email'] as ['email'], email: 'ada@work.example' },
    ]) {
      emulator.reset();
      const token = await mfaToken();
      const enrollment = await sdk.mfa.enrollAuthenticator({
        authenticatorTypes: ['oob'],
        mfaToken: token,
        ...channel,
      });
      expect(enrollment).toMatchObject({ bindingMethod: 'prompt', oobChannel: channel.oobChannels[0] });
      const oobCode = 'oobCode' in enrollment ? (enrollment.oobCode ?? '') : '';
      const verify = (bindingCode: string) =>
        sdk.mfa.verify({ factorType: 'oob', mfaToken: token, oobCode, bindingCode });
      await expect(verify('0')).rejects.toMatchObject({ cause: { error: 'invalid_grant' } });
      await verify(phone.messages()[0]?.code ?? '');
    }
  });

  it('verifies a recovery code and gets the next one', async () => {
    const recoveryCode = (await enrollPush(await mfaToken())) ?? '';
    const token = await mfaToken();
    const tokens = await sdk.mfa.verify({ factorType: 'recovery-code', mfaToken: token, recoveryCode });
    expect(tokens.recoveryCode).toMatch(/^[A-Z0-9]{24}$/);
    expect(tokens.recoveryCode).not.toBe(recoveryCode);
  });

  it('removes an authenticator with an access token for the MFA audience', async () => {
    await enrollPush(await mfaToken());
    const scope = 'read:authenticators remove:authenticators';
    const token = await mfaToken(sdk, { ...ada, audience: 'https://tenant.test/mfa/', scope });
    const { oobCode = '' } = await sdk.mfa.challengeAuthenticator({ challengeType: 'oob', mfaToken: token });
    phone.approve();
    const { accessToken } = await sdk.mfa.verify({ factorType: 'oob', mfaToken: token, oobCode });
    const [push] = await sdk.mfa.listAuthenticators({ mfaToken: accessToken });
    await sdk.mfa.deleteAuthenticator({ authenticatorId: push?.id ?? '', mfaToken: accessToken });
    expect(await sdk.mfa.listAuthenticators({ mfaToken: accessToken })).toEqual([]);
  });

  it('refreshes tokens, and is asked for MFA when it wants the step-up scope', async () => {
    const { refreshToken = '' } = await sdk.getTokenByPassword({ ...ada, scope: 'openid offline_access' });
    const refreshed = await sdk.getTokenByRefreshToken({ refreshToken });
    expect(refreshed.refreshToken).not.toBe(refreshToken);
    const stepUpAgain = sdk.getTokenByRefreshToken({
      refreshToken: refreshed.refreshToken ?? '',
      scope: 'openid transfer:funds',
    });
    await expect(stepUpAgain).rejects.toSatisfy(isMfaRequiredError);
  });

  it('signs in by redirect, steps up, and signs out', async () => {
    const redirect_uri = 'http://localhost:3000/callback';
    const cookies = new Map<string, string>();
    const signIn = async (params = {}) => {
      const authorizationParams = { redirect_uri, scope: 'openid', ...params };
      const { authorizationUrl, codeVerifier } = await sdk.buildAuthorizationUrl({ authorizationParams });
      const { url } = await emulator.completeLogin(authorizationUrl.href, { cookies });
      return sdk.getTokenByCode(new URL(url), { codeVerifier });
    };
    expect((await signIn()).claims).not.toHaveProperty('amr');
    expect((await signIn({ acr_values: multiFactor })).claims).toMatchObject({ amr: ['mfa'] });
    const logout = await sdk.buildLogoutUrl({ returnTo: 'http://localhost:3000/' });
    const { status, headers } = await emulator.handle(new Request(logout));
    expect([status, headers.get('location')]).toEqual([302, 'http://localhost:3000/']);
  });

  it('authenticates with private_key_jwt', async () => {
    const client = new AuthClient({
      domain: 'tenant.test',
      clientId: 'by-assertion',
      clientAssertionSigningKey: privateKey,
      clientAssertionSigningAlg: 'RS256',
      customFetch: toFetch(emulator),
    });
    const token = await mfaToken(client);
    const enrollment = await client.mfa.enrollAuthenticator({ authenticatorTypes: ['otp'], mfaToken: token });
    phone.scan(enrollment.barcodeUri);
    const otp = phone.codes()[0]?.code ?? '';
    const tokens = await client.mfa.verify({ factorType: 'otp', mfaToken: token, otp });
    expect(tokens.accessToken).toBeDefined();
  });
});
