import { setImmediate } from 'node:timers/promises';
import { type EnrollingWay, type FlowView, MFA_API_CAPABILITIES, StepUpError } from '@stepgate/core';
import fc from 'fast-check';
import { everyCase } from 'suites/damage.ts';
import { createManualClock } from 'suites/manual-clock.ts';
import { withParts } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { auth0 } from '../../src/auth0/auth0.ts';
import { createGate } from '../../src/gate/gate.ts';
import { createGateClient, type GateClient, SECRET, type TestNative } from '../support/gate-client.ts';
import { createUnrulyStore, type Draw } from '../support/unruly-store.ts';

/** What one run has come to. */
interface Outcome {
  /** Requests that asked for a push, and were not refused. */
  readonly asked: number;
  readonly pushes: number;
  /** Pushes that the phone has approved. */
  readonly taps: number;
  /** The approvals that have let a request through, each as often as it has. */
  readonly used: readonly string[];
  readonly released: readonly string[];
  /** Whether a request was let through after all of it, and a revocation, was over. */
  readonly isLeftOpen: boolean;
}

/** A phone, and the provider that sends it pushes: each is answered once, and its answer is given out once. */
function createPhone(): {
  readonly way: EnrollingWay;
  pushes: () => number;
  taps: () => number;
  tap: () => void;
} {
  const answers: ('waiting' | 'approved' | 'given out')[] = [];
  return {
    pushes: () => answers.length,
    taps: () => answers.filter((answer) => answer !== 'waiting').length,
    tap() {
      if (answers.at(-1) === 'waiting') answers[answers.length - 1] = 'approved';
    },
    way: {
      name: 'mfa-api',
      can: MFA_API_CAPABILITIES,
      list: async () => [{ id: 'push|1', factor: 'push', active: true }],
      enroll: () => Promise.reject(new StepUpError('already_enrolled', 'there is a phone')),
      async challenge() {
        answers.push('waiting');
        return { binding: 'poll', oobCode: String(answers.length - 1) };
      },
      async redeem({ proof }) {
        const number = Number(proof.type === 'oob' ? proof.oobCode : Number.NaN);
        if (answers[number] === 'waiting') return { status: 'pending' };
        if (answers[number] !== 'approved') throw new StepUpError('result_lost', 'given out already');
        answers[number] = 'given out';
        return { status: 'approved', tokens: { accessToken: 'token', tokenType: 'Bearer' } };
      },
      remove: async () => {},
    },
  };
}

const STEPS = 500;
/** As long as an effect is claimed. */
const LEASE_MS = 25_000;
const SHORT_RUN = 12;

/** One browser at two processes, whose user, and whose scripts, do one thing after the other without waiting. */
async function run(draw: Draw, isStale: boolean): Promise<Outcome> {
  const clock = createManualClock();
  const phone = createPhone();
  const unruly = createUnrulyStore({ draw, now: () => clock.now(), isStale });
  const gates = [0, 1].map(() =>
    createGate<TestNative>({
      provider: withParts(auth0({ issuer: 'https://tenant.test/', clientId: 'client' }), {
        way: phone.way,
        identityCheck: { prepare: async () => {}, check: async () => {} },
      }),
      secret: SECRET,
      testing: { clock, random: () => 0.5 },
      store: unruly.store,
      identify: ({ identity }) => identity,
      firstLeg: { custom: async () => ({ mfaToken: 'token' }) },
      tenantBudget: false,
      limits: { starts: false, pushes: false, messages: false },
      onError: () => {},
    }),
  );
  const identity = { subject: 'ada', sessionId: 's' };
  const clients = gates.map((gate) => createGateClient({ gate, identity, policy: { maxAge: 0 } }));
  const clientAt = (index: number): GateClient => clients[index] as GateClient;
  const requirement = await clientAt(0).requirement();
  const work: Promise<unknown>[] = [];
  const used: string[] = [];
  const released: string[] = [];
  let asked = 0;

  async function use(client: GateClient): Promise<void> {
    const decision = await client.decide();
    if (!decision.isAllowed || decision.stepUp === undefined) return;
    const { stepUp } = decision;
    used.push(stepUp.approval.id);
    if (draw(4) > 0) return;
    released.push(stepUp.approval.id);
    await stepUp.release();
  }

  async function resend(client: GateClient): Promise<void> {
    // Nothing of it is there where the store did not answer.
    const view = (await client.view()) as Partial<FlowView>;
    if (view.allowedEvents?.includes('challenge.resend') !== true) return;
    const headers = { 'if-match': `"${view.version}"` };
    const body = { type: 'challenge.resend' };
    const { status } = await client.send('POST', '/step-up/flow/events', { headers, body });
    if (status === 200 || status === 503) asked += 1;
  }

  async function start(client: GateClient): Promise<void> {
    const { status } = await client.send('POST', '/step-up/flow', { body: { requirement } });
    // One that has joined a flow has asked for nothing.
    if (status === 201 || status === 503) asked += 1;
  }

  const deeds: readonly ((client: GateClient) => Promise<unknown>)[] = [
    start,
    start,
    resend,
    use,
    use,
    use,
    (client) => client.view(),
    (client) => client.view(),
    (client) => client.view(),
    async () => phone.tap(),
    async () => phone.tap(),
    (client) => (draw(4) === 0 ? client.send('DELETE', '/step-up/flow') : client.view()),
  ];

  async function pass(turns: number, each: () => void): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) {
      each();
      await setImmediate();
    }
  }

  unruly.unleash();
  await pass(STEPS, () => {
    const deed = deeds[draw(deeds.length)];
    if (draw(8) === 0) work.push(deed?.(clientAt(draw(2))).catch(() => {}) ?? Promise.resolve());
    if (draw(20) === 0) clock.advance(draw(5) === 0 ? LEASE_MS : draw(7_000));
    unruly.step();
  });
  const isRevoked = gates[draw(2)]?.revokeSubject(identity.subject).then(
    () => true,
    () => false,
  );
  await pass(STEPS / 5, () => unruly.step());
  unruly.calm();
  await pass(60, () => clock.advance(1_000));
  await Promise.all(work);

  if ((await isRevoked) === false) await gates[0]?.revokeSubject(identity.subject);
  phone.tap();
  clock.advance(6_000);
  await Promise.all(clients.map((client) => client.view()));
  const isLeftOpen = (await Promise.all(clients.map((client) => client.isAllowed()))).includes(true);
  return { asked, pushes: phone.pushes(), taps: phone.taps(), used, released, isLeftOpen };
}

const timesIn = (ids: readonly string[], id: string): number => ids.filter((one) => one === id).length;

describe('two processes whose store works and answers in any order, late or not at all', () => {
  it.each([false, true])(
    'use no approval twice, grant none without the phone, and send no unrequested push (with stale reads: %j)',
    async (isStale) => {
      await everyCase(
        // Not made small, which would take longer than to find it.
        fc.noShrink(fc.gen()),
        async (gen) => {
          const draw: Draw = (count) => gen(fc.nat, { max: count - 1 });

          const { asked, pushes, taps, used, released, isLeftOpen } = await run(draw, isStale);

          const twice = used.filter((id) => timesIn(used, id) > 1 + timesIn(released, id));
          expect(twice).toEqual([]);
          expect(new Set(used).size).toBeLessThanOrEqual(taps);
          expect(pushes).toBeLessThanOrEqual(asked);
          expect(isLeftOpen).toBe(false);
        },
        SHORT_RUN,
      );
    },
  );
});
