import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import {
  createTenantClient,
  enrollPush,
  grants,
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
  it('returns its successor with the tokens, after the other factor', async () => {
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

  it('are removed by null', async () => {
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

describe('removing an authenticator', () => {
  it('takes its pushes and its waiting QR code off the phone', async () => {
    const token = await mfaAccessToken(emulator, client, 'enroll read:authenticators remove:authenticators');
    await enrollPush(emulator, client);
    await startPush(client);
    await client.associate(token, { authenticator_types: ['otp'] });
    const before = emulator.phone('ada').view();
    expect([before.notifications.length, before.enrollments.length]).toEqual([1, 1]);
    for (const { id, authenticator_type } of await client.list(token)) {
      if (authenticator_type === 'recovery-code' || String(id).startsWith('totp|')) continue;
      await client.call('DELETE', `/mfa/authenticators/${encodeURIComponent(String(id))}`, { bearer: token });
    }
    expect(emulator.phone('ada').view()).toMatchObject({ notifications: [], enrollments: [{ kind: 'otp' }] });
    const [otp] = await client.list(token);
    await client.call('DELETE', `/mfa/authenticators/${encodeURIComponent(String(otp?.id))}`, {
      bearer: token,
    });
    expect(emulator.phone('ada').view().enrollments).toEqual([]);
  });
});

describe('a verified e-mail address', () => {
  const verified = createEmulator({
    clock: stoppedClock,
    users: [{ username: 'ada', password: 'correct-horse', emailVerified: true }],
  });
  const herClient = createTenantClient(verified);

  it('asks for no MFA before an access token for the MFA audience, and cannot be removed', async () => {
    const scope = 'read:authenticators remove:authenticators';
    const { status, body } = await herClient.signIn({ audience: `${verified.issuer}mfa/`, scope });
    expect(status).toBe(200);
    const bearer = String(body.access_token);
    const [row] = await herClient.list(bearer);
    const path = `/mfa/authenticators/${encodeURIComponent(String(row?.id))}`;
    expect(await herClient.call('DELETE', path, { bearer })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request', error_description: 'This authenticator cannot be removed.' },
    });
    expect(await herClient.list(bearer)).toEqual([row]);
  });

  it('gets twenty codes, and then one a minute', async () => {
    const mfaToken = await herClient.mfaToken();
    const replies = [];
    for (let count = 0; count < 21; count += 1) {
      replies.push((await herClient.challenge({ mfa_token: mfaToken })).status);
    }
    expect(replies).toEqual([...Array<number>(20).fill(200), 429]);
    verified.clock.advance(60_000);
    expect((await herClient.challenge({ mfa_token: mfaToken })).status).toBe(200);
  });

  it('accepts ten wrong codes, and then not even the right one', async () => {
    verified.reset();
    const wrong = async (): Promise<unknown> => {
      const mfaToken = await herClient.mfaToken();
      const challenge = await herClient.challenge({ mfa_token: mfaToken });
      return (await herClient.oob(mfaToken, challenge.body.oob_code, 'wrong')).body.error;
    };
    for (let count = 0; count < 10; count += 1) expect(await wrong()).toBe('invalid_grant');
    const mfaToken = await herClient.mfaToken();
    const challenge = await herClient.challenge({ mfa_token: mfaToken });
    const code = verified.phone('ada').messages().at(-1)?.code;
    expect(await herClient.oob(mfaToken, challenge.body.oob_code, code)).toMatchObject({
      status: 429,
      body: { error: 'too_many_attempts' },
    });
  });
});

describe('a limit', () => {
  it('counts the time since its last unit, also when it is asked in between', async () => {
    await enrollPush(emulator, client);
    emulator.configure({ limits: { pushes: { burst: 2, refillMs: 12_000 } } });
    const mfaToken = await client.mfaToken();
    const challenge = async (): Promise<number> => (await client.challenge({ mfa_token: mfaToken })).status;
    expect([await challenge(), await challenge(), await challenge()]).toEqual([200, 200, 429]);
    emulator.clock.advance(18_000);
    expect([await challenge(), await challenge()]).toEqual([200, 429]);
    emulator.clock.advance(6_000);
    expect([await challenge(), await challenge()]).toEqual([200, 429]);
  });
});

describe('a phone without a code to scan', () => {
  it('does not scan the code of another user', async () => {
    emulator.addUser({ username: 'grace', password: 'x' });
    await client.associate(await client.mfaToken(), push);
    expect(() => emulator.phone('grace').scan()).toThrow('No such QR code waits to be scanned');
  });
});

describe('a client that may not use a factor', () => {
  it('gets no challenge for it', async () => {
    const limited = createEmulator({
      clients: [{ clientId: 'limited', grantTypes: ['password', grants.otp] }],
    });
    const itsClient = createTenantClient(limited);
    const { body } = await itsClient.signIn({ client_id: 'limited', scope: stepUp });
    const enrollment = await itsClient.associate(String(body.mfa_token), push);
    limited.phone('ada').scan(String(enrollment.body.barcode_uri));
    const challenge = (type: string): Promise<unknown> =>
      itsClient.challenge({ client_id: 'limited', mfa_token: body.mfa_token, challenge_type: type });
    expect(await challenge('oob')).toMatchObject({ status: 403, body: { error: 'unauthorized_client' } });
    expect(await challenge('otp')).toMatchObject({ status: 200 });
    expect(limited.phone('ada').notifications()).toEqual([]);
  });
});

describe('what an emulator cannot be', () => {
  it.each([
    ['mfaAudience', { mfaAudience: '' }],
    ['clients[0].keys[0]', { clients: [{ clientId: 'x', keys: [{}] as never }] }],
  ])('is a TypeError that names %s', (name, options) => {
    expect(() => createEmulator(options)).toThrow(TypeError);
    expect(() => createEmulator(options)).toThrow(name);
  });

  it('is at a time that no date can be', () => {
    expect(() => emulator.clock.advance(Number.MAX_SAFE_INTEGER)).toThrow(RangeError);
    expect(emulator.clock.now()).toBe(stoppedClock.now());
  });
});
