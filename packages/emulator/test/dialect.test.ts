import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Dialect } from '../src/index.ts';
import {
  createTenantClient,
  enrollPush,
  grants,
  mfaAccessToken,
  push,
  type Reply,
  startPush,
  stepUp,
  stoppedClock,
} from './tenant-client.ts';

const emulator = createEmulator({ clock: stoppedClock });
const client = createTenantClient(emulator);
const phone = emulator.phone('ada');

beforeEach(() => emulator.reset());

/** What brings the contradiction to light, and what the answer has to show. */
interface Case {
  readonly dialect: Partial<Dialect>;
  readonly act: () => Promise<Reply>;
  readonly expected: object;
}

async function pushAnswered(answer: 'approve' | 'deny' | 'nothing'): Promise<Reply> {
  await enrollPush(emulator, client);
  const { mfaToken, oobCode } = await startPush(client);
  if (answer !== 'nothing') phone[answer]();
  return client.oob(mfaToken, oobCode);
}

async function expiredPoll(): Promise<Reply> {
  await enrollPush(emulator, client);
  const { mfaToken, oobCode } = await startPush(client);
  emulator.clock.advance(300_000);
  return client.oob(mfaToken, oobCode);
}

async function wrongRecoveryCode(): Promise<Reply> {
  await enrollPush(emulator, client);
  return client.recoveryCode(await client.mfaToken(), 'WRONG');
}

async function rightRecoveryCode(): Promise<Reply> {
  const mfaToken = await client.mfaToken();
  const { body } = await client.associate(mfaToken, push);
  phone.scan();
  return client.recoveryCode(mfaToken, (body.recovery_codes as unknown[])[0]);
}

async function confirm(bearer: 'with' | 'without'): Promise<Reply> {
  const mfaToken = await client.mfaToken();
  const { body } = await client.associate(mfaToken, push);
  phone.scan();
  const form = {
    client_id: 'stepgate-demo',
    client_secret: 'stepgate-demo-secret',
    grant_type: grants.oob,
    mfa_token: mfaToken,
    oob_code: String(body.oob_code),
  };
  return client.call('POST', '/oauth/token', { form, bearer: bearer === 'with' ? mfaToken : undefined });
}

async function list(credential: 'mfa_token' | 'access_token'): Promise<Reply> {
  await enrollPush(emulator, client);
  const bearer =
    credential === 'mfa_token'
      ? await client.mfaToken()
      : await mfaAccessToken(emulator, client, 'read:authenticators');
  return client.call('GET', '/mfa/authenticators', { bearer });
}

async function removeWithMfaToken(): Promise<Reply> {
  await enrollPush(emulator, client);
  const bearer = await client.mfaToken();
  const [row] = await client.list(bearer);
  return client.call('DELETE', `/mfa/authenticators/${encodeURIComponent(String(row?.id))}`, { bearer });
}

async function challenge(body: Record<string, unknown>): Promise<Reply> {
  await enrollPush(emulator, client);
  return client.challenge({ mfa_token: await client.mfaToken(), ...body });
}

async function challengeAsForm(): Promise<Reply> {
  const mfaToken = await client.mfaToken();
  const form = { client_id: 'stepgate-demo', client_secret: 'stepgate-demo-secret', mfa_token: mfaToken };
  return client.call('POST', '/mfa/challenge', { form });
}

function signInByJson(): Promise<Reply> {
  const json = {
    client_id: 'stepgate-demo',
    client_secret: 'stepgate-demo-secret',
    grant_type: 'password',
    username: 'ada',
    password: 'correct-horse',
  };
  return client.call('POST', '/oauth/token', { json });
}

async function stepUpByRefreshToken(): Promise<Reply> {
  const { body } = await client.signIn({ scope: 'openid offline_access' });
  const refreshToken = String(body.refresh_token);
  return client.token({ grant_type: 'refresh_token', refresh_token: refreshToken, scope: stepUp });
}

async function pollTooOften(): Promise<Reply> {
  await enrollPush(emulator, client);
  const { mfaToken, oobCode } = await startPush(client);
  for (let round = 0; round < 12; round += 1) await client.oob(mfaToken, oobCode);
  return client.oob(mfaToken, oobCode);
}

async function tooManyWrongCodes(): Promise<Reply> {
  await enrollPush(emulator, client);
  const mfaToken = await client.mfaToken();
  for (let round = 0; round < 10; round += 1) await client.otp(mfaToken, '000000');
  return client.otp(mfaToken, '000000');
}

async function otherFactorAfterSuccess(): Promise<Reply> {
  await enrollPush(emulator, client);
  const { mfaToken, oobCode } = await startPush(client);
  phone.approve();
  await client.oob(mfaToken, oobCode);
  return client.otp(mfaToken, phone.codes()[0]?.code ?? '');
}

async function requirements(): Promise<Reply> {
  emulator.configure({ mfaRequirements: { enroll: ['push-notification', 'otp', 'phone'] } });
  return client.signIn({ scope: stepUp });
}

const error = (status: number, name: string) => ({ status, body: { error: name } });
const ok = { status: 200 };

describe('each contradiction of the sources has both its sides', () => {
  it.each<Case>([
    { dialect: {}, act: () => pushAnswered('deny'), expected: error(400, 'access_denied') },
    {
      dialect: { rejection: 'invalid_grant' },
      act: () => pushAnswered('deny'),
      expected: error(403, 'invalid_grant'),
    },
    { dialect: {}, act: wrongRecoveryCode, expected: error(400, 'access_denied') },
    {
      dialect: { rejection: 'invalid_grant' },
      act: wrongRecoveryCode,
      expected: error(403, 'invalid_grant'),
    },
    { dialect: {}, act: () => pushAnswered('nothing'), expected: error(400, 'authorization_pending') },
    {
      dialect: { pendingStatus: 200 },
      act: () => pushAnswered('nothing'),
      expected: error(200, 'authorization_pending'),
    },
    { dialect: {}, act: () => client.signIn({ scope: stepUp }), expected: error(403, 'mfa_required') },
    {
      dialect: { mfaRequiredStatus: 401 },
      act: () => client.signIn({ scope: stepUp }),
      expected: error(401, 'mfa_required'),
    },
    {
      dialect: { mfaRequiredStatus: 400 },
      act: () => client.signIn({ scope: stepUp }),
      expected: error(400, 'mfa_required'),
    },
    { dialect: {}, act: challengeAsForm, expected: error(403, 'association_required') },
    {
      dialect: { notEnrolled: 'unsupported_challenge_type' },
      act: challengeAsForm,
      expected: error(401, 'unsupported_challenge_type'),
    },
    {
      dialect: { challengeContentType: 'json' },
      act: challengeAsForm,
      expected: error(400, 'invalid_request'),
    },
    { dialect: { challengeContentType: 'json' }, act: () => challenge({}), expected: ok },
    {
      dialect: { associateCredentials: 'required' },
      act: async () => client.associate(await client.mfaToken(), push),
      expected: error(400, 'invalid_request'),
    },
    { dialect: {}, act: () => confirm('without'), expected: ok },
    {
      dialect: { confirmBearer: 'required' },
      act: () => confirm('without'),
      expected: error(401, 'invalid_token'),
    },
    { dialect: { confirmBearer: 'required' }, act: () => confirm('with'), expected: ok },
    {
      dialect: {},
      act: () => list('mfa_token'),
      expected: { body: expect.arrayContaining([expect.objectContaining({ oob_channel: 'auth0' })]) },
    },
    {
      dialect: { channelMember: 'oob_channels' },
      act: () => list('access_token'),
      expected: { body: expect.arrayContaining([expect.objectContaining({ oob_channels: 'auth0' })]) },
    },
    {
      dialect: { listCredential: 'access_token' },
      act: async () => client.call('GET', '/mfa/authenticators', { bearer: await client.mfaToken() }),
      expected: error(401, 'invalid_token'),
    },
    { dialect: {}, act: removeWithMfaToken, expected: error(401, 'invalid_token') },
    { dialect: { removeCredential: 'any' }, act: removeWithMfaToken, expected: { status: 204 } },
    { dialect: {}, act: signInByJson, expected: ok },
    { dialect: { tokenContentType: 'form' }, act: signInByJson, expected: error(400, 'invalid_request') },
    { dialect: {}, act: () => challenge({ challenge_type: undefined }), expected: ok },
    { dialect: {}, act: () => challenge({ challenge_type: 'otp oob' }), expected: ok },
    {
      dialect: { challengeType: 'required' },
      act: () => challenge({ challenge_type: undefined }),
      expected: error(400, 'invalid_request'),
    },
    {
      dialect: { challengeType: 'required' },
      act: () => challenge({ challenge_type: 'otp oob' }),
      expected: error(400, 'invalid_request'),
    },
    {
      dialect: { challengeChannel: 'required' },
      act: () => challenge({}),
      expected: error(400, 'invalid_request'),
    },
    {
      dialect: { challengeChannel: 'required' },
      act: () => challenge({ oob_channel: 'auth0' }),
      expected: ok,
    },
    {
      dialect: {},
      act: requirements,
      expected: {
        body: {
          mfa_requirements: { enroll: [{ type: 'push-notification' }, { type: 'otp' }, { type: 'phone' }] },
        },
      },
    },
    {
      dialect: { mfaRequirements: 'challenge_types' },
      act: requirements,
      expected: { body: { mfa_requirements: { challenge_types: ['oob', 'otp'] } } },
    },
    {
      dialect: { refreshMfaToken: 'absent' },
      act: stepUpByRefreshToken,
      expected: { body: { error: 'mfa_required', error_description: expect.any(String) } },
    },
    {
      dialect: { refreshToken: 'always' },
      act: () => client.signIn(),
      expected: { body: { refresh_token: expect.any(String) } },
    },
    { dialect: {}, act: expiredPoll, expected: error(403, 'expired_token') },
    { dialect: { expiredTokenStatus: 401 }, act: expiredPoll, expected: error(401, 'expired_token') },
    { dialect: {}, act: rightRecoveryCode, expected: { body: { recovery_code: expect.any(String) } } },
    {
      dialect: { newRecoveryCode: 'absent' },
      act: rightRecoveryCode,
      expected: { status: 200, body: expect.not.objectContaining({ recovery_code: expect.anything() }) },
    },
    {
      dialect: { mfaTokenForm: 'jwt' },
      act: () => client.signIn({ scope: stepUp }),
      expected: { body: { mfa_token: expect.stringMatching(/^eyJ/) } },
    },
    { dialect: { mfaTokenForm: 'jwt' }, act: () => pushAnswered('approve'), expected: ok },
    { dialect: {}, act: pollTooOften, expected: error(429, 'too_many_requests') },
    { dialect: { overPolling: 'slow_down' }, act: pollTooOften, expected: error(400, 'slow_down') },
    { dialect: {}, act: tooManyWrongCodes, expected: error(429, 'too_many_attempts') },
    {
      dialect: { userLimit: 'invalid_request' },
      act: tooManyWrongCodes,
      expected: {
        status: 400,
        body: {
          error: 'invalid_request',
          error_description: 'Too many failed codes. Wait for some minutes before retrying.',
        },
      },
    },
    { dialect: {}, act: otherFactorAfterSuccess, expected: error(403, 'invalid_grant') },
    { dialect: { mfaTokenAfterSuccess: 'reusable' }, act: otherFactorAfterSuccess, expected: ok },
  ])('$dialect', async ({ dialect, act, expected }) => {
    emulator.configure({ dialect });
    expect(await act()).toMatchObject(expected);
  });

  it('leaves out the mfa_token when the dialect does', async () => {
    emulator.configure({ dialect: { refreshMfaToken: 'absent' } });
    expect((await stepUpByRefreshToken()).body).not.toHaveProperty('mfa_token');
  });

  it('adds retry-after to the answers to exceeded limits', async () => {
    emulator.configure({ dialect: { retryAfter: 'present' } });
    expect((await pollTooOften()).headers.get('retry-after')).toBe('5');
  });

  it('tells a redeemed oob_code apart when the mfa_token can be used again', async () => {
    emulator.configure({ dialect: { mfaTokenAfterSuccess: 'reusable' } });
    await enrollPush(emulator, client);
    const { mfaToken, oobCode } = await startPush(client);
    phone.approve();
    await client.oob(mfaToken, oobCode);
    expect(await client.oob(mfaToken, oobCode)).toMatchObject({
      status: 403,
      body: { error: 'invalid_grant', error_description: 'The oob_code was already used.' },
    });
  });
});
