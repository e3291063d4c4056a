import { Secret, TOTP } from 'otpauth';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { createTenantClient, enrollPush, mfaAccessToken, push, stoppedClock } from './tenant-client.ts';

const emulator = createEmulator({ clock: stoppedClock });
const client = createTenantClient(emulator);
const phone = emulator.phone('ada');

beforeEach(() => emulator.reset());

describe('one-time passwords', () => {
  async function enrollOtp(): Promise<string> {
    const mfaToken = await client.mfaToken();
    const { body } = await client.associate(mfaToken, { authenticator_types: ['otp'] });
    await client.otp(mfaToken, codeOf(String(body.secret)));
    emulator.clock.advance(60_000);
    return String(body.secret);
  }

  const codeOf = (secret: string, at = emulator.clock.now()): string =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at });

  it('enrol with a secret and a matching link', async () => {
    const { body } = await client.associate(await client.mfaToken(), { authenticator_types: ['otp'] });
    expect(body).toEqual({
      authenticator_type: 'otp',
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
      barcode_uri: expect.stringMatching(/^otpauth:\/\/totp\//),
      recovery_codes: [expect.any(String)],
    });
    const link = new URL(String(body.barcode_uri)).searchParams;
    expect(Object.fromEntries(link)).toEqual({
      secret: body.secret,
      issuer: 'emulator',
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    });
  });

  it('are confirmed by the first code, not by the scan', async () => {
    const mfaToken = await client.mfaToken();
    const { body } = await client.associate(mfaToken, { authenticator_types: ['otp'] });
    phone.scan();
    expect((await client.list(mfaToken))[0]).toMatchObject({ active: false });
    const [shown] = phone.codes();
    expect(shown?.code).toBe(codeOf(String(body.secret)));
    expect(await client.otp(mfaToken, shown?.code ?? '')).toMatchObject({ status: 200 });
    expect((await client.list(await client.mfaToken()))[0]).toMatchObject({ active: true });
  });

  it('need no challenge, but can be asked for one', async () => {
    const secret = await enrollOtp();
    const mfaToken = await client.mfaToken();
    const challenge = await client.challenge({ mfa_token: mfaToken, challenge_type: 'otp' });
    expect(challenge.body).toEqual({ challenge_type: 'otp' });
    expect(await client.otp(mfaToken, codeOf(secret))).toMatchObject({ status: 200 });
  });

  it('accept the step before, and no other', async () => {
    const secret = await enrollOtp();
    const now = emulator.clock.now();
    const mfaToken = await client.mfaToken();
    for (const at of [now - 60_000, now + 30_000]) {
      expect(await client.otp(mfaToken, codeOf(secret, at))).toMatchObject({
        status: 403,
        body: { error: 'invalid_grant', error_description: 'Invalid otp_code.' },
      });
    }
    expect(await client.otp(mfaToken, codeOf(secret, now - 30_000))).toMatchObject({ status: 200 });
  });

  it('can be used once', async () => {
    const secret = await enrollOtp();
    const code = codeOf(secret);
    expect(await client.otp(await client.mfaToken(), code)).toMatchObject({ status: 200 });
    expect(await client.otp(await client.mfaToken(), code)).toMatchObject({ status: 403 });
  });

  it('come with every push, as its fallback', async () => {
    await enrollPush(emulator, client);
    const [shown] = phone.codes();
    expect(shown?.authenticatorId).toMatch(/^totp\|dev_/);
    expect(await client.otp(await client.mfaToken(), shown?.code ?? '')).toMatchObject({ status: 200 });
  });

  it('tell a user without one from a wrong code', async () => {
    expect(await client.otp(await client.mfaToken(), '123456')).toMatchObject({
      status: 401,
      body: {
        error: 'unsupported_challenge_type',
        error_description: expect.stringContaining('not enrolled'),
      },
    });
  });

  it('cannot be confirmed by another login than the one that started them', async () => {
    const { body } = await client.associate(await client.mfaToken(), { authenticator_types: ['otp'] });
    const other = await client.otp(await client.mfaToken(), codeOf(String(body.secret)));
    expect(other).toMatchObject({ status: 401 });
  });
});

describe.each([
  ['sms', { oob_channels: ['sms'], phone_number: '+491701234567' }, '+491701234567', 'XXXXXXXXX4567'],
  ['voice', { oob_channels: ['voice'], phone_number: '+491701234567' }, '+491701234567', 'XXXXXXXXX4567'],
  ['email', { oob_channels: ['email'], email: 'ada@work.example' }, 'ada@work.example', '***@work********'],
])('%s', (channel, params, to, name) => {
  const request = { authenticator_types: ['oob'], ...params };

  async function enroll(): Promise<void> {
    const mfaToken = await client.mfaToken();
    const { body } = await client.associate(mfaToken, request);
    await client.oob(mfaToken, body.oob_code, phone.messages().at(-1)?.code);
  }

  it('enrols by the code of a message that is sent at once', async () => {
    const mfaToken = await client.mfaToken();
    const { status, body } = await client.associate(mfaToken, request);
    expect(status).toBe(200);
    expect(body).toEqual({
      authenticator_type: 'oob',
      binding_method: 'prompt',
      oob_channel: channel,
      oob_code: expect.stringMatching(/^Fe26\.2\*/),
      recovery_codes: [expect.any(String)],
    });
    const [message] = phone.messages();
    expect(message).toMatchObject({ channel, to, code: expect.stringMatching(/^\d{6}$/) });
    expect(await client.oob(mfaToken, body.oob_code, message?.code)).toMatchObject({ status: 200 });
    const rows = await client.list(await client.mfaToken());
    expect(rows).toContainEqual({
      id: expect.stringMatching(new RegExp(`^${channel}\\|dev_`)),
      authenticator_type: 'oob',
      active: true,
      oob_channel: channel,
      name,
    });
  });

  it('asks for a code when it is challenged', async () => {
    await enroll();
    const mfaToken = await client.mfaToken();
    const { body } = await client.challenge({ mfa_token: mfaToken, oob_channel: channel });
    expect(body).toEqual({ challenge_type: 'oob', oob_code: expect.any(String), binding_method: 'prompt' });
    expect(await client.oob(mfaToken, body.oob_code)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request', error_description: 'Missing required parameter: binding_code' },
    });
    expect(await client.oob(mfaToken, body.oob_code, 'wrong')).toMatchObject({
      status: 403,
      body: { error: 'invalid_grant', error_description: 'Invalid binding_code.' },
    });
    const code = phone.messages().at(-1)?.code;
    expect(await client.oob(mfaToken, body.oob_code, code)).toMatchObject({ status: 200 });
  });

  it('can have codes of another length', async () => {
    emulator.configure({ messageCodeLength: 8 });
    await client.associate(await client.mfaToken(), request);
    expect(phone.messages()[0]?.code).toMatch(/^\d{8}$/);
  });
});

describe('phones', () => {
  it('take SMS and calls with one enrolment', async () => {
    const mfaToken = await client.mfaToken();
    const sms = { authenticator_types: ['oob'], oob_channels: ['sms'], phone_number: '+491701234567' };
    const { body } = await client.associate(mfaToken, sms);
    await client.oob(mfaToken, body.oob_code, phone.messages()[0]?.code);
    const ids = (await client.list(await client.mfaToken())).map(({ id }) => String(id).split('|'));
    expect(ids.map(([prefix]) => prefix)).toEqual(['sms', 'voice', 'recovery-code']);
    expect(ids[0]?.[1]).toBe(ids[1]?.[1]);
  });

  it.each(['0170 1234567', '+0', 'abc'])('are refused by a number such as %s', async (phoneNumber) => {
    const request = { authenticator_types: ['oob'], oob_channels: ['sms'], phone_number: phoneNumber };
    expect(await client.associate(await client.mfaToken(), request)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request', error_description: 'The phone number is invalid.' },
    });
  });
});

describe('e-mail', () => {
  it('goes to the profile address when none is given', async () => {
    await client.associate(await client.mfaToken(), {
      authenticator_types: ['oob'],
      oob_channels: ['email'],
    });
    expect(phone.messages()[0]?.to).toBe('ada@example.com');
  });

  it('is listed as active when it is verified, challenges, and still lets a first factor be enrolled', async () => {
    const verified = createEmulator({
      clock: stoppedClock,
      users: [{ username: 'ada', password: 'correct-horse', emailVerified: true }],
    });
    const its = createTenantClient(verified);
    const mfaToken = await its.mfaToken();
    expect(await its.list(mfaToken)).toMatchObject([{ active: true, oob_channel: 'email' }]);
    expect(await its.challenge({ mfa_token: mfaToken })).toMatchObject({
      body: { binding_method: 'prompt' },
    });
    expect(await its.associate(mfaToken, push)).toMatchObject({ status: 200 });
  });
});

describe('recovery codes', () => {
  async function enrollWithRecoveryCode(): Promise<unknown> {
    const mfaToken = await client.mfaToken();
    const { body } = await client.associate(mfaToken, push);
    phone.scan();
    await client.oob(mfaToken, body.oob_code);
    return (body.recovery_codes as unknown[])[0];
  }

  it('log in once, and bring the next one', async () => {
    const code = await enrollWithRecoveryCode();
    const { status, body } = await client.recoveryCode(await client.mfaToken(), code);
    expect(status).toBe(200);
    expect(body.recovery_code).toMatch(/^[A-Z0-9]{24}$/);
    expect(await client.recoveryCode(await client.mfaToken(), code)).toMatchObject({
      status: 400,
      body: { error: 'access_denied', error_description: 'MFA Authorization rejected.' },
    });
    expect(await client.recoveryCode(await client.mfaToken(), body.recovery_code)).toMatchObject({
      status: 200,
    });
  });

  it('are useless before the first factor is confirmed', async () => {
    const { body } = await client.associate(await client.mfaToken(), push);
    const [code] = body.recovery_codes as unknown[];
    expect(await client.recoveryCode(await client.mfaToken(), code)).toMatchObject({
      status: 403,
      body: { error: 'unsupported_challenge_type', error_description: 'User does not have a recovery-code.' },
    });
  });

  it('can be switched off for the tenant', async () => {
    emulator.configure({ recoveryCodes: false });
    const mfaToken = await client.mfaToken();
    const { body } = await client.associate(mfaToken, push);
    expect(body).not.toHaveProperty('recovery_codes');
    expect(await client.list(mfaToken)).toHaveLength(2);
  });
});

describe('removing', () => {
  const scope = 'enroll read:authenticators remove:authenticators';
  const remove = (bearer: string, id: unknown) =>
    client.call('DELETE', `/mfa/authenticators/${encodeURIComponent(String(id))}`, { bearer });

  it('a push takes its one-time password with it, and the last factor the recovery code', async () => {
    await enrollPush(emulator, client);
    const token = await mfaAccessToken(emulator, client, scope);
    const [row] = await client.list(token);
    expect(await remove(token, row?.id)).toMatchObject({ status: 204, body: {} });
    expect(await client.list(token)).toEqual([]);
    const { body } = await client.associate(await client.mfaToken(), push);
    expect(body.recovery_codes).toHaveLength(1);
  });

  it('works on an enrolment that was never confirmed', async () => {
    const { body } = await client.signIn({ audience: `${emulator.issuer}mfa/`, scope });
    const token = String(body.access_token);
    await client.associate(token, push);
    expect(await remove(token, (await client.list(token))[0]?.id)).toMatchObject({ status: 204 });
  });

  it('refuses an unknown one, a recovery code, and the mfa_token of a login', async () => {
    await enrollPush(emulator, client);
    const token = await mfaAccessToken(emulator, client, scope);
    const rows = await client.list(token);
    expect(await remove(token, 'push|dev_unknown')).toMatchObject({ status: 404 });
    expect(await remove(token, rows[2]?.id)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
    expect(await remove(await client.mfaToken(), rows[0]?.id)).toMatchObject({ status: 401 });
  });
});

describe('challenging', () => {
  it('is refused to a user without any active authenticator', async () => {
    const mfaToken = await client.mfaToken();
    await client.associate(mfaToken, push);
    expect(await client.challenge({ mfa_token: mfaToken })).toMatchObject({
      status: 403,
      body: { error: 'association_required' },
    });
  });

  it('picks a push when the client leaves the choice', async () => {
    await enrollPush(emulator, client);
    const reply = await client.challenge({ mfa_token: await client.mfaToken(), challenge_type: 'otp oob' });
    expect(reply.body.challenge_type).toBe('oob');
    expect(phone.notifications()).toHaveLength(1);
  });

  it.each([
    ['an unknown authenticator', { authenticator_id: 'push|dev_unknown' }, 400, 'invalid_authenticator'],
    ['a type nobody knows', { challenge_type: 'sms' }, 401, 'unsupported_challenge_type'],
    ['a channel the user does not have', { oob_channel: 'sms' }, 401, 'unsupported_challenge_type'],
    ['a malformed mfa_token', { mfa_token: 'Fe26.2*garbage' }, 403, 'invalid_grant'],
    ['a missing mfa_token', { mfa_token: undefined }, 400, 'invalid_request'],
  ])('is refused for %s', async (_case, params, status, error) => {
    await enrollPush(emulator, client);
    const reply = await client.challenge({ mfa_token: await client.mfaToken(), ...params });
    expect(reply).toMatchObject({ status, body: { error } });
  });

  it('is refused for a factor that the tenant switched off', async () => {
    await enrollPush(emulator, client);
    emulator.configure({ factors: ['otp'] });
    expect(await client.challenge({ mfa_token: await client.mfaToken() })).toMatchObject({
      status: 401,
      body: { error: 'unsupported_challenge_type' },
    });
  });
});
