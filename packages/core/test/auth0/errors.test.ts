import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Auth0SignIn,
  createAuth0MfaApi,
  createAuth0SignIn,
  type EnrollingWay,
  isReasonCode,
  type ReasonCode,
  StepUpError,
} from '../../src/index.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';

let server: ScriptedServer;
let api: EnrollingWay;
let signIn: Auth0SignIn;

beforeAll(async () => {
  server = await startScriptedServer();
  const options = { issuer: server.url, clientId: 'client', allowInsecureIssuer: true };
  api = createAuth0MfaApi(options);
  signIn = createAuth0SignIn(options);
});
afterAll(() => server.close());

const mfaToken = 'mfa-token';

/** The calls of the MFA API, with one redemption for each kind of proof. */
const CALLS = {
  list: () => api.list({ mfaToken }),
  enroll: () => api.enroll({ mfaToken, factor: 'push' }),
  challenge: () => api.challenge({ mfaToken, authenticatorId: 'push|dev_1', factor: 'push' }),
  poll: () => api.redeem({ mfaToken, proof: { type: 'oob', oobCode: 'oob' } }),
  binding: () => api.redeem({ mfaToken, proof: { type: 'oob', oobCode: 'oob', bindingCode: '123456' } }),
  otp: () => api.redeem({ mfaToken, proof: { type: 'otp', code: '123456' } }),
  recovery: () => api.redeem({ mfaToken, proof: { type: 'recovery-code', code: 'ABCDEF' } }),
  remove: () => api.remove({ accessToken: 'access', authenticatorId: 'push|dev_1' }),
  password: () => signIn.password({ username: 'ada', password: 'wrong-horse' }),
  'refresh token': () => signIn.refreshToken({ refreshToken: 'refresh' }),
} as const satisfies Record<string, () => Promise<unknown>>;

type CallName = keyof typeof CALLS;

const EXCHANGES: readonly CallName[] = ['poll', 'binding', 'otp', 'recovery'];
const TYPED: readonly CallName[] = ['binding', 'otp', 'recovery'];
const OF_THE_API: readonly CallName[] = ['list', 'enroll', 'challenge', ...EXCHANGES];

/** The status of a redemption, or the code of an error. */
async function outcomeOf(call: CallName): Promise<string> {
  try {
    const answer: unknown = await CALLS[call]();
    return (answer as { status?: string } | undefined)?.status ?? 'answered';
  } catch (error) {
    if (!(error instanceof StepUpError) || !isReasonCode(error.code)) throw error;
    return error.code;
  }
}

interface Row {
  readonly calls: readonly CallName[];
  readonly statuses: readonly number[];
  /** `undefined`: the sources show no `error` member. */
  readonly error: string | undefined;
  readonly says?: string;
  readonly means: ReasonCode | 'pending' | 'slow_down';
}

/** When the sources name no status, every status they use for errors, and 200, as in old samples. */
const ANY = [200, 400, 401, 403];

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  'section 3, listing': [
    { calls: ['list'], statuses: [401], error: undefined, means: 'mfa_token_expired' },
    { calls: ['list'], statuses: [401, 403], error: 'invalid_token', means: 'mfa_token_expired' },
    { calls: ['list'], statuses: [401, 403], error: 'expired_token', means: 'mfa_token_expired' },
    { calls: ['list'], statuses: [401, 403], error: 'access_denied', means: 'mfa_token_expired' },
    { calls: ['list'], statuses: [401], error: 'Unauthorized', means: 'mfa_token_expired' },
    { calls: ['list'], statuses: [401, 403], error: 'insufficient_scope', means: 'provider_misconfigured' },
    ...[
      'mfa_token is expired',
      'Malformed mfa_token',
      'The mfa_token provided is invalid. Try getting a new token.',
    ].flatMap((says): Row[] => [
      { calls: ['list'], statuses: ANY, error: 'invalid_grant', says, means: 'mfa_token_expired' },
      { calls: ['list'], statuses: ANY, error: 'something_new', says, means: 'mfa_token_expired' },
      { calls: ['list'], statuses: [400, 401, 403], error: undefined, says, means: 'mfa_token_expired' },
    ]),
    { calls: ['list'], statuses: [429], error: 'too_many_requests', means: 'rate_limited' },
  ],
  'section 4, enrolling': [
    {
      calls: ['enroll'],
      statuses: ANY,
      error: 'access_denied',
      says: 'User is already enrolled.',
      means: 'already_enrolled',
    },
    {
      calls: ['enroll'],
      statuses: ANY,
      error: 'invalid_request',
      says: 'User is already enrolled.',
      means: 'already_enrolled',
    },
    { calls: ['enroll'], statuses: ANY, error: 'access_denied', means: 'already_enrolled' },
    { calls: ['enroll'], statuses: ANY, error: 'enrollment_conflict', means: 'already_enrolled' },
    {
      calls: ['enroll'],
      statuses: ANY,
      error: 'invalid_request',
      says: 'The phone number is invalid.',
      means: 'input_invalid',
    },
    { calls: ['enroll'], statuses: [400], error: 'invalid_request', means: 'provider_error' },
    { calls: ['enroll'], statuses: ANY, error: 'unsupported_challenge_type', means: 'factor_unavailable' },
    { calls: ['enroll'], statuses: [401], error: undefined, means: 'mfa_token_expired' },
    { calls: ['enroll'], statuses: [401, 403], error: 'invalid_token', means: 'mfa_token_expired' },
    { calls: ['enroll'], statuses: [401, 403], error: 'insufficient_scope', means: 'provider_misconfigured' },
    {
      calls: ['enroll'],
      statuses: ANY,
      error: 'invalid_request',
      says: 'Too many SMS sent by the user. Wait for some minutes before retrying.',
      means: 'rate_limited',
    },
    {
      calls: ['enroll'],
      statuses: ANY,
      error: 'expired_token',
      says: 'mfa_token is expired',
      means: 'mfa_token_expired',
    },
    {
      calls: ['enroll'],
      statuses: ANY,
      error: 'invalid_grant',
      says: 'Malformed mfa_token',
      means: 'mfa_token_expired',
    },
    { calls: ['enroll'], statuses: [429], error: 'too_many_requests', means: 'rate_limited' },
  ],
  'section 5.3, polling': [
    {
      calls: ['poll'],
      statuses: ANY,
      error: 'authorization_pending',
      says: 'Authorization pending: please repeat the request in a few seconds.',
      means: 'pending',
    },
    { calls: ['poll'], statuses: [...ANY, 429], error: 'slow_down', means: 'slow_down' },
    {
      calls: ['poll'],
      statuses: ANY,
      error: 'access_denied',
      says: 'MFA Authorization rejected.',
      means: 'rejected',
    },
    { calls: ['poll'], statuses: ANY, error: 'access_denied', means: 'rejected' },
    {
      calls: ['poll'],
      statuses: ANY,
      error: 'invalid_grant',
      says: 'MFA Authorization rejected.',
      means: 'rejected',
    },
    {
      calls: EXCHANGES,
      statuses: ANY,
      error: 'expired_token',
      says: 'oob_code is expired',
      means: 'challenge_expired',
    },
    {
      calls: EXCHANGES,
      statuses: ANY,
      error: 'expired_token',
      says: 'mfa_token is expired',
      means: 'mfa_token_expired',
    },
    { calls: EXCHANGES, statuses: ANY, error: 'expired_token', means: 'mfa_token_expired' },
  ],
  'sections 5.4 to 5.6, exchanging': [
    {
      calls: ['otp'],
      statuses: ANY,
      error: 'invalid_grant',
      says: 'Invalid otp_code.',
      means: 'code_refused',
    },
    {
      calls: ['binding'],
      statuses: ANY,
      error: 'invalid_grant',
      says: 'Invalid binding_code.',
      means: 'code_refused',
    },
    { calls: TYPED, statuses: [403], error: 'invalid_grant', means: 'code_refused' },
    {
      calls: ['otp'],
      statuses: ANY,
      error: 'invalid_request',
      says: 'Invalid otp_code.',
      means: 'code_refused',
    },
    ...['invalid_otp', 'invalid_binding_code', 'invalid_recovery_code'].map(
      (error): Row => ({ calls: TYPED, statuses: ANY, error, means: 'code_refused' }),
    ),
    {
      calls: EXCHANGES,
      statuses: ANY,
      error: 'invalid_grant',
      says: 'Malformed oob_code',
      means: 'result_lost',
    },
    { calls: EXCHANGES, statuses: ANY, error: 'invalid_oob_code', means: 'result_lost' },
    { calls: ['poll'], statuses: ANY, error: 'invalid_grant', means: 'result_lost' },
    {
      calls: EXCHANGES,
      statuses: ANY,
      error: 'invalid_grant',
      says: 'Malformed mfa_token',
      means: 'mfa_token_expired',
    },
    ...['access_denied', 'invalid_grant'].map(
      (error): Row => ({
        calls: TYPED,
        statuses: ANY,
        error,
        says: 'MFA Authorization rejected.',
        means: 'code_refused',
      }),
    ),
    ...['Missing required parameter: binding_code', 'binding_code is required'].map(
      (says): Row => ({
        calls: ['poll'],
        statuses: ANY,
        error: 'invalid_request',
        says,
        means: 'code_refused',
      }),
    ),
    {
      calls: EXCHANGES,
      statuses: ANY,
      error: 'invalid_request',
      says: "The oob_code doesn't match the mfa_token",
      means: 'result_lost',
    },
    ...[
      'mfa_token not issued to this client',
      'invalid audience specified for password grant exchange',
      'Unsupported multifactor provider duo',
    ].map(
      (says): Row => ({
        calls: EXCHANGES,
        statuses: ANY,
        error: 'invalid_request',
        says,
        means: 'provider_misconfigured',
      }),
    ),
    {
      calls: EXCHANGES,
      statuses: ANY,
      error: 'invalid_request',
      says: 'Too many failed codes. Wait for some minutes before retrying.',
      means: 'too_many_attempts',
    },
    {
      calls: ['otp'],
      statuses: ANY,
      error: 'unsupported_challenge_type',
      says: 'User is not enrolled. You can use /mfa/associate endpoint to enroll the first authenticator.',
      means: 'not_enrolled',
    },
    {
      calls: ['recovery'],
      statuses: ANY,
      error: 'unsupported_challenge_type',
      says: 'User does not have a recovery-code.',
      means: 'factor_unavailable',
    },
    { calls: EXCHANGES, statuses: ANY, error: 'invalid_client', means: 'provider_misconfigured' },
    {
      calls: EXCHANGES,
      statuses: [401],
      error: 'access_denied',
      says: 'Unauthorized',
      means: 'provider_misconfigured',
    },
    { calls: EXCHANGES, statuses: ANY, error: 'unauthorized_client', means: 'provider_misconfigured' },
    { calls: EXCHANGES, statuses: ANY, error: 'unsupported_grant_type', means: 'provider_misconfigured' },
    ...['Invalid sub', 'Invalid session id', 'Invalid challenge type'].map(
      (says): Row => ({
        calls: EXCHANGES,
        statuses: ANY,
        error: 'server_error',
        says,
        means: 'mfa_token_expired',
      }),
    ),
    { calls: EXCHANGES, statuses: [...ANY, 429], error: 'too_many_attempts', means: 'too_many_attempts' },
    { calls: EXCHANGES, statuses: [...ANY, 429], error: 'too_many_requests', means: 'rate_limited' },
    ...['invalid_grant', 'invalid_request'].flatMap((error): Row[] => [
      { calls: EXCHANGES, statuses: ANY, error, says: 'The code has expired.', means: 'challenge_expired' },
      { calls: EXCHANGES, statuses: ANY, error, says: 'oob_code is expired', means: 'challenge_expired' },
      { calls: EXCHANGES, statuses: ANY, error, says: 'mfa_token is expired', means: 'mfa_token_expired' },
    ]),
    { calls: EXCHANGES, statuses: ANY, error: 'authenticator_not_found', means: 'factor_unavailable' },
    { calls: EXCHANGES, statuses: [400, 401], error: 'use_dpop_nonce', means: 'provider_error' },
  ],
  'section 6, challenging': [
    { calls: ['challenge'], statuses: ANY, error: 'association_required', means: 'not_enrolled' },
    { calls: ['challenge'], statuses: ANY, error: 'unsupported_challenge_type', means: 'factor_unavailable' },
    {
      calls: ['challenge'],
      statuses: ANY,
      error: 'unsupported_challenge_type',
      says: 'User is not enrolled.',
      means: 'not_enrolled',
    },
    {
      calls: ['challenge'],
      statuses: ANY,
      error: 'unsupported_challenge_type',
      says: 'Currently there is no supported challenge available',
      means: 'factor_unavailable',
    },
    { calls: ['challenge'], statuses: ANY, error: 'invalid_authenticator', means: 'factor_unavailable' },
    { calls: ['challenge'], statuses: ANY, error: 'authenticator_not_found', means: 'factor_unavailable' },
    {
      calls: ['challenge'],
      statuses: ANY,
      error: 'invalid_request',
      says: 'mfa_token not issued to this client',
      means: 'provider_misconfigured',
    },
    {
      calls: ['challenge'],
      statuses: ANY,
      error: 'invalid_request',
      says: 'Too many SMS sent by the user. Wait for some minutes before retrying.',
      means: 'rate_limited',
    },
    {
      calls: ['challenge'],
      statuses: ANY,
      error: 'expired_token',
      says: 'mfa_token is expired',
      means: 'mfa_token_expired',
    },
    {
      calls: ['challenge'],
      statuses: ANY,
      error: 'invalid_grant',
      says: 'Malformed mfa_token',
      means: 'mfa_token_expired',
    },
    { calls: ['challenge'], statuses: ANY, error: 'invalid_client', means: 'provider_misconfigured' },
    {
      calls: ['challenge'],
      statuses: [401],
      error: 'access_denied',
      says: 'Unauthorized',
      means: 'provider_misconfigured',
    },
    { calls: ['challenge'], statuses: ANY, error: 'unauthorized_client', means: 'provider_misconfigured' },
    {
      calls: ['challenge'],
      statuses: [400],
      error: 'invalid_request',
      says: 'Missing required parameter: oob_channel',
      means: 'provider_error',
    },
    { calls: ['challenge'], statuses: [...ANY, 429], error: 'too_many_requests', means: 'rate_limited' },
    ...['error_sending_push_notification', 'pn_endpoint_disabled', 'push_notification_wrong_credentials'].map(
      (error): Row => ({ calls: ['challenge'], statuses: ANY, error, means: 'factor_unavailable' }),
    ),
    { calls: ['challenge'], statuses: [...ANY, 429], error: 'too_many_pn', means: 'rate_limited' },
    { calls: ['challenge'], statuses: [500], error: 'server_error', means: 'provider_unavailable' },
    { calls: ['challenge'], statuses: [502], error: 'bad_gateway', means: 'provider_unavailable' },
  ],
  'section 7, removing': [
    { calls: ['remove'], statuses: [401], error: undefined, means: 'mfa_token_expired' },
    { calls: ['remove'], statuses: [404], error: undefined, means: 'factor_unavailable' },
    { calls: ['remove'], statuses: [404], error: 'not_found', means: 'factor_unavailable' },
    { calls: ['remove'], statuses: [403], error: 'insufficient_scope', means: 'provider_misconfigured' },
    { calls: ['remove'], statuses: [400], error: undefined, means: 'provider_error' },
  ],
  'section 2, signing in': [
    {
      calls: ['password'],
      statuses: ANY,
      error: 'invalid_grant',
      says: 'Wrong email or password.',
      means: 'credentials_refused',
    },
    {
      calls: ['password', 'refresh token'],
      statuses: ANY,
      error: 'access_denied',
      says: 'Service not found: https://nowhere.example/',
      means: 'provider_misconfigured',
    },
    {
      calls: ['password'],
      statuses: [400, 403, 500],
      error: 'server_error',
      says: 'Authorization server not configured with default connection.',
      means: 'provider_misconfigured',
    },
    {
      calls: ['refresh token'],
      statuses: ANY,
      error: 'invalid_grant',
      says: 'Unknown or invalid refresh token.',
      means: 'login_required',
    },
    {
      calls: ['refresh token'],
      statuses: ANY,
      error: 'invalid_grant',
      says: 'The refresh token is expired.',
      means: 'login_required',
    },
    {
      calls: ['password', 'refresh token'],
      statuses: ANY,
      error: 'mfa_required',
      says: 'Multifactor authentication required',
      means: 'login_required',
    },
    {
      calls: ['password', 'refresh token'],
      statuses: [400],
      error: 'invalid_request',
      says: 'MFA is required for this user.',
      means: 'login_required',
    },
    {
      calls: ['password'],
      statuses: [429, 403],
      error: 'too_many_attempts',
      says: 'Your account has been blocked',
      means: 'too_many_attempts',
    },
    {
      calls: ['password', 'refresh token'],
      statuses: ANY,
      error: 'invalid_client',
      means: 'provider_misconfigured',
    },
    {
      calls: ['password', 'refresh token'],
      statuses: [401],
      error: 'access_denied',
      says: 'Unauthorized',
      means: 'provider_misconfigured',
    },
    {
      calls: ['password', 'refresh token'],
      statuses: ANY,
      error: 'invalid_scope',
      means: 'provider_misconfigured',
    },
  ],
  'what nobody has seen yet': [
    { calls: OF_THE_API, statuses: [400, 403], error: 'something_new', means: 'provider_error' },
    { calls: EXCHANGES, statuses: [401], error: 'something_new', means: 'provider_error' },
    {
      calls: OF_THE_API,
      statuses: [500, 502, 503, 504],
      error: 'something_new',
      means: 'provider_unavailable',
    },
    { calls: OF_THE_API, statuses: [500, 503], error: undefined, means: 'provider_unavailable' },
    { calls: OF_THE_API, statuses: [429], error: undefined, means: 'rate_limited' },
    { calls: EXCHANGES, statuses: [400], error: undefined, means: 'provider_error' },
  ],
};

/** The same error as the sources show it: in the documented members, and in those of older bodies. */
function bodiesOf({ error, says }: Row, status: number): readonly unknown[] {
  return [
    { error, error_description: says },
    { name: error, error, error_description: says, description: says, unknown: { deeply: ['nested'] } },
    { statusCode: status, error, message: says },
  ];
}

describe.each(Object.entries(ROWS))('errors of %s', (_, rows) => {
  it.each(rows.flatMap((row) => row.calls.map((call) => ({ ...row, call, title: row.says ?? 'no words' }))))(
    '$call: $error, "$title", means $means with any status',
    async ({ call, ...row }) => {
      for (const status of row.statuses) {
        for (const body of bodiesOf(row, status)) {
          server.answer({ status, body });
          expect(await outcomeOf(call), `${status} ${JSON.stringify(body)}`).toBe(row.means);
        }
      }
    },
  );
});

describe('a response that is not JSON', () => {
  it.each(Object.keys(CALLS) as CallName[])(
    'means provider_unavailable with any status: %s',
    async (call) => {
      for (const status of [200, 400, 403, 500, 502, 503, 504]) {
        server.answer({ status, body: '<html><body><h1>Bad Gateway</h1></body></html>' });
        expect(await outcomeOf(call), String(status)).toBe('provider_unavailable');
      }
    },
  );

  it.each(Object.keys(CALLS) as CallName[])('means rate_limited when its status is 429: %s', async (call) => {
    server.answer({ status: 429, body: '<html>Too Many Requests</html>' });
    expect(await outcomeOf(call)).toBe('rate_limited');
  });
});

describe('a response without a required member', () => {
  it.each<[CallName, unknown]>([
    ['list', {}],
    ['list', { authenticators: [] }],
    ['enroll', {}],
    ['enroll', { oob_code: 'oob' }],
    ['enroll', { barcode_uri: 'otpauth://totp/x' }],
    ['enroll', []],
    ['challenge', {}],
    ['challenge', { challenge_type: 'oob', oob_code: 7 }],
    ['poll', {}],
    ['poll', null],
    ['poll', 'ok'],
    ['otp', { token_type: 'Bearer' }],
    ['otp', { access_token: '' }],
    ['password', {}],
  ])('is refused: %s %j', async (call, body) => {
    server.answer({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(await outcomeOf(call)).toBe('provider_error');
  });

  it.each(['list', 'enroll', 'challenge', 'poll', 'password'] as const)(
    'is refused: %s, empty',
    async (call) => {
      server.answer({ status: 204 });
      expect(await outcomeOf(call)).toBe('provider_error');
    },
  );
});

describe('the error of a refused call', () => {
  it('names the request, the status and the error, and nothing else of the response', async () => {
    server.answer({
      status: 403,
      body: { error: 'invalid_grant', error_description: 'Invalid otp_code 123456 for Fe26.2**secret' },
    });
    await expect(CALLS.otp()).rejects.toMatchObject({
      message: 'POST oauth/token was refused: 403 invalid_grant',
      code: 'code_refused',
      status: 400,
      expose: true,
      headers: {},
    });
  });

  it('does not repeat an error that is not a plain word', async () => {
    server.answer({ status: 400, body: { error: 'Fe26.2**secret' } });
    await expect(CALLS.otp()).rejects.toThrow(/^POST oauth\/token was refused: 400$/);
    server.answer({ status: 400, body: { error: '123456' } });
    await expect(CALLS.otp()).rejects.toThrow(/^POST oauth\/token was refused: 400$/);
  });

  it("has a status below 500 only for the client's errors", async () => {
    server.answer({ status: 500, body: {} });
    await expect(CALLS.otp()).rejects.toMatchObject({ status: 503, expose: false });
    server.answer({ status: 400, body: { error: 'something_new' } });
    await expect(CALLS.otp()).rejects.toMatchObject({ status: 502, expose: false });
    server.answer({ status: 429, body: {} });
    await expect(CALLS.otp()).rejects.toMatchObject({ status: 429, expose: true });
  });

  it.each(['mfa_token ', 'oob_code ', 'missing ', 'required '])(
    'is told soon from a description of 200 kB made of "%s"',
    async (word) => {
      server.answer({
        status: 400,
        body: { error: 'x', error_description: word.repeat(200_000 / word.length) },
      });
      const before = process.cpuUsage();
      await outcomeOf('otp');
      const { user } = process.cpuUsage(before);
      // Milliseconds of work; reading all of it again and again takes seconds.
      expect(user / 1_000).toBeLessThan(500);
    },
  );
});
