import { setImmediate } from 'node:timers/promises';
import { createAuth0MfaApi, type EnrollingWay, StepUpError } from '@stepgate/core';
import { stoppedClock } from 'suites/manual-clock.ts';
import { createTestTenant, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type Gate, type Store } from '../../src/index.ts';
import {
  createGateClient,
  createTestGate,
  type GateClient,
  type TestNative,
} from '../support/gate-client.ts';

/** Longer than a claimed effect is waited for. */
const LEASE_MS = 25_000;

/** An API of a process that dies during a call: its request goes out (or not), and no answer ever comes. */
function dyingDuring(
  tenant: TestTenant,
  call: 'challenge' | 'redeem' | 'enroll',
  isSent: boolean,
): {
  readonly api: EnrollingWay;
  /** Resolves when the process has died. */
  readonly died: Promise<void>;
} {
  const api = createAuth0MfaApi(tenant.auth0);
  let die: () => void = () => {};
  const died = new Promise<void>((resolve) => {
    die = resolve;
  });
  const stuck = async (send: () => Promise<unknown>): Promise<never> => {
    if (isSent) await send();
    die();
    return new Promise(() => {});
  };
  const dying: EnrollingWay = {
    ...api,
    ...(call === 'challenge' && { challenge: (options) => stuck(() => api.challenge(options)) }),
    ...(call === 'redeem' && { redeem: (options) => stuck(() => api.redeem(options)) }),
    ...(call === 'enroll' && { enroll: (options) => stuck(() => api.enroll(options)) }),
  };
  return { api: dying, died };
}

interface TwoProcesses {
  readonly tenant: TestTenant;
  readonly store: Store;
  /** The types of the audit events that the process has told that lives on. */
  readonly told: readonly string[];
  /** A browser at the process that dies, and the same browser at the one that lives on. */
  readonly clients: (
    dying: EnrollingWay,
  ) => Promise<{ readonly first: GateClient; readonly second: GateClient }>;
}

function twoProcesses(): TwoProcesses {
  const tenant = createTestTenant();
  const store = createMemoryStore({ now: () => tenant.clock.now() });
  const told: string[] = [];
  return {
    tenant,
    store,
    told,
    async clients(dying) {
      const refreshToken = await tenant.signIn();
      const firstLeg = {
        refreshToken: () => refreshToken,
        password: { username: () => tenant.ada.username },
      };
      const identity = { subject: tenant.ada.subject, sessionId: 's' };
      const gate = createTestGate(tenant, {
        store,
        firstLeg,
        testing: { way: dying, clock: stoppedClock(tenant.clock) },
      });
      const other = createTestGate(tenant, {
        store,
        firstLeg,
        enroll: 'session',
        onEvent: ({ type }) => told.push(type),
      });
      const first = createGateClient({ gate, identity });
      return { first, second: first.at(other) };
    },
  };
}

describe('a process that dies', () => {
  it.each([true, false])(
    'lets the user send a push again after it died while sending one (sent: %j)',
    async (isSent) => {
      const { tenant, clients, told } = twoProcesses();
      await tenant.enrolPush();
      const { api, died } = dyingDuring(tenant, 'challenge', isSent);
      const { first, second } = await clients(api);
      void first.start();
      await died;

      const before = await second.view();
      tenant.clock.advance(LEASE_MS);
      const after = await second.view();
      const pushes = tenant.challenges();
      tenant.clock.advance(LEASE_MS);
      await second.view();

      expect(before).toMatchObject({ state: 'challenging' });
      expect(after).toMatchObject({ state: 'failed', reason: 'delivery_unknown' });
      expect(after.allowedEvents).toContain('challenge.resend');
      expect(pushes).toBe(isSent ? 1 : 0);
      expect(tenant.challenges()).toBe(pushes);
      expect(told).toEqual(['delivery.unknown', 'flow.ended']);

      tenant.clock.advance(60_000);
      expect(await second.event({ type: 'challenge.resend' })).toMatchObject({ state: 'polling' });
      expect(tenant.challenges()).toBe(pushes + 1);
    },
  );

  it('is replaced for its poll once its lease is over', async () => {
    const { tenant, clients } = twoProcesses();
    await tenant.enrolPush();
    const { api, died } = dyingDuring(tenant, 'redeem', false);
    const { first, second } = await clients(api);
    await first.start();
    tenant.clock.advance(POLL_MS);
    void first.view();
    await died;
    tenant.phone.approve();
    const polls = (): number =>
      tenant.emulator.requests.filter(({ grantType }) => grantType?.includes('oob')).length;

    const during = await second.view();
    expect(during).toMatchObject({ state: 'polling' });
    expect(polls()).toBe(0);

    tenant.clock.advance(LEASE_MS);
    expect(await second.view()).toMatchObject({ state: 'approved' });
    expect(polls()).toBe(1);
    expect(await second.isAllowed()).toBe(true);
  });

  it('grants no approval by a guess after the tokens were given out', async () => {
    const { tenant, clients } = twoProcesses();
    await tenant.enrolPush();
    const { api, died } = dyingDuring(tenant, 'redeem', true);
    const { first, second } = await clients(api);
    await first.start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    void first.view();
    await died;

    tenant.clock.advance(LEASE_MS);
    const after = await second.view();

    expect(after.state).not.toBe('approved');
    expect(['failed', 'expired']).toContain(after.state);
    expect(after.allowedEvents).toContain('flow.retry');
    expect(await second.isAllowed()).toBe(false);
  });

  it('loses nothing but time between a committed approval and its answer', async () => {
    const { tenant, store } = twoProcesses();
    await tenant.enrolPush();
    const refreshToken = await tenant.signIn();
    const firstLeg = { refreshToken: () => refreshToken };
    const identity = { subject: tenant.ada.subject, sessionId: 's' };
    let die: () => void = () => {};
    const died = new Promise<void>((resolve) => {
      die = resolve;
    });
    const gate = createTestGate(tenant, {
      store,
      firstLeg,
      testing: {
        clock: stoppedClock(tenant.clock),
        identityCheck: {
          prepare: async () => {},
          check: () => {
            die();
            return new Promise(() => {});
          },
        },
      },
    });
    const first = createGateClient({ gate, identity });
    await first.start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    void first.view();
    await died;
    const second = first.at(createTestGate(tenant, { store, firstLeg }));

    expect(await second.view()).toMatchObject({ state: 'identifying' });
    expect(await second.isAllowed()).toBe(false);
    tenant.clock.advance(LEASE_MS);

    expect(await second.view()).toMatchObject({ state: 'approved' });
    expect(await second.isAllowed()).toBe(true);
  });

  it('changes nothing with a late answer when another process has continued', async () => {
    const { tenant, clients } = twoProcesses();
    await tenant.enrolPush();
    const api = createAuth0MfaApi(tenant.auth0);
    let answer: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let asked: () => void = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { first, second } = await clients({
      ...api,
      async redeem(options) {
        asked();
        await held;
        const { signal: _aborted, ...rest } = options;
        return api.redeem(rest);
      },
    });
    await first.start();
    tenant.clock.advance(POLL_MS);
    const late = first.view();
    await isAsked;
    await second.send('DELETE', '/step-up/flow');
    tenant.phone.approve();
    answer();
    await late;

    expect(await second.view()).toMatchObject({ state: 'cancelled' });
    expect(await second.isAllowed()).toBe(false);
  });

  it('leaves a flow to many watchers, and one of them polls', async () => {
    const { tenant, clients } = twoProcesses();
    await tenant.enrolPush();
    const { first, second } = await clients(createAuth0MfaApi(tenant.auth0));
    await first.start();
    tenant.clock.advance(POLL_MS);

    await Promise.all([first, second, first, second].map((client) => client.view()));

    expect(tenant.emulator.requests.filter(({ grantType }) => grantType?.includes('oob'))).toHaveLength(1);
  });

  it('does not take the next request of the user with it when its own commit fails', async () => {
    const { tenant, store } = twoProcesses();
    await tenant.enrolPush();
    const refreshToken = await tenant.signIn();
    let failingReads = 0;
    let asked: () => void = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const gate = createTestGate(tenant, {
      firstLeg: { refreshToken: () => refreshToken },
      onError: () => {},
      store: {
        ...store,
        read(key) {
          failingReads -= 1;
          return failingReads >= 0 ? Promise.reject(new Error('the store is away')) : store.read(key);
        },
      },
      testing: {
        way: {
          ...createAuth0MfaApi(tenant.auth0),
          redeem: ({ signal }) =>
            new Promise((_, reject) => {
              signal?.addEventListener('abort', () => {
                failingReads = 1;
                reject(new StepUpError('provider_unavailable', 'aborted'));
              });
              asked();
            }),
        },
      },
    });
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
    await client.start();
    tenant.clock.advance(20_000);
    const watching = client.view();
    await isAsked;

    const sent = await client.event({ type: 'challenge.resend' });
    await watching;

    expect(sent).toMatchObject({ state: 'polling' });
    expect(tenant.challenges()).toBe(2);
  });
});

describe('an effect that waits behind a hanging one', () => {
  it('runs in one process at most, however long it has waited', async () => {
    const tenant = createTestTenant();
    const store = createMemoryStore({ now: () => tenant.clock.now() });
    let calls = 0;
    let atWork = 0;
    let mostAtWork = 0;
    const gateOf = (): Gate<TestNative> =>
      createTestGate(tenant, {
        store,
        testing: { identityCheck: { prepare: async () => {}, check: async () => {} } },
        firstLeg: {
          custom({ signal }) {
            calls += 1;
            // The first one heeds nothing.
            if (calls > 1) {
              atWork += 1;
              mostAtWork = Math.max(mostAtWork, atWork);
              signal?.addEventListener('abort', () => {
                atWork -= 1;
              });
            }
            return new Promise(() => {});
          },
        },
        onError: () => {},
      });
    const first = createGateClient({
      gate: gateOf(),
      identity: { subject: tenant.ada.subject, sessionId: 's' },
    });
    const second = first.at(gateOf());
    const pass = async (ms: number): Promise<void> => {
      tenant.clock.advance(ms);
      for (let turn = 0; turn < 30; turn += 1) await setImmediate();
    };

    void first.start();
    await pass(5_000);
    await first.send('DELETE', '/step-up/flow');
    await pass(3_000);
    void first.start();
    for (let seconds = 0; seconds < 40; seconds += 1) {
      await pass(1_000);
      void second.view();
    }

    expect(calls).toBeGreaterThan(2);
    expect(mostAtWork).toBe(1);
  });
});
