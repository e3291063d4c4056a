import { describe, expect, it } from 'vitest';
import {
  type Effect,
  type EffectPorts,
  type EffectResult,
  type Redemption,
  runEffect,
  StepUpError,
  updateVault,
} from '../../src/index.ts';
import { createFakeApi, type FakeApi } from '../support/fake-api.ts';

const TOKENS = { accessToken: 'access', tokenType: 'Bearer' };
const VAULT = { mfaToken: 'mfa-token', oobCode: 'oob', phoneNumber: '+15550100', tokens: TOKENS };

function run(
  effect: Effect,
  overrides: Partial<EffectPorts> = {},
): { api: FakeApi; done: Promise<EffectResult> } {
  const api = createFakeApi();
  const done = runEffect(effect, {
    way: api,
    vault: VAULT,
    inputs: { code: '123456', password: 'correct-horse' },
    signal: new AbortController().signal,
    approval: { subject: 'ada' },
    createPushCode: () => 'K7QM',
    authenticate: () => Promise.reject(new Error('no first leg is expected')),
    identify: () => Promise.reject(new Error('no identity check is expected')),
    onError: (error) => expect.unreachable(String(error)),
    ...overrides,
  });
  return { api, done };
}

const POLL: Effect = { type: 'poll', params: { seq: 1, enrolling: false, expiresAt: 300_000 } };
const VERIFY: Effect = { type: 'verify', params: { seq: 1, factor: 'sms', enrolling: false } };
const ENROLL: Effect = { type: 'enroll', params: { seq: 1, factor: 'sms' } };

describe('an effect', () => {
  it.each<[Effect, Redemption, EffectResult['fact']]>([
    [POLL, { status: 'pending' }, { type: 'poll.pending' }],
    [POLL, { status: 'slow_down' }, { type: 'poll.slowed' }],
    [POLL, { status: 'slow_down', retryAfterMs: 7_000 }, { type: 'poll.slowed', retryAfterMs: 7_000 }],
    [POLL, { status: 'rejected' }, { type: 'poll.rejected' }],
    [VERIFY, { status: 'pending' }, { type: 'effect.failed', code: 'code_refused' }],
    [VERIFY, { status: 'rejected' }, { type: 'effect.failed', code: 'code_refused' }],
    [VERIFY, { status: 'slow_down' }, { type: 'effect.failed', code: 'rate_limited' }],
    [
      VERIFY,
      { status: 'slow_down', retryAfterMs: 7_000 },
      { type: 'effect.failed', code: 'rate_limited', retryAfterMs: 7_000 },
    ],
  ])('of type $type with the result %j becomes the fact %j', async (effect, redemption, fact) => {
    const { api, done } = run(effect);
    await api.last('redeem').answer(redemption);
    expect(await done).toEqual({ fact });
  });

  it.each([POLL, VERIFY])(
    'returns the tokens beside the fact, and empties the slots that led to them: $type',
    async (effect) => {
      const { api, done } = run(effect);
      await api.last('redeem').answer({ status: 'approved', tokens: TOKENS, recoveryCode: 'NEXT' });
      const { fact, secrets } = await done;
      expect(fact).toEqual({ type: 'tokens.received', hasRecoveryCodes: true });
      expect(updateVault({ ...VAULT, recoveryCodes: ['FIRST'] }, secrets)).toEqual({
        mfaToken: 'mfa-token',
        phoneNumber: '+15550100',
        tokens: TOKENS,
        recoveryCodes: ['NEXT'],
      });
    },
  );

  it.each([POLL, VERIFY])(
    'returns the next token beside the fact, and empties the slots of the last one: $type',
    async (effect) => {
      const { api, done } = run(effect);
      await api.last('redeem').answer({
        status: 'mfa_required',
        mfaToken: 'next-token',
        requirements: { challenge: ['otp'] },
      });
      const { fact, secrets } = await done;
      expect(fact).toEqual({ type: 'mfa.required', requirements: { challenge: ['otp'] } });
      expect(updateVault(VAULT, secrets)).toMatchObject({ mfaToken: 'next-token' });
      expect(updateVault(VAULT, secrets)).not.toHaveProperty('oobCode');
    },
  );

  it('that adds a factor uses the number in the vault, and removes it only after success', async () => {
    const failing = run(ENROLL, { onError: () => {} });
    await failing.api.last('enroll').fail(new StepUpError('provider_unavailable', 'away'));
    expect(await failing.done).toEqual({ fact: { type: 'effect.failed', code: 'provider_unavailable' } });

    const { api, done } = run(ENROLL);
    expect(api.last('enroll').options).toMatchObject({ factor: 'sms', phoneNumber: '+15550100' });
    await api.last('enroll').answer({ factor: 'sms', binding: 'prompt', oobCode: 'oob-2' });
    expect(updateVault(VAULT, (await done).secrets)).toEqual({
      mfaToken: 'mfa-token',
      oobCode: 'oob-2',
      tokens: TOKENS,
    });
  });

  it('that adds a second factor keeps the recovery codes of the first', async () => {
    const { api, done } = run({ type: 'enroll', params: { seq: 1, factor: 'push' } });
    await api
      .last('enroll')
      .answer({ factor: 'push', binding: 'poll', oobCode: 'o', barcodeUri: 'otpauth://x' });
    const { fact, secrets } = await done;
    expect(fact).toMatchObject({ hasRecoveryCodes: false });
    expect(updateVault({ recoveryCodes: ['FIRST'] }, secrets).recoveryCodes).toEqual(['FIRST']);
  });

  it.each<[string, Effect, Partial<EffectPorts>]>([
    ['result_lost', { type: 'list', params: { seq: 1 } }, { vault: {} }],
    ['result_lost', POLL, { vault: { mfaToken: 'mfa-token' } }],
    ['result_lost', VERIFY, { vault: { mfaToken: 'mfa-token' } }],
    ['result_lost', { type: 'identify', params: { seq: 1 } }, { vault: {} }],
    ['input_lost', VERIFY, { inputs: {} }],
    ['input_lost', ENROLL, { vault: { mfaToken: 'mfa-token' } }],
  ])('fails without a request when a secret was lost: %s', async (code, effect, ports) => {
    const { api, done } = run(effect, ports);
    expect(await done).toEqual({ fact: { type: 'effect.failed', code } });
    expect(api.calls).toEqual([]);
  });

  it('that fails returns the reason, and how long to wait', async () => {
    const { api, done } = run(POLL);
    await api.last('redeem').fail(new StepUpError('rate_limited', 'busy', { retryAfterMs: 20_000 }));
    expect(await done).toEqual({
      fact: { type: 'effect.failed', code: 'rate_limited', retryAfterMs: 20_000 },
    });
  });

  it.each([
    new Error('a bug'),
    'a string',
    undefined,
    new StepUpError('store_unavailable', 'the wrong kind of code'),
  ])('that fails without a reason code is reported, and fails closed: %s', async (thrown) => {
    const faults: unknown[] = [];
    const { api, done } = run(POLL, { onError: (error) => faults.push(error) });
    await api.last('redeem').fail(thrown);
    expect(await done).toEqual({ fact: { type: 'effect.failed', code: 'provider_error' } });
    expect(faults).toEqual([thrown]);
  });

  it.each([
    ['provider_misconfigured', 1],
    ['mfa_not_required', 1],
    ['identity_refused', 1],
    ['subject_mismatch', 1],
    ['provider_error', 1],
    ['provider_unavailable', 1],
    ['credentials_refused', 0],
    ['rate_limited', 0],
  ] as const)('that fails as %s is reported to an operator %i times', async (code, times) => {
    const faults: unknown[] = [];
    const { api, done } = run(POLL, { onError: (error) => faults.push(error) });
    const error = new StepUpError(code, 'why');
    await api.last('redeem').fail(error);
    expect(await done).toEqual({ fact: { type: 'effect.failed', code } });
    expect(faults).toEqual(Array(times).fill(error));
  });

  it('that was aborted is not reported', async () => {
    const { api, done } = run(POLL, { signal: AbortSignal.abort() });
    await api.last('redeem').fail(new StepUpError('provider_unavailable', 'broken off'));
    expect(await done).toMatchObject({ fact: { type: 'effect.failed' } });
  });

  it('of the first leg passes on what the user typed, and returns the token', async () => {
    const seen: unknown[] = [];
    const { done } = run(
      { type: 'authenticate', params: { seq: 1, method: 'password' } },
      {
        authenticate: async (method, inputs) => {
          seen.push([method, inputs.password]);
          return { mfaToken: 'next-token' };
        },
      },
    );
    const { fact, secrets } = await done;
    expect(fact).toEqual({ type: 'mfa.required' });
    expect(secrets).toMatchObject({ mfaToken: 'next-token' });
    expect(seen).toEqual([['password', 'correct-horse']]);
  });

  it('of the identity checks the tokens that were received', async () => {
    const seen: unknown[] = [];
    const { done } = run(
      { type: 'identify', params: { seq: 1 } },
      { identify: async (tokens) => void seen.push(tokens) },
    );
    expect(await done).toEqual({ fact: { type: 'identity.verified' } });
    expect(seen).toEqual([TOKENS]);
  });
});
