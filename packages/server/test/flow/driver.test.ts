import { setImmediate } from 'node:timers/promises';
import { createAuth0MfaApi, type FlowView } from '@stepgate/core';
import { isRecordKey } from 'suites/record-key.ts';
import { createTestTenant, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type Store } from '../../src/index.ts';
import {
  createGateClient,
  createTestGate,
  type GateClient,
  type TestGateOptions,
} from '../support/gate-client.ts';

/** Longer than a claimed effect is waited for. */
const LEASE_MS = 25_000;

/** A user with a phone, in a browser at a gate with these options. */
async function scene(options: TestGateOptions = {}): Promise<{
  readonly tenant: TestTenant;
  readonly client: GateClient;
  readonly errors: unknown[];
}> {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const refreshToken = await tenant.signIn();
  const errors: unknown[] = [];
  const gate = createTestGate(tenant, {
    store: createMemoryStore({ now: () => tenant.clock.now() }),
    firstLeg: { refreshToken: () => refreshToken },
    onError: (error) => errors.push(error),
    ...options,
  });
  const identity = { subject: tenant.ada.subject, sessionId: 's' };
  return { tenant, errors, client: createGateClient({ gate, identity }) };
}

/** Lets everything happen that does not wait for the time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await setImmediate();
}

/** Moves the time in steps, with everything between that then can happen. */
async function pass(tenant: TestTenant, ms: number, stepMs = 1_000): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    tenant.clock.advance(stepMs);
    await settle();
  }
}

/** A promise and a word for "somebody has come here, and waits for ever". */
function stuckHook(): { readonly reached: Promise<void>; readonly hook: () => Promise<never> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    reached: promise,
    hook() {
      resolve();
      return new Promise(() => {});
    },
  };
}

describe('a hook that never ends', () => {
  it('is abandoned with its lease: the same process continues the flow, and logs why', async () => {
    const { reached, hook } = stuckHook();
    const signals: AbortSignal[] = [];
    let calls = 0;
    const { tenant, client, errors } = await scene({
      testing: {
        identityCheck: {
          prepare: async () => {},
          check: (_tokens, _subject, { signal }) => {
            calls += 1;
            if (signal) signals.push(signal);
            return calls === 1 ? hook() : Promise.resolve();
          },
        },
      },
    });
    await client.start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    const waiting = client.view();
    await reached;
    tenant.clock.advance(5_000);
    expect(await waiting).toMatchObject({ state: 'identifying' });
    expect(signals[0]?.aborted).toBe(false);

    await pass(tenant, LEASE_MS);

    expect(signals[0]?.aborted).toBe(true);
    expect(errors).toMatchObject([{ code: 'misconfigured', message: expect.stringContaining('identify') }]);
    await pass(tenant, 5_000);
    expect(await client.view()).toMatchObject({ state: 'approved' });
    expect(await client.isAllowed()).toBe(true);
  });

  it('changes nothing when it ends after all', async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const { tenant, client } = await scene({
      testing: {
        identityCheck: {
          prepare: async () => {},
          check: () => {
            reach();
            return answered;
          },
        },
      },
    });
    await client.start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    const waiting = client.view();
    await reached;
    await pass(tenant, LEASE_MS);
    await waiting;
    await client.send('DELETE', '/step-up/flow');
    answer();
    await settle();

    expect(await client.view()).toMatchObject({ state: 'cancelled' });
    expect(await client.isAllowed()).toBe(false);
  });

  it('sends nothing that it held up', async () => {
    const { reached, hook } = stuckHook();
    const { tenant, client } = await scene({ firstLeg: { refreshToken: hook } });
    const starting = client.start();
    await reached;
    await pass(tenant, LEASE_MS);
    expect(await starting).toMatchObject({ state: 'authenticating' });
    await client.send('DELETE', '/step-up/flow');
    await pass(tenant, LEASE_MS);
    expect(tenant.challenges()).toBe(0);
  });
});

/** A store whose next so many writes of records fail, before or after they are done. */
function failingStore(store: Store): {
  readonly store: Store;
  fail(times: number, when: 'before' | 'after'): void;
} {
  let left = 0;
  let when: 'before' | 'after' = 'before';
  return {
    fail(times, at) {
      left = times;
      when = at;
    },
    store: {
      ...store,
      async write(key, value, options) {
        const isFailing = left > 0 && isRecordKey(key);
        if (isFailing) left -= 1;
        if (isFailing && when === 'before') throw new Error('the store is away');
        const written = await store.write(key, value, options);
        if (isFailing) throw new Error('the answer of the store was lost');
        return written;
      },
    },
  };
}

describe('a store that fails for a while', () => {
  it.each(['before', 'after'] as const)(
    'loses no approval that has arrived (it fails %s it writes)',
    async (when) => {
      const tenant = createTestTenant();
      await tenant.enrolPush();
      const refreshToken = await tenant.signIn();
      const failing = failingStore(createMemoryStore({ now: () => tenant.clock.now() }));
      const api = createAuth0MfaApi(tenant.auth0);
      const { promise: redeemed, resolve: redeem } = Promise.withResolvers<void>();
      const gate = createTestGate(tenant, {
        store: failing.store,
        testing: {
          identityCheck: { prepare: async () => {}, check: async () => {} },
          way: {
            ...api,
            async redeem(options) {
              const answer = await api.redeem(options);
              failing.fail(5, when);
              redeem();
              return answer;
            },
          },
        },
        firstLeg: { refreshToken: () => refreshToken },
        onError: () => {},
      });
      const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
      await client.start();
      tenant.phone.approve();
      tenant.clock.advance(POLL_MS);
      const waiting = client.view();
      await redeemed;
      await settle();
      await pass(tenant, 15_000, 500);
      await waiting;

      expect(await client.view()).toMatchObject({ state: 'approved' });
      expect(await client.isAllowed()).toBe(true);
      expect(tenant.exchanges.filter(({ sent }) => sent.includes('mfa-oob'))).toHaveLength(1);
    },
  );
});

describe('a refresh token that cannot be saved', () => {
  it('is kept and tried again, and the approval waits for it while the log says why', async () => {
    const saved: string[] = [];
    let failures = 0;
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const api = createAuth0MfaApi(tenant.auth0);
    const errors: unknown[] = [];
    const gate = createTestGate(tenant, {
      onError: (error) => errors.push(error),
      firstLeg: {
        custom: async () => ({ mfaToken: await tenant.mfaToken() }),
        saveRefreshToken: (_, token) => {
          if (failures < 2) {
            failures += 1;
            throw new Error('the session store is down');
          }
          saved.push(token);
        },
      },
      testing: {
        way: {
          ...api,
          async redeem(options) {
            const answer = await api.redeem(options);
            if (answer.status !== 'approved') return answer;
            return { ...answer, tokens: { ...answer.tokens, refreshToken: 'the rotated one' } };
          },
        },
      },
    });
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
    await client.start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);

    expect(await client.view()).toMatchObject({ state: 'identifying', reason: 'provider_unavailable' });
    expect(await client.isAllowed()).toBe(false);
    for (let i = 0; i < 10; i += 1) {
      tenant.clock.advance(1_000);
      await client.view();
    }

    expect(await client.view()).toMatchObject({ state: 'approved' });
    expect(saved).toEqual(['the rotated one']);
    expect(errors).toEqual([new Error('the session store is down'), new Error('the session store is down')]);
    expect(tenant.exchanges.filter(({ sent }) => sent.includes('mfa-oob'))).toHaveLength(1);
  });
});

describe('one live push per subject', () => {
  async function twoBrowsers(): Promise<{
    readonly tenant: TestTenant;
    readonly own: GateClient;
    readonly other: GateClient;
  }> {
    const { tenant } = await scene();
    const refreshToken = await tenant.signIn();
    const store = createMemoryStore({ now: () => tenant.clock.now() });
    const gate = createTestGate(tenant, { store, firstLeg: { refreshToken: () => refreshToken } });
    const of = (sessionId: string): GateClient =>
      createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId } });
    return { tenant, own: of('own'), other: of('stolen') };
  }

  it('is reported to the first browser once, and no longer after its own next push', async () => {
    const { tenant, own, other } = await twoBrowsers();
    await own.start();

    expect(await other.start()).toMatchObject({ state: 'failed', reason: 'push_in_progress' });
    const noticed = await own.view();
    expect(noticed).toMatchObject({ state: 'polling', notice: 'push_requested_elsewhere' });
    tenant.clock.advance(15_000);
    await other.event({ type: 'flow.retry' });
    expect((await own.view()).version).toBe(noticed.version);

    tenant.clock.advance(15_000);
    const resent = await own.event({ type: 'challenge.resend' });
    expect(resent).toMatchObject({ state: 'polling' });
    expect(resent).not.toHaveProperty('notice');
    expect(tenant.challenges()).toBe(2);
  });

  it('holds while it is unknown whether a push has arrived', async () => {
    const { tenant, own, other } = await twoBrowsers();
    tenant.emulator.faults.add({ drop: 'after', match: { path: '/mfa/challenge' } });
    expect(await own.start()).toMatchObject({ state: 'failed', reason: 'delivery_unknown' });

    const refused = await other.start();
    expect(refused).toMatchObject({ state: 'failed', reason: 'push_in_progress' });
    expect((refused.retryAllowedAt ?? 0) - tenant.clock.now()).toBeGreaterThan(290_000);
    expect(tenant.challenges()).toBe(1);

    tenant.clock.advance(15_000);
    expect(await own.event({ type: 'challenge.resend' })).toMatchObject({ state: 'polling' });
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    expect(await own.view()).toMatchObject({ state: 'approved' });
    tenant.clock.advance(600_000);
    expect(await other.event({ type: 'flow.retry' })).toMatchObject({ state: 'polling' });
  });

  it('is free again when the first browser has cancelled and the minimum time between pushes is over', async () => {
    const { tenant, own, other } = await twoBrowsers();
    await own.start();
    await own.send('DELETE', '/step-up/flow');
    tenant.clock.advance(15_000);
    expect(await other.start()).toMatchObject({ state: 'polling' });
  });
});

describe('a cancel', () => {
  it('stops a push between its commit and its sending', async () => {
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
    const memory = createMemoryStore();
    const store: Store = {
      ...memory,
      async write(key, value, options) {
        if (key.includes(':push:') && options.ifVersion === 0) {
          reach();
          await held;
        }
        return memory.write(key, value, options);
      },
    };
    const { tenant, client } = await scene({ store });
    const starting = client.start();
    await reached;
    expect(await client.view()).toMatchObject({ state: 'challenging' });

    const cancelling = client.send('DELETE', '/step-up/flow');
    await settle();
    goOn();

    expect((await cancelling).body).toMatchObject({ state: 'cancelled' });
    expect((await starting) satisfies FlowView).toMatchObject({ state: 'cancelled' });
    expect(tenant.challenges()).toBe(0);
  });
});

describe('many requests that look at a flow at once', () => {
  it('do what is due only once', async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const refreshToken = await tenant.signIn();
    const api = createAuth0MfaApi(tenant.auth0);
    const memory = createMemoryStore({ now: () => tenant.clock.now() });
    let reads = 0;
    const store: Store = {
      ...memory,
      read(key) {
        if (isRecordKey(key)) reads += 1;
        return memory.read(key);
      },
    };
    const gate = createTestGate(tenant, {
      store,
      firstLeg: { refreshToken: () => refreshToken },
      testing: { way: { ...api, redeem: (options) => answered.then(() => api.redeem(options)) } },
    });
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
    await client.start();
    tenant.clock.advance(POLL_MS);

    reads = 0;
    const views = Array.from({ length: 50 }, () => client.view());
    await settle();
    answer();
    await Promise.all(views);

    // Each looks at the flow before and after.
    expect(reads - 2 * views.length).toBeLessThan(10);
  });
});
