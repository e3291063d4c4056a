import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import {
  createTenantClient,
  enrollPush,
  mfaAccessToken,
  push,
  startPush,
  stepUp,
  stoppedClock,
} from './tenant-client.ts';

const emulator = createEmulator({ clock: stoppedClock });
const client = createTenantClient(emulator);

beforeEach(() => emulator.reset());

/** Enrols a phone for ada and returns her first recovery code. */
async function enrollWithRecoveryCode(): Promise<string> {
  const mfaToken = await client.mfaToken();
  const { body } = await client.associate(mfaToken, push);
  emulator.phone('ada').scan();
  await client.oob(mfaToken, body.oob_code);
  return (body.recovery_codes as string[])[0] ?? '';
}

describe('a recovery code in chained MFA', () => {
  it('hands its successor out with the tokens, after the other factor', async () => {
    const code = await enrollWithRecoveryCode();
    emulator.configure({ requiredFactors: 2 });
    const first = await client.recoveryCode(await client.mfaToken(), code);
    expect(first.body.error).toBe('mfa_required');
    const [current] = emulator.phone('ada').codes();
    const second = await client.otp(String(first.body.mfa_token), current?.code ?? '');
    expect(second).toMatchObject({ status: 200, body: { recovery_code: expect.any(String) } });
    emulator.configure({ requiredFactors: 1 });
    expect((await client.recoveryCode(await client.mfaToken(), second.body.recovery_code)).status).toBe(200);
  });
});

describe('an access token for the MFA audience', () => {
  it('does not pass a recovery code', async () => {
    const code = await enrollWithRecoveryCode();
    const token = await mfaAccessToken(emulator, client, 'enroll');
    expect(await client.recoveryCode(token, code)).toMatchObject({
      status: 403,
      body: { error: 'invalid_grant' },
    });
  });
});

describe('mfa_requirements', () => {
  beforeEach(() => {
    emulator.configure({ mfaRequirements: { challenge: ['push-notification'] } });
  });

  it('hold for one-time passwords and recovery codes too', async () => {
    const code = await enrollWithRecoveryCode();
    const [current] = emulator.phone('ada').codes();
    const mfaToken = await client.mfaToken();
    expect((await client.otp(mfaToken, current?.code ?? '')).body.error).toBe('unsupported_challenge_type');
    expect((await client.recoveryCode(mfaToken, code)).body.error).toBe('unsupported_challenge_type');
  });

  it('say nothing about what they do not name', async () => {
    expect((await client.signIn({ scope: stepUp })).body).not.toHaveProperty('mfa_requirements');
  });

  it('are taken away by null', async () => {
    await enrollPush(emulator, client);
    emulator.configure({ mfaRequirements: null });
    const { status, body } = await client.signIn({ scope: stepUp });
    expect([status, Object.keys(body)]).toEqual([403, ['error', 'error_description', 'mfa_token']]);
  });
});

describe('a push that was approved', () => {
  it('is void once its authenticator is removed', async () => {
    await enrollPush(emulator, client);
    const token = await mfaAccessToken(emulator, client, 'read:authenticators remove:authenticators');
    const { mfaToken, oobCode } = await startPush(client);
    emulator.phone('ada').approve();
    const [row] = await client.list(token);
    await client.call('DELETE', `/mfa/authenticators/${encodeURIComponent(String(row?.id))}`, {
      bearer: token,
    });
    expect(await client.oob(mfaToken, oobCode)).toMatchObject({
      status: 403,
      body: { error: 'invalid_grant', error_description: 'Malformed oob_code' },
    });
  });
});
