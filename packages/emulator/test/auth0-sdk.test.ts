import { AuthClient, isMfaRequiredError, type OobEnrollmentResponse } from '@auth0/auth0-auth-js';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../src/index.ts';

let emulator: Emulator;
let auth: AuthClient;

beforeEach(() => {
  emulator = createEmulator({ issuer: 'https://tenant.test/' });
  auth = new AuthClient({
    domain: 'tenant.test',
    clientId: 'stepgate-demo',
    clientSecret: 'stepgate-demo-secret',
    customFetch: (input, init) => emulator.handle(new Request(input, init)),
  });
});

const user = { username: 'ada', password: 'correct-horse' };

/** The `mfa_token` of a login that asks for the step-up scope. */
async function startLogin(): Promise<string> {
  try {
    await auth.getTokenByPassword({ ...user, scope: 'openid transfer:funds' });
  } catch (error) {
    if (isMfaRequiredError(error)) return error.cause.mfa_token;
    throw error;
  }
  throw new Error('the tenant asked for no MFA');
}

async function enrollPush(): Promise<OobEnrollmentResponse> {
  const mfaToken = await startLogin();
  const enrollment = await auth.mfa.enrollAuthenticator({
    authenticatorTypes: ['oob'],
    oobChannels: ['auth0'],
    mfaToken,
  });
  if (enrollment.authenticatorType !== 'oob') throw new Error('an OTP was enrolled');
  emulator.phone('ada').scan(enrollment.barcodeUri);
  await auth.mfa.verify({ factorType: 'oob', mfaToken, oobCode: enrollment.oobCode ?? '' });
  return enrollment;
}

describe("the vendor's own client", () => {
  it('signs a user in, verifying the id_token against the keys', async () => {
    const tokens = await auth.getTokenByPassword({ ...user, scope: 'openid' });
    expect(tokens.claims?.sub).toBe(emulator.users()[0]?.sub);
  });

  it('lists no authenticators before any is enrolled', async () => {
    expect(await auth.mfa.listAuthenticators({ mfaToken: await startLogin() })).toEqual([]);
  });

  it('enrols push, waits, and finishes by out-of-band code', async () => {
    const mfaToken = await startLogin();
    const enrollment = await auth.mfa.enrollAuthenticator({
      authenticatorTypes: ['oob'],
      oobChannels: ['auth0'],
      mfaToken,
    });
    expect(enrollment).toMatchObject({
      authenticatorType: 'oob',
      oobChannel: 'auth0',
      barcodeUri: expect.stringMatching(/^otpauth:\/\/totp\/tenant:/),
      recoveryCodes: [expect.any(String)],
    });
    const { oobCode = '', barcodeUri } = enrollment as OobEnrollmentResponse;
    const verify = () => auth.mfa.verify({ factorType: 'oob', mfaToken, oobCode });
    await expect(verify()).rejects.toMatchObject({ cause: { error: 'authorization_pending' } });
    emulator.phone('ada').scan(barcodeUri);
    const tokens = await verify();
    expect(tokens.accessToken).toEqual(expect.any(String));
    expect(tokens.claims?.sub).toBe(emulator.users()[0]?.sub);
  });

  it('challenges push and finishes after the approval', async () => {
    await enrollPush();
    const mfaToken = await startLogin();
    const rows = await auth.mfa.listAuthenticators({ mfaToken });
    expect(rows.map(({ authenticatorType, active }) => [authenticatorType, active])).toEqual([
      ['oob', true],
      ['otp', true],
      ['recovery-code', true],
    ]);
    const [push] = rows;
    const challenge = await auth.mfa.challengeAuthenticator({
      challengeType: 'oob',
      authenticatorId: push?.id ?? '',
      mfaToken,
    });
    expect(challenge).toMatchObject({ challengeType: 'oob', oobCode: expect.any(String) });
    expect(challenge.bindingMethod).toBeUndefined();
    emulator.phone('ada').approve();
    const tokens = await auth.mfa.verify({
      factorType: 'oob',
      mfaToken,
      oobCode: challenge.oobCode ?? '',
    });
    expect(tokens.accessToken).toEqual(expect.any(String));
  });

  it('is told when the push was denied', async () => {
    await enrollPush();
    const mfaToken = await startLogin();
    const { oobCode = '' } = await auth.mfa.challengeAuthenticator({ challengeType: 'oob', mfaToken });
    emulator.phone('ada').deny();
    await expect(auth.mfa.verify({ factorType: 'oob', mfaToken, oobCode })).rejects.toMatchObject({
      cause: { error: 'access_denied', error_description: 'MFA Authorization rejected.' },
    });
  });

  it('enrols and verifies a one-time password', async () => {
    const mfaToken = await startLogin();
    const enrollment = await auth.mfa.enrollAuthenticator({ authenticatorTypes: ['otp'], mfaToken });
    expect(enrollment).toMatchObject({ authenticatorType: 'otp', secret: expect.any(String) });
    emulator.phone('ada').scan(enrollment.barcodeUri);
    const [code] = emulator.phone('ada').codes();
    const tokens = await auth.mfa.verify({ factorType: 'otp', mfaToken, otp: code?.code ?? '' });
    expect(tokens.idToken).toEqual(expect.any(String));
    const challenge = await auth.mfa.challengeAuthenticator({
      challengeType: 'otp',
      mfaToken: await startLogin(),
    });
    expect(challenge.challengeType).toBe('otp');
  });

  it('enrols SMS and passes with the code of the message', async () => {
    const mfaToken = await startLogin();
    const enrollment = await auth.mfa.enrollAuthenticator({
      authenticatorTypes: ['oob'],
      oobChannels: ['sms'],
      phoneNumber: '+4930123456',
      mfaToken,
    });
    const { oobCode = '', bindingMethod } = enrollment as OobEnrollmentResponse;
    expect(bindingMethod).toBe('prompt');
    const [message] = emulator.phone('ada').messages();
    const tokens = await auth.mfa.verify({
      factorType: 'oob',
      mfaToken,
      oobCode,
      bindingCode: message?.code ?? '',
    });
    expect(tokens.accessToken).toEqual(expect.any(String));
  });

  it('verifies a recovery code and is given the next one', async () => {
    const { recoveryCodes = [] } = await enrollPush();
    const tokens = await auth.mfa.verify({
      factorType: 'recovery-code',
      mfaToken: await startLogin(),
      recoveryCode: recoveryCodes[0] ?? '',
    });
    expect(tokens.recoveryCode).toMatch(/^[A-Z0-9]{24}$/);
  });

  it('deletes a push and its one-time password with a token for the MFA audience', async () => {
    const { accessToken } = await auth.getTokenByPassword({
      ...user,
      audience: 'https://tenant.test/mfa/',
      scope: 'read:authenticators remove:authenticators',
    });
    await enrollPush();
    const [push] = await auth.mfa.listAuthenticators({ mfaToken: accessToken });
    await auth.mfa.deleteAuthenticator({ authenticatorId: push?.id ?? '', mfaToken: accessToken });
    expect(await auth.mfa.listAuthenticators({ mfaToken: accessToken })).toEqual([]);
  });
});
