import { describe, expect, it, vi } from 'vitest';
import {
  type Authenticator,
  createStepUpActor,
  type EnrollingWay,
  type LocalStepUpActor,
  type Redemption,
  type StepUpActorOptions,
  StepUpError,
  type StepUpSnapshot,
} from '../../src/index.ts';
import { createFakeApi, type FakeApi } from '../support/fake-api.ts';
import { createFakeClock, type FakeClock, settled } from '../support/fake-clock.ts';

const PUSH: Authenticator = { id: 'push|dev_1', factor: 'push', active: true };
const OTHER_PUSH: Authenticator = { id: 'push|dev_2', factor: 'push', active: true };
const OTP: Authenticator = { id: 'totp|dev_3', factor: 'otp', active: true };
const TOKENS = { accessToken: 'access', tokenType: 'Bearer' };
const APPROVED: Redemption = { status: 'approved', tokens: TOKENS };
const UNAVAILABLE = new StepUpError('provider_unavailable', 'no answer');

interface Running {
  readonly actor: LocalStepUpActor;
  readonly api: FakeApi;
  readonly clock: FakeClock;
}

function createRunning(options: Partial<StepUpActorOptions> = {}): Running {
  const api = createFakeApi();
  const clock = createFakeClock();
  const actor = createStepUpActor({ way: api, mfaToken: 'mfa-token', clock, random: () => 0, ...options });
  return { actor, api, clock };
}

async function listed(
  authenticators: readonly Authenticator[],
  options?: Partial<StepUpActorOptions>,
): Promise<Running> {
  const running = createRunning(options);
  running.actor.send({ type: 'flow.start' });
  await settled();
  await running.api.last('list').answer(authenticators);
  return running;
}

async function polling(
  authenticators: readonly Authenticator[] = [PUSH, OTP],
  options?: Partial<StepUpActorOptions>,
): Promise<Running> {
  const running = await listed(authenticators, options);
  await running.api.last('challenge').answer({ binding: 'poll', oobCode: 'oob-code' });
  return running;
}

async function polled(...args: Parameters<typeof polling>): Promise<Running> {
  const running = await polling(...args);
  await running.clock.advance(5_000);
  return running;
}

describe('a flow as a local actor', () => {
  it('does not compile with an unknown event, or with one that lacks a member', () => {
    const { actor, api } = createRunning();

    // @ts-expect-error -- no such request
    actor.send({ type: 'flow.begin' });
    // @ts-expect-error -- a fact is no request
    actor.send({ type: 'poll.rejected' });
    // @ts-expect-error -- a code is missing
    actor.send({ type: 'code.submit' });
    // @ts-expect-error -- a number to send texts to is missing
    actor.send({ type: 'enrollment.begin', factor: 'sms' });
    // @ts-expect-error -- nothing is sent to add an app
    actor.send({ type: 'enrollment.begin', factor: 'otp', email: 'ada@bank.example' });
    // @ts-expect-error -- recovery codes come by themselves
    actor.send({ type: 'enrollment.begin', factor: 'recovery-code' });

    expect(actor.view.state).toBe('idle');
    expect(api.calls).toEqual([]);
  });

  it('runs from the start to the tokens when the push is approved', async () => {
    const { actor, api, clock } = createRunning();
    expect(actor.view).toMatchObject({ state: 'idle', allowedEvents: ['flow.start', 'flow.cancel'] });
    actor.send({ type: 'flow.start' });
    await settled();
    expect(actor.view.state).toBe('listing');
    expect(api.last('list').options.mfaToken).toBe('mfa-token');
    await api.last('list').answer([PUSH, OTP]);
    expect(api.last('challenge').options).toMatchObject({
      mfaToken: 'mfa-token',
      authenticatorId: PUSH.id,
      factor: 'push',
    });
    await api.last('challenge').answer({ binding: 'poll', oobCode: 'oob-code' });
    expect(actor.view).toMatchObject({ state: 'polling', nextPollAt: clock.now() + 5_000 });

    await clock.advance(5_000);
    expect(api.last('redeem').options).toMatchObject({
      mfaToken: 'mfa-token',
      proof: { type: 'oob', oobCode: 'oob-code' },
      enrolling: false,
    });
    await api.last('redeem').answer({ status: 'pending' });
    expect(actor.tokens()).toBeUndefined();
    await clock.advance(5_000);
    await api.last('redeem').answer(APPROVED);

    expect(actor.getSnapshot()).toMatchObject({ status: 'done', view: { state: 'approved' } });
    expect(actor.tokens()).toEqual(TOKENS);
    expect(clock.alarms).toEqual([]);
  });

  it('adds a push: shows the QR link while it waits for the phone, then the recovery codes', async () => {
    const { actor, api, clock } = await listed([]);
    await api.last('enroll').answer({
      factor: 'push',
      binding: 'poll',
      oobCode: 'oob-code',
      barcodeUri: 'otpauth://totp/x',
      recoveryCodes: ['RECOVERY'],
    });
    expect(actor.view).toMatchObject({
      state: 'confirming',
      disclosure: { barcodeUri: 'otpauth://totp/x' },
    });
    await clock.advance(5_000);
    expect(api.last('redeem').options.enrolling).toBe(true);
    await api.last('redeem').answer(APPROVED);
    expect(actor.view).toMatchObject({
      state: 'acknowledging',
      disclosure: { recoveryCodes: ['RECOVERY'] },
    });
    expect(actor.tokens()).toBeUndefined();
    actor.send({ type: 'codes.acknowledge' });
    expect(actor.view.state).toBe('approved');
    expect(actor.view.disclosure).toBeUndefined();
  });

  it('accepts a code while a push is pending: stops polling and sends no challenge', async () => {
    const { actor, api } = await polled();
    const poll = api.last('redeem');
    actor.send({ type: 'factor.choose', authenticatorId: OTP.id });
    expect(poll.isAborted).toBe(true);
    actor.send({ type: 'code.submit', code: '123456' });
    expect(api.last('redeem').options.proof).toEqual({ type: 'otp', code: '123456' });
    await api.last('redeem').answer(APPROVED);
    expect(actor.view.state).toBe('approved');
    expect(api.count('challenge')).toBe(1);
  });

  it('requires a sign-in when its token has served one start', async () => {
    const { actor, api, clock } = await polled();
    await api.last('redeem').answer({ status: 'rejected' });
    expect(actor.view).toMatchObject({ state: 'rejected', reason: 'rejected' });
    await clock.advance(60_000);
    actor.send({ type: 'flow.retry' });
    await settled();
    expect(actor.view).toMatchObject({ state: 'failed', reason: 'login_required' });
    expect(api.count('list')).toBe(1);
  });

  it('signs in again when it can, and follows the requirements of the new sign-in', async () => {
    const signIn = vi.fn<NonNullable<StepUpActorOptions['signIn']>>(async () => ({
      mfaToken: 'second-token',
      requirements: { challenge: ['otp' as const] },
    }));
    const { actor, api } = await polled(undefined, { signIn });
    await api.last('redeem').answer({ status: 'rejected' });
    actor.send({ type: 'flow.retry' });
    await settled();
    expect(api.last('list').options.mfaToken).toBe('second-token');
    await api.last('list').answer([PUSH, OTP]);
    expect(actor.view.authenticators).toEqual([OTP]);
    expect(signIn).toHaveBeenCalledTimes(1);
  });

  it('still has the typed number for an enrolment after a silent renewal', async () => {
    const { actor, api } = await listed([], {
      factors: ['sms'],
      signIn: async () => ({ mfaToken: 'second-token' }),
    });
    actor.send({ type: 'enrollment.begin', factor: 'sms', phoneNumber: '+15550100' });
    await api.last('enroll').fail(new StepUpError('mfa_token_expired', 'expired'));
    await api.last('list').answer([]);
    expect(api.last('enroll').options).toMatchObject({
      mfaToken: 'second-token',
      factor: 'sms',
      phoneNumber: '+15550100',
    });
    await api.last('enroll').answer({ factor: 'sms', binding: 'prompt', oobCode: 'oob-code' });
    actor.send({ type: 'code.submit', code: '123456' });
    expect(api.last('redeem').options).toMatchObject({
      proof: { type: 'oob', oobCode: 'oob-code', bindingCode: '123456' },
      enrolling: true,
    });
  });

  it('accepts requests from an observer', async () => {
    const { actor, api } = createRunning();
    actor.subscribe(({ view }) => {
      if (view.state === 'choosing') actor.send({ type: 'factor.choose', authenticatorId: OTHER_PUSH.id });
    });
    actor.send({ type: 'flow.start' });
    await settled();
    await api.last('list').answer([PUSH, OTHER_PUSH]);
    expect(api.last('challenge').options.authenticatorId).toBe(OTHER_PUSH.id);
  });

  it('waits while the provider is down, and says so', async () => {
    const { actor, api, clock } = createRunning();
    actor.send({ type: 'flow.start' });
    await settled();
    await api.last('list').fail(UNAVAILABLE);
    expect(actor.view).toMatchObject({
      state: 'listing',
      reason: 'provider_unavailable',
      nextPollAt: clock.now() + 1_000,
    });
    await clock.advance(1_000);
    await api.last('list').answer([PUSH]);
    expect(actor.view.state).toBe('challenging');
    expect(actor.view.reason).toBeUndefined();
  });
});

describe('the errors of an actor', () => {
  it("fails with the code of identify's error, and does not return the tokens", async () => {
    const { actor, api } = await polled(undefined, {
      identify: async () => {
        throw new StepUpError('subject_mismatch', 'somebody else');
      },
    });
    await api.last('redeem').answer(APPROVED);
    expect(actor.view).toMatchObject({ state: 'failed', reason: 'subject_mismatch' });
    expect(actor.tokens()).toBeUndefined();
  });

  it("reports a bug in the app's own functions to onError, and fails closed", async () => {
    const bug = new Error('undefined is not a function');
    const errors: unknown[] = [];
    const { actor, api } = await polled(undefined, {
      identify: () => Promise.reject(bug),
      onError: (error) => errors.push(error),
    });
    await api.last('redeem').answer(APPROVED);
    expect(actor.view).toMatchObject({ state: 'failed', reason: 'provider_error' });
    expect(errors).toEqual([bug]);
  });
});

describe('ending an actor', () => {
  it.each(['flow.cancel', 'stop'] as const)('aborts the open request on %s', async (way) => {
    const { actor, api, clock } = await polled();
    const poll = api.last('redeem');
    expect(poll.isAborted).toBe(false);
    if (way === 'stop') actor.stop();
    else actor.send({ type: way });
    expect(poll.isAborted).toBe(true);
    expect(clock.alarms).toEqual([]);
    expect(actor.getSnapshot().status).toBe(way === 'stop' ? 'stopped' : 'done');
    await clock.advance(3_600_000);
    expect(api.count('redeem')).toBe(1);
  });

  it.each(['flow.cancel', 'stop'] as const)(
    'keeps no tokens from a response that comes after %s',
    async (way) => {
      const { actor, api } = await polled();
      const poll = api.last('redeem');
      if (way === 'stop') actor.stop();
      else actor.send({ type: way });
      const before = actor.getSnapshot();
      await poll.answer(APPROVED);
      expect(actor.getSnapshot()).toBe(before);
      expect(actor.tokens()).toBeUndefined();
    },
  );

  it('ignores responses and requests after the end', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined);
    const { actor, api } = await polled();
    const poll = api.last('redeem');
    actor.stop();
    await poll.answer(APPROVED);
    actor.send({ type: 'flow.cancel' });
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it("drops a late response with its secrets: the flow's token stays", async () => {
    const { actor, api } = await polled();
    const poll = api.last('redeem');
    actor.send({ type: 'factor.choose', authenticatorId: OTP.id });
    await poll.answer({ status: 'mfa_required', mfaToken: 'late-token' });
    expect(actor.view.state).toBe('prompting');
    actor.send({ type: 'code.submit', code: '123456' });
    expect(api.last('redeem').options.mfaToken).toBe('mfa-token');
  });

  it('completes once, and keeps the tokens, when it is stopped after an approval', async () => {
    const { actor, api } = await polled();
    let completed = 0;
    actor.subscribe({ complete: () => (completed += 1) });
    await api.last('redeem').answer(APPROVED);
    actor.stop();
    expect(completed).toBe(1);
    expect(actor.getSnapshot().status).toBe('done');
    expect(actor.tokens()).toEqual(TOKENS);
  });

  it('discloses nothing, accepts nothing and runs nothing after stop', async () => {
    const { actor, api } = await listed([]);
    await api
      .last('enroll')
      .answer({ factor: 'push', binding: 'poll', oobCode: 'oob', barcodeUri: 'otpauth://totp/x' });
    expect(actor.view.disclosure).toBeDefined();
    actor.stop();
    const stopped = actor.getSnapshot();
    expect(stopped.view.disclosure).toBeUndefined();
    actor.send({ type: 'flow.cancel' });
    actor.stop();
    expect(actor.getSnapshot()).toBe(stopped);
  });
});

describe('timers', () => {
  it("are set for the flow's next due time, and not while a request is open", async () => {
    const { actor, api, clock } = await polling();
    expect(clock.alarms).toEqual([actor.view.nextPollAt]);
    await clock.advance(5_000);
    expect(clock.alarms).toEqual([]);
    await api.last('redeem').answer({ status: 'slow_down' });
    expect(clock.alarms).toEqual([clock.now() + 10_000]);
    expect(actor.view.nextPollAt).toBe(clock.now() + 10_000);
  });

  it('never lead to two polls at once, however slow the response is', async () => {
    const { api, clock } = await polled();
    await clock.advance(200_000);
    expect(api.count('redeem')).toBe(1);
  });

  it('add the random jitter', async () => {
    const { actor, clock } = await polling(undefined, { random: () => 0.999_999 });
    expect(actor.view.nextPollAt).toBe(clock.now() + 5_999);
  });

  it('are set again when they fire early', async () => {
    const { actor, api, clock } = await polling();
    await clock.fireEarly();
    expect(api.count('redeem')).toBe(0);
    expect(clock.alarms).toEqual([actor.view.nextPollAt]);
    await clock.advance(5_000);
    expect(api.count('redeem')).toBe(1);
  });

  it('end the wait without another poll when they fire hours late, on a laptop that slept', async () => {
    const { actor, api, clock } = await polling();
    clock.jump(8 * 3_600_000);
    await clock.advance(0);
    expect(actor.view).toMatchObject({ state: 'expired', reason: 'challenge_expired' });
    expect(api.count('redeem')).toBe(0);
  });

  it('stop when the flow has expired', async () => {
    const { actor, clock } = await listed([OTP]);
    await clock.advance(900_000);
    expect(actor.view).toMatchObject({ state: 'expired', reason: 'flow_expired' });
    expect(clock.alarms).toEqual([]);
  });

  it("never exceed the platform's longest timer", async () => {
    const { actor, clock } = await listed([OTP], { settings: { flowTtlMs: 40 * 24 * 3_600_000 } });
    expect(clock.alarms).toEqual([clock.now() + 2 ** 31 - 1]);
    await clock.advance(39 * 24 * 3_600_000);
    expect(actor.view.state).toBe('choosing');
    await clock.advance(24 * 3_600_000);
    expect(actor.view.state).toBe('expired');
  });
});

describe('snapshots', () => {
  it('are the same object until something changes', async () => {
    const { actor, api, clock } = await polled();
    const before = actor.getSnapshot();
    expect(actor.getSnapshot()).toBe(before);
    expect(actor.view).toBe(before.view);
    const seen: StepUpSnapshot[] = [];
    actor.subscribe((snapshot) => seen.push(snapshot));
    actor.send({ type: 'flow.start' });
    actor.send({ type: 'codes.acknowledge' });
    actor.send({ type: 'challenge.resend' });
    actor.send({ type: 'factor.choose', authenticatorId: 'push|dev_99' });
    await clock.advance(1_000);
    expect(actor.getSnapshot()).toBe(before);
    expect(seen).toEqual([]);

    await api.last('redeem').answer({ status: 'pending' });
    expect(seen).toEqual([actor.getSnapshot()]);
    expect(actor.getSnapshot()).not.toBe(before);
  });

  it('get a new version when the user sees a change, and not after a poll without news', async () => {
    const { actor, api, clock } = await polling();
    const { version } = actor.view;
    await clock.advance(5_000);
    await api.last('redeem').answer({ status: 'pending' });
    expect(actor.view.version).toBe(version);
    await clock.advance(5_000);
    await api.last('redeem').answer({ status: 'rejected' });
    expect(actor.view.version).toBe(version + 1);
  });

  it('reach both kinds of observer until they unsubscribe', async () => {
    const { actor, api, clock } = await polling();
    const states: string[] = [];
    const complete = vi.fn<() => void>();
    const one = actor.subscribe(({ view }) => states.push(view.state));
    actor.subscribe({ complete });
    await clock.advance(5_000);
    one.unsubscribe();
    await api.last('redeem').answer(APPROVED);
    expect(states).toEqual(['polling']);
    expect(complete).toHaveBeenCalledTimes(1);
  });

  it('complete their observers when the actor is stopped', async () => {
    const { actor } = await polling();
    const complete = vi.fn<() => void>();
    actor.subscribe({ complete });
    actor.stop();
    actor.stop();
    expect(complete).toHaveBeenCalledTimes(1);
  });
});

describe('options', () => {
  const way: EnrollingWay = createFakeApi();

  it.each<[string, unknown]>([
    ['way', { mfaToken: 'mfa-token' }],
    ['way', { way: {}, mfaToken: 'mfa-token' }],
    ['mfaToken, signIn or adds', { way }],
    ['adds', { way, adds: { factor: 'face', accessToken: 'token' } }],
    ['adds', { way, adds: { factor: 'recovery-code', accessToken: 'token' } }],
    ['adds', { way, adds: { factor: 'otp' } }],
    ['factors', { way, mfaToken: 'mfa-token', factors: [] }],
    ['factors', { way, mfaToken: 'mfa-token', factors: ['push', 'webauthn'] }],
    ['enroll', { way, mfaToken: 'mfa-token', enroll: 'password' }],
    ['settings.flowTtlMs', { way, mfaToken: 'mfa-token', settings: { flowTtlMs: 0 } }],
    ['settings.pollIntervalMs', { way, mfaToken: 'mfa-token', settings: { pollIntervalMs: Number.NaN } }],
  ])('throw a TypeError that names %s when it is wrong', (name, options) => {
    expect(() => createStepUpActor(options as StepUpActorOptions)).toThrow(TypeError);
    expect(() => createStepUpActor(options as StepUpActorOptions)).toThrow(new RegExp(`^${name}: `));
  });

  it('default to push and one-time passwords', () => {
    expect(createRunning().actor.view.factors).toEqual(['push', 'otp']);
  });
});
