import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  createAuth0MfaApi,
  createAuth0SignIn,
  createStepUpActor,
  type EnrollingWay,
  type FlowView,
  type StepUpRequest,
} from '../src/index.ts';
import { createFakeClock, settled } from './support/fake-clock.ts';

const SECRET = {
  clientSecret: 'hush-client-secret',
  mfaToken: 'Fe26.2**hush-mfa-token',
  nextMfaToken: 'Fe26.2**hush-next-mfa-token',
  oobCode: 'Fe26.2**hush-oob-code',
  barcodeUri: 'otpauth://totp/hush-barcode?enrollment_tx_id=hush',
  otpSecret: 'HUSHHUSHHUSHHUSH',
  recoveryCode: 'HUSHRECOVERYCODE12345678',
  newRecoveryCode: 'HUSHNEWRECOVERYCODE12345',
  accessToken: 'eyJ.hush.access',
  idToken: 'eyJ.hush.id',
  refreshToken: 'hush-refresh-token',
  password: 'hush-password',
  code: '739205',
  phoneNumber: '+15557392051',
  email: 'hush@bank.example',
} as const;

const TOKENS = {
  access_token: SECRET.accessToken,
  id_token: SECRET.idToken,
  refresh_token: SECRET.refreshToken,
  token_type: 'Bearer',
};

/** Everything that can be found in a value by looking at it. */
function shown(value: unknown): string {
  const parts = [
    inspect(value, { depth: value instanceof Error ? 12 : 5, showHidden: value instanceof Error }),
  ];
  if (value instanceof Error) {
    parts.push(String(value), value.stack ?? '', shown(value.cause ?? ''));
    parts.push(JSON.stringify(value, Object.getOwnPropertyNames(value)));
  }
  parts.push(json(value));
  return parts.join('\n');
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    // Circular: inspect it instead.
    return '';
  }
}

/** The names of the secrets that can be found in a value. */
function secretsIn(value: unknown): readonly string[] {
  const text = shown(value);
  return Object.entries(SECRET)
    .filter(([, secret]) => text.includes(secret))
    .map(([name]) => name);
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Every error response repeats the request, as a careless server would. */
function answering(answers: readonly Answer[]): typeof fetch {
  const left = [...answers];
  return async (input, init) => {
    const request = new Request(input, init);
    const sent = await request.text();
    const answer = left.shift();
    if (answer === undefined) throw new Error(`no answer is left: ${sent}`);
    const { status = 200, headers = {}, body } = answer;
    const echo = status < 400 ? {} : { error_description: `${bodyText(body)} ${sent}`, sent };
    const isText = typeof body === 'string';
    return new Response(isText ? `${body} ${sent}` : JSON.stringify(merge(body, echo)), { status, headers });
  };
}

function bodyText(body: unknown): string {
  return (body as { error_description?: string }).error_description ?? '';
}

function merge(body: unknown, extra: object): unknown {
  return Array.isArray(body) ? body : { ...(body as object), ...extra };
}

function apiAnswering(answers: readonly Answer[]): EnrollingWay {
  return createAuth0MfaApi({
    issuer: 'https://tenant.example/',
    clientId: 'client',
    clientSecret: SECRET.clientSecret,
    fetch: answering(answers),
  });
}

type Step = StepUpRequest | { readonly afterMs: number };

/** Runs a whole flow with everything open to inspection, and reports what was shown where. */
async function run(options: {
  readonly answers: readonly Answer[];
  readonly steps: readonly Step[];
  readonly identify?: () => Promise<void>;
}): Promise<{
  readonly states: readonly string[];
  readonly shownOutside: readonly string[];
  readonly disclosed: Readonly<Record<string, readonly string[]>>;
}> {
  const clock = createFakeClock();
  const outside = new Set<string>();
  const states: string[] = [];
  const disclosed: Record<string, readonly string[]> = {};
  const look = (value: unknown) => {
    for (const name of secretsIn(value)) outside.add(name);
  };
  const lookAtView = ({ disclosure, ...rest }: FlowView) => {
    if (states.at(-1) !== rest.state) states.push(rest.state);
    if (disclosure) disclosed[rest.state] = secretsIn(disclosure);
    look(rest);
  };
  const actor = createStepUpActor({
    way: apiAnswering(options.answers),
    signIn: async () => ({ mfaToken: SECRET.mfaToken }),
    factors: ['push', 'otp', 'sms', 'email', 'recovery-code'],
    ...(options.identify && { identify: options.identify }),
    clock,
    random: () => 0,
    // An event names actors by reference; their snapshots are in the event.
    inspect: ({ actorRef: _actor, rootId: _root, ...event }) => look({ ...event, sourceRef: undefined }),
    onError: look,
  });
  actor.subscribe(({ view }) => lookAtView(view));
  for (const step of options.steps) {
    if ('type' in step) actor.send(step);
    else await clock.advance(step.afterMs);
    // The client reads and parses bodies, which takes a few turns of the loop.
    for (let turn = 0; turn < 20; turn += 1) await settled();
    const { disclosure: _shown, ...rest } = actor.getSnapshot().view;
    look({ ...actor.getSnapshot(), view: rest });
  }
  actor.stop();
  look(actor);
  look(actor.getSnapshot());
  return { states, shownOutside: [...outside], disclosed };
}

const ROWS = {
  push: { id: 'push|1', authenticator_type: 'oob', oob_channel: 'auth0', active: true },
  otp: { id: 'totp|1', authenticator_type: 'otp', active: true },
  sms: { id: 'sms|1', authenticator_type: 'oob', oob_channel: 'sms', active: true },
  recovery: { id: 'recovery-code|1', authenticator_type: 'recovery-code', active: true },
};
const SENT = { challenge_type: 'oob', oob_code: SECRET.oobCode };
const PENDING: Answer = { status: 400, body: { error: 'authorization_pending' } };
const WRONG: Answer = {
  status: 403,
  body: { error: 'invalid_grant', error_description: 'Invalid otp_code.' },
};
const code: StepUpRequest = { type: 'code.submit', code: SECRET.code };

describe('the secrets of a flow appear in its disclosure and nowhere else', () => {
  it('while a push is added', async () => {
    const seen = await run({
      answers: [
        { body: [] },
        {
          body: {
            ...SENT,
            barcode_uri: SECRET.barcodeUri,
            recovery_codes: [SECRET.recoveryCode],
          },
        },
        PENDING,
        { status: 503, body: '<html>' },
        { body: TOKENS },
      ],
      steps: [
        { type: 'flow.start' },
        { afterMs: 5_000 },
        { afterMs: 5_000 },
        { afterMs: 10_000 },
        { type: 'codes.acknowledge' },
      ],
    });
    expect(seen.states).toEqual([
      'authenticating',
      'listing',
      'enrolling',
      'confirming',
      'identifying',
      'acknowledging',
      'approved',
    ]);
    expect(seen.shownOutside).toEqual([]);
    expect(seen.disclosed).toEqual({ confirming: ['barcodeUri'], acknowledging: ['recoveryCode'] });
  });

  it('while a one-time password is added, with a wrong code first', async () => {
    const seen = await run({
      answers: [
        { body: [] },
        { status: 400, body: { error: 'unsupported_challenge_type' } },
        { body: { secret: SECRET.otpSecret, barcode_uri: SECRET.barcodeUri } },
        WRONG,
        { body: TOKENS },
      ],
      steps: [
        { type: 'flow.start' },
        { type: 'enrollment.begin', factor: 'otp' },
        code,
        { afterMs: 10_000 },
        code,
      ],
    });
    expect(seen.states.slice(-3)).toEqual(['verifying', 'identifying', 'approved']);
    expect(seen.shownOutside).toEqual([]);
    expect(seen.disclosed).toEqual({ prompting: ['barcodeUri', 'otpSecret'] });
  });

  it('while a number is added', async () => {
    const seen = await run({
      answers: [
        { body: [] },
        { status: 400, body: { error: 'unsupported_challenge_type' } },
        {
          status: 400,
          body: { error: 'invalid_request', error_description: 'The phone number is invalid.' },
        },
        { body: { ...SENT, binding_method: 'prompt' } },
        { body: TOKENS },
      ],
      steps: [
        { type: 'flow.start' },
        { type: 'enrollment.begin', factor: 'sms', phoneNumber: SECRET.phoneNumber },
        { afterMs: 20_000 },
        { type: 'enrollment.begin', factor: 'sms', phoneNumber: SECRET.phoneNumber },
        code,
      ],
    });
    expect(seen.states.at(-1)).toBe('approved');
    expect(seen.shownOutside).toEqual([]);
    expect(seen.disclosed).toEqual({});
  });

  it('while a push is rejected, another factor is demanded and a recovery code is replaced', async () => {
    const seen = await run({
      answers: [
        { body: [ROWS.push, ROWS.otp, ROWS.recovery] },
        { body: SENT },
        { status: 400, body: { error: 'access_denied', error_description: 'MFA Authorization rejected.' } },
        { status: 403, body: { error: 'mfa_required', mfa_token: SECRET.nextMfaToken } },
        { body: [ROWS.otp, ROWS.recovery] },
        { body: { ...TOKENS, recovery_code: SECRET.newRecoveryCode } },
      ],
      steps: [
        { type: 'flow.start' },
        { afterMs: 5_000 },
        { type: 'factor.choose', authenticatorId: 'totp|1' },
        code,
        { type: 'factor.choose', authenticatorId: 'recovery-code|1' },
        { type: 'code.submit', code: SECRET.recoveryCode },
        { type: 'codes.acknowledge' },
      ],
    });
    expect(seen.states).toContain('rejected');
    expect(seen.states.at(-1)).toBe('approved');
    expect(seen.shownOutside).toEqual([]);
    expect(seen.disclosed).toEqual({ acknowledging: ['newRecoveryCode'] });
  });

  it('while the responses make no sense, a flow expires, is retried and is cancelled', async () => {
    const seen = await run({
      answers: [
        { body: [ROWS.push, ROWS.sms] },
        { body: SENT },
        { status: 418, body: { error: `echo ${SECRET.mfaToken}`, message: SECRET.oobCode } },
        { body: { ...SENT, binding_method: 'prompt' } },
        { status: 403, body: { error: 'invalid_grant', error_description: 'Malformed oob_code' } },
        { status: 401, body: { error: 'expired_token', error_description: 'mfa_token is expired' } },
        { body: [ROWS.push, ROWS.sms] },
        { body: SENT },
        PENDING,
      ],
      steps: [
        { type: 'flow.start' },
        { afterMs: 5_000 },
        { type: 'factor.choose', authenticatorId: 'sms|1' },
        code,
        { afterMs: 900_000 },
        { type: 'flow.retry' },
        { afterMs: 30_000 },
        { type: 'flow.retry' },
        { afterMs: 5_000 },
        { type: 'flow.cancel' },
      ],
    });
    expect(seen.states).toEqual(expect.arrayContaining(['failed', 'expired', 'polling']));
    expect(seen.states.at(-1)).toBe('cancelled');
    expect(seen.shownOutside).toEqual([]);
    expect(seen.disclosed).toEqual({});
  });
});

describe('an error of the client contains no secret', () => {
  const signIn = (answers: readonly Answer[]) =>
    createAuth0SignIn({
      issuer: 'https://tenant.example/',
      clientId: 'client',
      clientSecret: SECRET.clientSecret,
      fetch: answering(answers),
    });
  const { mfaToken, oobCode, code: otp, recoveryCode, phoneNumber, email } = SECRET;

  const calls: Readonly<Record<string, (answers: readonly Answer[]) => Promise<unknown>>> = {
    list: (answers) => apiAnswering(answers).list({ mfaToken }),
    'enroll by number': (answers) => apiAnswering(answers).enroll({ mfaToken, factor: 'sms', phoneNumber }),
    'enroll by address': (answers) => apiAnswering(answers).enroll({ mfaToken, factor: 'email', email }),
    challenge: (answers) =>
      apiAnswering(answers).challenge({ mfaToken, authenticatorId: 'push|1', factor: 'push' }),
    poll: (answers) => apiAnswering(answers).redeem({ mfaToken, proof: { type: 'oob', oobCode } }),
    confirm: (answers) =>
      apiAnswering(answers).redeem({ mfaToken, proof: { type: 'oob', oobCode }, enrolling: true }),
    'binding code': (answers) =>
      apiAnswering(answers).redeem({ mfaToken, proof: { type: 'oob', oobCode, bindingCode: otp } }),
    otp: (answers) => apiAnswering(answers).redeem({ mfaToken, proof: { type: 'otp', code: otp } }),
    'recovery code': (answers) =>
      apiAnswering(answers).redeem({ mfaToken, proof: { type: 'recovery-code', code: recoveryCode } }),
    remove: (answers) =>
      apiAnswering(answers).remove({ accessToken: SECRET.accessToken, authenticatorId: 'push|1' }),
    password: (answers) => signIn(answers).password({ username: 'ada', password: SECRET.password }),
    'refresh token': (answers) => signIn(answers).refreshToken({ refreshToken: SECRET.refreshToken }),
  };

  const faults: Readonly<Record<string, readonly Answer[]>> = {
    'a lost connection': [],
    'a page': [{ status: 502, body: '<html>' }],
    'a refusal': [{ status: 403, body: { error: 'invalid_grant' } }],
    'a refusal with an odd name': [{ status: 400, body: { error: SECRET.code } }],
    'an unknown refusal': [{ status: 400, body: { error: 'something_new' } }],
    'a limit': [{ status: 429, headers: { 'retry-after': '7' }, body: { error: 'too_many_requests' } }],
    'a response that is cut off': [{ body: `{"access_token": "${SECRET.accessToken}` }],
  };

  it.each(Object.keys(calls).flatMap((call) => Object.keys(faults).map((fault) => ({ call, fault }))))(
    'of $call after $fault',
    async ({ call, fault }) => {
      const error: unknown = await calls[call]?.(faults[fault] ?? []).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).cause).toBeUndefined();
      expect(secretsIn(error)).toEqual([]);
    },
  );
});

it('finds a secret wherever it is, so that the checks above can fail', () => {
  const error = new Error('lost', { cause: { request: { headers: { authorization: SECRET.mfaToken } } } });
  expect(secretsIn(error)).toEqual(['mfaToken']);
  expect(secretsIn({ deep: { er: [new Map([['x', SECRET.code]])] } })).toEqual(['code']);
  const hiding = Object.defineProperty(new Error('lost'), 'hidden', { value: SECRET.password });
  expect(secretsIn(hiding)).toEqual(['password']);
});
