import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { createActor, createMachine, type InspectionEvent } from 'xstate';
import { type FlowView, type StepUpRequest, stepUpLogic } from '../../src/index.ts';
import { createFakeApi } from '../support/fake-api.ts';
import { createFakeClock, settled } from '../support/fake-clock.ts';

const PUSH = { id: 'push|dev_1', factor: 'push', active: true } as const;
const TOKENS = { accessToken: 'access', tokenType: 'Bearer' };

function createScene() {
  const api = createFakeApi();
  const clock = createFakeClock();
  const input = { way: api, clock, mfaToken: 'mfa-token', random: () => 0 };
  return {
    api,
    clock,
    input,
    /** From a start that was just sent to the user's approval on the phone. */
    approve: async (): Promise<void> => {
      await settled();
      await api.last('list').answer([PUSH]);
      await api.last('challenge').answer({ binding: 'poll', oobCode: 'oob-code' });
      await clock.advance(5_000);
      await api.last('redeem').answer({ status: 'approved', tokens: TOKENS });
    },
  };
}

describe('a local step-up as actor logic', () => {
  it('runs in an XState actor, shows its snapshots, outputs the view and emits the tokens', async () => {
    const { approve, input } = createScene();
    const stepUp = createActor(stepUpLogic, { input });
    const emitted: unknown[] = [];
    stepUp.on('*', (event) => emitted.push(event));
    const states: string[] = [];
    stepUp.subscribe(({ context: { view } }) => states.push(view.state));
    expect(stepUp.getSnapshot().context.view.state).toBe('idle');

    stepUp.start();
    stepUp.send({ type: 'flow.start' });
    expect(stepUp.getSnapshot().context.view.state).toBe('authenticating');
    await approve();

    const { status, output } = stepUp.getSnapshot();
    expect({ status, state: output?.state }).toEqual({ status: 'done', state: 'approved' });
    expect(emitted).toEqual([{ type: 'flow.approved', tokens: TOKENS }]);
    expect(new Set(states)).toContain('polling');
    expect(JSON.stringify(stepUp.getSnapshot())).not.toContain(TOKENS.accessToken);
  });

  it("can be invoked by the app's machine, which continues when it is done", async () => {
    const { approve, input } = createScene();
    const machine = createMachine({
      initial: 'confirming',
      states: {
        confirming: {
          invoke: { id: 'stepUp', src: stepUpLogic, input, onDone: 'confirmed' },
          on: {
            confirm: {
              actions: ({ self }) => self.getSnapshot().children.stepUp?.send({ type: 'flow.start' }),
            },
          },
        },
        confirmed: {},
      },
    });
    const app = createActor(machine).start();
    onTestFinished(() => void app.stop());

    app.send({ type: 'confirm' });
    await approve();

    expect(app.getSnapshot().value).toBe('confirmed');
  });

  it('emits that the user cancelled', () => {
    const stepUp = createActor(stepUpLogic, { input: createScene().input });
    const emitted: unknown[] = [];
    stepUp.on('flow.cancelled', (event) => emitted.push(event));

    stepUp.start();
    stepUp.send({ type: 'flow.cancel' });

    expect(stepUp.getSnapshot()).toMatchObject({ status: 'done', output: { state: 'cancelled' } });
    expect(emitted).toEqual([{ type: 'flow.cancelled' }]);
  });

  it('cleans up when it is stopped', async () => {
    const { api, clock, input } = createScene();
    const stepUp = createActor(stepUpLogic, { input }).start();
    stepUp.send({ type: 'flow.start' });
    await settled();

    stepUp.stop();

    expect(api.last('list').isAborted).toBe(true);
    expect(clock.alarms).toEqual([]);
    expect(stepUp.getSnapshot()).toMatchObject({ status: 'stopped', context: { status: 'stopped' } });
  });

  it('keeps the identity of its snapshot until something changes', () => {
    const stepUp = createActor(stepUpLogic, { input: createScene().input }).start();
    onTestFinished(() => void stepUp.stop());
    const before = stepUp.getSnapshot();

    stepUp.send({ type: 'challenge.resend' });

    expect(stepUp.getSnapshot()).toBe(before);
  });

  it('is an actor in error when its input is wrong, or when a snapshot is restored', () => {
    const { input } = createScene();
    const errors: unknown[] = [];
    for (const options of [
      { input: { ...input, factors: [] } },
      { input, snapshot: createActor(stepUpLogic, { input }).getPersistedSnapshot() },
    ]) {
      const stepUp = createActor(stepUpLogic, options);
      stepUp.subscribe({ error: (error) => errors.push(error) });
      stepUp.start();
    }

    expect(errors).toEqual([
      new TypeError('factors: must be a list of some of push, otp, sms, voice, email, recovery-code, hosted'),
      new TypeError('a step-up cannot be restored: start or join a new one'),
    ]);
  });

  it('persists nothing of a view, and shows no secret to the inspector option', async () => {
    const { api, input } = createScene();
    const seen: InspectionEvent[] = [];
    const stepUp = createActor(stepUpLogic, {
      input: { ...input, inspect: (event) => seen.push(event) },
    }).start();
    onTestFinished(() => void stepUp.stop());
    stepUp.send({ type: 'flow.start' });
    await settled();
    await api.last('list').answer([]);
    await api
      .last('enroll')
      .answer({ factor: 'push', binding: 'poll', oobCode: 'oob-code', barcodeUri: 'otpauth://totp/secret' });
    expect(stepUp.getSnapshot().context.view.disclosure?.barcodeUri).toBe('otpauth://totp/secret');

    const texts = seen.map((event) => JSON.stringify('event' in event ? event.event : event.type)).join();

    expect(JSON.stringify(stepUp.getPersistedSnapshot())).not.toContain('otpauth');
    expect(texts).toContain('enrollment.started');
    expect(texts).not.toContain('otpauth');
  });

  it('accepts only requests, and shows what every step-up shows', () => {
    const stepUp = createActor(stepUpLogic, { input: createScene().input });

    expectTypeOf<Parameters<typeof stepUp.send>[0]>().toEqualTypeOf<StepUpRequest>();
    expectTypeOf(stepUp.getSnapshot().context.view).toEqualTypeOf<FlowView>();
    expectTypeOf(stepUp.getSnapshot().output).toEqualTypeOf<FlowView | undefined>();
    // @ts-expect-error -- no such request
    expect(() => stepUp.send({ type: 'flow.begin' })).not.toThrow();
    // @ts-expect-error -- a code is missing
    expect(() => stepUp.send({ type: 'code.submit' })).not.toThrow();
    // @ts-expect-error -- a fact is no request
    expect(() => stepUp.send({ type: 'tokens.received', hasRecoveryCodes: false })).not.toThrow();
    // @ts-expect-error -- the input is the options, of which the way must be given
    createActor(stepUpLogic, { input: { mfaToken: 'mfa-token' } });
    // @ts-expect-error -- nothing of that name is emitted
    stepUp.on('flow.ended', () => {});
  });
});
