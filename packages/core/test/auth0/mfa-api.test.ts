import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Authenticator, createAuth0MfaApi, type EnrollingWay, type Factor } from '../../src/index.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';

const mfaToken = 'Fe26.2**transaction';
const OOB = 'Fe26.2**oob';
const GRANT = 'http://auth0.com/oauth/grant-type/mfa-';
const TOKENS = { access_token: 'access', token_type: 'Bearer', expires_in: 600 };

let server: ScriptedServer;
let api: EnrollingWay;

function connect(options: Partial<Parameters<typeof createAuth0MfaApi>[0]> = {}): EnrollingWay {
  return createAuth0MfaApi({
    issuer: server.url,
    clientId: 'client',
    clientSecret: 'client-secret',
    allowInsecureIssuer: true,
    ...options,
  });
}

const form = (): Record<string, string> => Object.fromEntries(new URLSearchParams(server.request.body));
const json = (): unknown => JSON.parse(server.request.body);

beforeAll(async () => {
  server = await startScriptedServer();
  api = connect();
});
afterAll(() => server.close());

describe('listing authenticators', () => {
  it('sends the mfa_token as the bearer, and no client credentials', async () => {
    server.answer({ status: 200, body: [] });
    await expect(api.list({ mfaToken })).resolves.toEqual([]);
    expect(server.request).toMatchObject({ method: 'GET', url: '/mfa/authenticators', body: '' });
    expect(server.request.headers.authorization).toBe(`Bearer ${mfaToken}`);
    expect(server.request.headers['content-type']).toBeUndefined();
  });

  it.each<[string, unknown, Factor]>([
    ['push', { id: 'push|dev_1', authenticator_type: 'oob', oob_channel: 'auth0' }, 'push'],
    ['sms', { id: 'sms|dev_1', authenticator_type: 'oob', oob_channel: 'sms' }, 'sms'],
    ['voice', { id: 'voice|dev_1', authenticator_type: 'oob', oob_channel: 'voice' }, 'voice'],
    ['email', { id: 'email|dev_1', authenticator_type: 'oob', oob_channel: 'email' }, 'email'],
    ['otp', { id: 'totp|dev_1', authenticator_type: 'otp' }, 'otp'],
    ['recovery code', { id: 'recovery-code|dev_1', authenticator_type: 'recovery-code' }, 'recovery-code'],
    ['oob_channels, a string (C7)', { id: 'x|1', authenticator_type: 'oob', oob_channels: 'auth0' }, 'push'],
    ['oob_channels, a list (C7)', { id: 'x|1', authenticator_type: 'oob', oob_channels: ['sms'] }, 'sms'],
    ['no channel: the prefix of the id', { id: 'push|dev_1', authenticator_type: 'oob' }, 'push'],
    ['no type at all: the prefix of the id', { id: 'totp|dev_1' }, 'otp'],
    [
      'a factor with a requirement type',
      { id: 'sms|dev_1', authenticator_type: 'oob', oob_channel: 'sms', type: 'phone', created_at: '…' },
      'sms',
    ],
  ])('reads %s', async (_, row, factor) => {
    server.answer({ status: 200, body: [{ ...(row as object), active: true, name: 'A name', later: {} }] });
    const [authenticator] = await api.list({ mfaToken });
    expect(authenticator).toEqual({
      id: (row as { id: string }).id,
      factor,
      active: true,
      name: 'A name',
    } satisfies Authenticator);
  });

  it.each([
    ['Ada\u202es phone', 'Adas phone'],
    ['\u2067Pixel\u2069', 'Pixel'],
    ['Ada\u200f 1\u001b[31m', 'Ada 1[31m'],
    ['הטלפון', 'הטלפון'],
    ['\u202e', undefined],
  ])('lists the name %j as %j: nothing in it reorders or hides what the user reads', async (name, shown) => {
    server.answer({
      status: 200,
      body: [{ id: 'push|dev_1', authenticator_type: 'oob', oob_channel: 'auth0', active: true, name }],
    });
    const [device] = await api.list({ mfaToken });
    expect(device?.name).toBe(shown);
  });

  it('shows unconfirmed authenticators, and those that do not say, as inactive', async () => {
    server.answer({
      status: 200,
      body: [
        { id: 'push|1', authenticator_type: 'oob', oob_channel: 'auth0', active: false },
        { id: 'push|2', authenticator_type: 'oob', oob_channel: 'auth0' },
        { id: 'push|3', authenticator_type: 'oob', oob_channel: 'auth0', active: 'true' },
      ],
    });
    const authenticators = await api.list({ mfaToken });
    expect(authenticators.map(({ active }) => active)).toEqual([false, false, false]);
  });

  it('skips rows that it cannot read, and keeps the others', async () => {
    server.answer({
      status: 200,
      body: [
        null,
        'push',
        {},
        { id: 7, authenticator_type: 'otp' },
        { id: 'webauthn|1', authenticator_type: 'webauthn-roaming', active: true },
        { id: 'duo|1', authenticator_type: 'oob', oob_channel: 'duo', active: true },
        { id: 'totp|1', authenticator_type: 'otp', active: true },
      ],
    });
    expect(await api.list({ mfaToken })).toEqual([{ id: 'totp|1', factor: 'otp', active: true }]);
  });
});

describe('enrolling', () => {
  const answers = {
    push: { authenticator_type: 'oob', oob_channel: 'auth0', oob_code: OOB, barcode_uri: 'otpauth://totp/p' },
    sms: { authenticator_type: 'oob', oob_channel: 'sms', oob_code: OOB, binding_method: 'prompt' },
    otp: { authenticator_type: 'otp', secret: 'ABCDEFGH', barcode_uri: 'otpauth://totp/o?secret=ABCDEFGH' },
  };

  it.each([
    ['push', {}, answers.push, { authenticator_types: ['oob'], oob_channels: ['auth0'] }],
    ['otp', {}, answers.otp, { authenticator_types: ['otp'] }],
    [
      'sms',
      { phoneNumber: '+15550100' },
      answers.sms,
      { authenticator_types: ['oob'], oob_channels: ['sms'], phone_number: '+15550100' },
    ],
    [
      'voice',
      { phoneNumber: '+15550100' },
      answers.sms,
      { authenticator_types: ['oob'], oob_channels: ['voice'], phone_number: '+15550100' },
    ],
    [
      'email',
      { email: 'ada@bank.example' },
      answers.sms,
      { authenticator_types: ['oob'], oob_channels: ['email'], email: 'ada@bank.example' },
    ],
    ['email', {}, answers.sms, { authenticator_types: ['oob'], oob_channels: ['email'] }],
  ] as const)(
    'requests %s %j as JSON, with the mfa_token as the bearer (C5)',
    async (factor, input, body, sent) => {
      server.answer({ status: 200, body });
      await api.enroll({ mfaToken, factor, ...input });
      expect(server.request).toMatchObject({ method: 'POST', url: '/mfa/associate' });
      expect(server.request.headers['content-type']).toBe('application/json');
      expect(server.request.headers.authorization).toBe(`Bearer ${mfaToken}`);
      expect(json()).toEqual(sent);
    },
  );

  it('sends the client credentials when configured to (C5)', async () => {
    server.answer({ status: 200, body: answers.push });
    await connect({ enrollWithCredentials: true }).enroll({ mfaToken, factor: 'push' });
    expect(json()).toMatchObject({ client_id: 'client', client_secret: 'client-secret' });
    expect(server.request.headers.authorization).toBe(`Bearer ${mfaToken}`);
  });

  it('reads a push: the unmodified link, and polling when there is no binding method', async () => {
    const barcodeUri = 'otpauth://totp/bank:ada%40x?enrollment_tx_id=1&base_url=https%3A%2F%2Fb.guardian';
    server.answer({
      status: 200,
      body: { ...answers.push, barcode_uri: barcodeUri, recovery_codes: ['R1'] },
    });
    expect(await api.enroll({ mfaToken, factor: 'push' })).toEqual({
      factor: 'push',
      binding: 'poll',
      oobCode: OOB,
      barcodeUri,
      recoveryCodes: ['R1'],
    });
  });

  it('reads a message: the user types a code', async () => {
    server.answer({ status: 200, body: { ...answers.sms, id: 'sms|dev_1', name: 'Pixel', new_member: 1 } });
    expect(await api.enroll({ mfaToken, factor: 'sms', phoneNumber: '+15550100' })).toEqual({
      factor: 'sms',
      binding: 'prompt',
      oobCode: OOB,
    });
  });

  it('reads a one-time password: the link, and the secret to type', async () => {
    server.answer({ status: 200, body: answers.otp });
    expect(await api.enroll({ mfaToken, factor: 'otp' })).toEqual({
      factor: 'otp',
      binding: 'prompt',
      secret: 'ABCDEFGH',
      barcodeUri: 'otpauth://totp/o?secret=ABCDEFGH',
    });
  });

  it.each([[undefined], [[]], [null], ['R1'], [[7, null]]])(
    'has no recovery codes when the response holds %j',
    async (codes) => {
      server.answer({ status: 200, body: { ...answers.push, recovery_codes: codes } });
      expect(await api.enroll({ mfaToken, factor: 'push' })).not.toHaveProperty('recoveryCodes');
    },
  );
});

describe('challenging', () => {
  it('sends one JSON body with the token and the credentials, and no bearer (C8, C10, C11)', async () => {
    server.answer({ status: 200, body: { challenge_type: 'oob', oob_code: OOB } });
    await api.challenge({ mfaToken, authenticatorId: 'push|dev_1', factor: 'push' });
    expect(server.request).toMatchObject({ method: 'POST', url: '/mfa/challenge' });
    expect(server.request.headers['content-type']).toBe('application/json');
    expect(server.request.headers.authorization).toBeUndefined();
    expect(json()).toEqual({
      mfa_token: mfaToken,
      client_id: 'client',
      client_secret: 'client-secret',
      challenge_type: 'oob',
      authenticator_id: 'push|dev_1',
    });
  });

  it('requests the type that belongs to the factor', async () => {
    server.answer({ status: 200, body: { challenge_type: 'otp' } });
    expect(await api.challenge({ mfaToken, authenticatorId: 'totp|dev_1', factor: 'otp' })).toEqual({
      binding: 'prompt',
    });
    expect(json()).toMatchObject({ challenge_type: 'otp' });
  });

  it.each([
    [
      { challenge_type: 'oob', oob_code: OOB },
      { binding: 'poll', oobCode: OOB },
    ],
    [
      { challenge_type: 'oob', oob_code: OOB, binding_method: 'none' },
      { binding: 'poll', oobCode: OOB },
    ],
    [
      { challenge_type: 'oob', oob_code: OOB, binding_method: 'prompt' },
      { binding: 'prompt', oobCode: OOB },
    ],
    [
      { challenge_type: 'oob', oob_code: OOB, expires_in: 120, interval: 7, unknown: [] },
      { binding: 'poll', oobCode: OOB, expiresInMs: 120_000, intervalMs: 7_000 },
    ],
    [
      { challenge_type: 'oob', oob_code: OOB, expires_in: 1e308, interval: 1e308 },
      { binding: 'poll', oobCode: OOB, expiresInMs: 86_400_000, intervalMs: 86_400_000 },
    ],
    [
      { challenge_type: 'oob', oob_code: OOB, expires_in: '120', interval: null },
      { binding: 'poll', oobCode: OOB },
    ],
  ])('reads %j', async (body, challenge) => {
    server.answer({ status: 200, body });
    expect(await api.challenge({ mfaToken, authenticatorId: 'push|dev_1', factor: 'push' })).toEqual(
      challenge,
    );
  });
});

describe('redeeming', () => {
  const credentials = { client_id: 'client', client_secret: 'client-secret', mfa_token: mfaToken };

  it.each([
    [
      { type: 'oob', oobCode: OOB },
      { grant_type: `${GRANT}oob`, oob_code: OOB },
    ],
    [
      { type: 'oob', oobCode: OOB, bindingCode: '123456' },
      { grant_type: `${GRANT}oob`, oob_code: OOB, binding_code: '123456' },
    ],
    [
      { type: 'otp', code: '123456' },
      { grant_type: `${GRANT}otp`, otp: '123456' },
    ],
    [
      { type: 'recovery-code', code: 'ABC' },
      { grant_type: `${GRANT}recovery-code`, recovery_code: 'ABC' },
    ],
  ] as const)('sends %j as a form, with no bearer (C6, C9)', async (proof, sent) => {
    server.answer({ status: 200, body: TOKENS });
    await api.redeem({ mfaToken, proof });
    expect(server.request).toMatchObject({ method: 'POST', url: '/oauth/token' });
    expect(server.request.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(server.request.headers.authorization).toBeUndefined();
    expect(form()).toEqual({ ...credentials, ...sent });
  });

  it('confirms an enrolment with the bearer, unless configured not to (C6)', async () => {
    const proof = { type: 'oob', oobCode: OOB } as const;
    server.answer({ status: 200, body: TOKENS });
    await api.redeem({ mfaToken, proof, enrolling: true });
    expect(server.request.headers.authorization).toBe(`Bearer ${mfaToken}`);
    expect(form()).toMatchObject({ mfa_token: mfaToken });

    server.answer({ status: 200, body: TOKENS });
    await connect({ confirmWithBearer: false }).redeem({ mfaToken, proof, enrolling: true });
    expect(server.request.headers.authorization).toBeUndefined();
  });

  it('reads tokens with their optional members (C18, C19)', async () => {
    const redeem = () => api.redeem({ mfaToken, proof: { type: 'otp', code: '123456' } });
    server.answer({ status: 200, body: { access_token: 'access' } });
    expect(await redeem()).toEqual({
      status: 'approved',
      tokens: { accessToken: 'access', tokenType: 'Bearer' },
    });
    server.answer({
      status: 200,
      body: {
        access_token: 'eyJ.access',
        token_type: 'DPoP',
        expires_in: 86_400,
        scope: 'openid transfer:funds',
        id_token: 'eyJ.id',
        refresh_token: 'refresh',
        something_new: { x: 1 },
      },
    });
    expect(await redeem()).toEqual({
      status: 'approved',
      tokens: {
        accessToken: 'eyJ.access',
        tokenType: 'DPoP',
        expiresIn: 86_400,
        scope: 'openid transfer:funds',
        idToken: 'eyJ.id',
        refreshToken: 'refresh',
      },
    });
  });

  it('reads the recovery code that replaces a used one (C24)', async () => {
    const proof = { type: 'recovery-code', code: 'OLD' } as const;
    server.answer({ status: 200, body: { ...TOKENS, recovery_code: 'NEW' } });
    expect(await api.redeem({ mfaToken, proof })).toMatchObject({ status: 'approved', recoveryCode: 'NEW' });
    server.answer({ status: 200, body: TOKENS });
    expect(await api.redeem({ mfaToken, proof })).not.toHaveProperty('recoveryCode');
  });

  it.each([400, 401, 403, 200])(
    'continues with the new token when another factor is demanded (C3): %i',
    async (status) => {
      server.answer({
        status,
        body: {
          error: 'mfa_required',
          mfa_token: 'eyJ.not.opaque',
          mfa_requirements: { challenge: [{ type: 'phone' }] },
        },
      });
      expect(await api.redeem({ mfaToken, proof: { type: 'otp', code: '123456' } })).toEqual({
        status: 'mfa_required',
        mfaToken: 'eyJ.not.opaque',
        requirements: { challenge: ['sms', 'voice'] },
      });
    },
  );

  it('requires a new sign-in when another factor is demanded without a token', async () => {
    server.answer({ status: 403, body: { error: 'mfa_required' } });
    await expect(api.redeem({ mfaToken, proof: { type: 'otp', code: '123456' } })).rejects.toMatchObject({
      code: 'login_required',
      status: 401,
    });
  });
});

describe('the requirements of the provider (C15)', () => {
  it.each([
    [undefined, undefined],
    [null, undefined],
    [[], undefined],
    [{}, undefined],
    [{ challenge: 'otp' }, undefined],
    [{ challenge: [{ type: 'otp' }] }, { challenge: ['otp'] }],
    [{ enroll: [{ type: 'push-notification' }, { type: 'otp' }] }, { enroll: ['push', 'otp'] }],
    [
      { enroll: [{ type: 'email' }], challenge: [{ type: 'recovery-code' }, { type: 'auth0' }] },
      { enroll: ['email'], challenge: ['recovery-code', 'push'] },
    ],
    [{ challenge: [{ type: 'phone' }, { type: 'sms' }] }, { challenge: ['sms', 'voice'] }],
    [{ challenge: [{ type: 'totp' }, { type: 'otp' }] }, { challenge: ['otp'] }],
    [{ challenge_types: ['otp', 'oob'] }, { challenge: ['otp', 'push', 'sms', 'voice', 'email'] }],
    [{ challenge: ['otp'] }, { challenge: ['otp'] }],
    [{ challenge: [{ type: 'webauthn-roaming' }, { kind: 'otp' }, 7] }, { challenge: [] }],
    [{ challenge: [{ type: 'otp' }], constructor: [{ type: 'sms' }] }, { challenge: ['otp'] }],
    [{ challenge: [{ type: 'constructor' }, { type: '__proto__' }] }, { challenge: [] }],
  ])('of %j are read as %j', async (requirements, factors) => {
    server.answer({
      status: 403,
      body: { error: 'mfa_required', mfa_token: 'next', mfa_requirements: requirements },
    });
    expect(await api.redeem({ mfaToken, proof: { type: 'otp', code: '123456' } })).toEqual({
      status: 'mfa_required',
      mfaToken: 'next',
      ...(factors && { requirements: factors }),
    });
  });
});

describe('removing an authenticator', () => {
  it('sends the percent-encoded id, and the access token as the bearer (C13)', async () => {
    server.answer({ status: 204 });
    await expect(
      api.remove({ accessToken: 'mfa-access', authenticatorId: 'push|dev_1' }),
    ).resolves.toBeUndefined();
    expect(server.request).toMatchObject({
      method: 'DELETE',
      url: '/mfa/authenticators/push%7Cdev_1',
      body: '',
    });
    expect(server.request.headers.authorization).toBe('Bearer mfa-access');
  });

  it('never sends an id that leads to another address', async () => {
    server.answer({ status: 204 });
    await api.remove({ accessToken: 'mfa-access', authenticatorId: '../../api/v2/users?x=1#y' });
    expect(server.request.url).toBe('/mfa/authenticators/..%2F..%2Fapi%2Fv2%2Fusers%3Fx%3D1%23y');
  });
});

describe('client authentication', () => {
  const poll = (client: EnrollingWay) => client.redeem({ mfaToken, proof: { type: 'oob', oobCode: OOB } });

  it('is the client id only for a public client', async () => {
    server.answer({ status: 200, body: TOKENS });
    await poll(createAuth0MfaApi({ issuer: server.url, clientId: 'public', allowInsecureIssuer: true }));
    expect(form()).toEqual({
      grant_type: `${GRANT}oob`,
      client_id: 'public',
      mfa_token: mfaToken,
      oob_code: OOB,
    });
  });

  it('is a fresh assertion for every request', async () => {
    let signed = 0;
    const client = createAuth0MfaApi({
      issuer: server.url,
      clientId: 'client',
      allowInsecureIssuer: true,
      clientAssertion: async () => {
        signed += 1;
        return `assertion-${signed}`;
      },
    });
    server.answer(
      { status: 200, body: { challenge_type: 'oob', oob_code: OOB } },
      { status: 400, body: { error: 'authorization_pending' } },
      { status: 200, body: TOKENS },
    );
    await client.challenge({ mfaToken, authenticatorId: 'push|dev_1', factor: 'push' });
    await poll(client);
    await poll(client);
    const [challenge, first, second] = server.requests.map(({ body }) => body);
    expect(JSON.parse(challenge ?? '')).toMatchObject({
      client_id: 'client',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'assertion-1',
    });
    expect(new URLSearchParams(first).get('client_assertion')).toBe('assertion-2');
    expect(new URLSearchParams(second).get('client_assertion')).toBe('assertion-3');
    expect(new URLSearchParams(second).has('client_secret')).toBe(false);
  });

  it('sends nothing when the assertion cannot be signed', async () => {
    server.answer();
    const client = createAuth0MfaApi({
      issuer: server.url,
      clientId: 'client',
      allowInsecureIssuer: true,
      clientAssertion: () => Promise.reject(new Error('no key')),
    });
    await expect(poll(client)).rejects.toThrow('no key');
    expect(server.requests).toEqual([]);
  });

  it('is left out where the bearer authenticates', async () => {
    server.answer({ status: 200, body: [] }, { status: 204 });
    await api.list({ mfaToken });
    await api.remove({ accessToken: 'mfa-access', authenticatorId: 'x' });
    expect(JSON.stringify(server.requests)).not.toContain('client-secret');
  });
});
