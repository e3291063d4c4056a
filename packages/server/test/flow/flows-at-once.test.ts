import { isRecordKey } from 'suites/record-key.ts';
import { createTestTenant, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { type Capacity, createMemoryStore, type Policy, type Store } from '../../src/index.ts';
import {
  createGateClient,
  createTestGate,
  type GateAnswer,
  type GateClient,
  type TestGateOptions,
} from '../support/gate-client.ts';

const FLOW_TTL_MS = 600_000;

interface Scene {
  readonly tenant: TestTenant;
  /** A browser of its own in this session. */
  readonly browser: (sessionId: string) => GateClient;
}

function createScene(
  capacity: Partial<Capacity>,
  wrap: (store: Store) => Store = (store) => store,
  options: TestGateOptions = {},
  policy: Policy = { maxAge: '5m' },
): Scene {
  const tenant = createTestTenant();
  const gate = createTestGate(tenant, {
    capacity,
    store: wrap(createMemoryStore({ now: () => tenant.clock.now() })),
    limits: { starts: { perSession: { count: 6, windowMs: 60_000 } } },
    testing: { timing: { flowTtlMs: FLOW_TTL_MS } },
    ...options,
  });
  let browsers = 0;
  return {
    tenant,
    browser(sessionId) {
      browsers += 1;
      const handle = `${browsers}`.padStart(43, 'h');
      return createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId }, handle, policy });
    },
  };
}

async function start(by: GateClient): Promise<GateAnswer> {
  const requirement = await by.requirement();
  return by.send('POST', '/step-up/flow', { body: { requirement } });
}

describe('concurrent flows', () => {
  it('stay within the limit of a session, in any number of browsers', async () => {
    const { tenant, browser } = createScene({ flowsPerSession: 2 });
    expect((await start(browser('s'))).status).toBe(201);
    tenant.clock.advance(1_000);
    expect((await start(browser('s'))).status).toBe(201);
    tenant.clock.advance(1_000);
    const third = browser('s');

    const refused = await start(third);

    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('598');
    expect(refused.body).toMatchObject({
      error: 'too_many_flows',
      error_description: expect.stringContaining('Finish one, cancel one, or wait'),
      retry_after_ms: FLOW_TTL_MS - 2_000,
    });
    tenant.clock.advance(FLOW_TTL_MS - 2_000);
    expect((await start(third)).status).toBe(201);
  });

  it('free a slot at once when one is cancelled', async () => {
    const { browser } = createScene({ flowsPerSession: 1 });
    const first = browser('s');
    await start(first);
    const second = browser('s');
    expect((await start(second)).status).toBe(429);

    await first.send('DELETE', '/step-up/flow');

    expect((await start(second)).status).toBe(201);
    expect((await start(first)).status).toBe(429);
  });

  it('count once when a browser joins its own, or starts the next', async () => {
    const { tenant, browser } = createScene({ flowsPerSession: 1 });
    const only = browser('s');

    expect((await start(only)).status).toBe(201);
    expect((await start(only)).status).toBe(200);
    await only.send('DELETE', '/step-up/flow');
    tenant.clock.advance(1_000);
    expect((await start(only)).status).toBe(201);
  });

  it('do not count refused starts', async () => {
    const { browser } = createScene({ flowsPerSession: 1 });
    const first = browser('s');
    await start(first);
    const second = browser('s');
    for (let i = 0; i < 10; i += 1) expect((await start(second)).status).toBe(429);
    await first.send('DELETE', '/step-up/flow');

    expect((await start(second)).status).toBe(201);
  });

  it('keep their slots when they begin again', async () => {
    const { tenant, browser } = createScene({ flowsPerSession: 2 }, undefined, { enroll: 'refuse' });
    const flows = [browser('s'), browser('s')];
    for (const flow of flows) {
      await start(flow);
      // The user has no factor, and may not add one.
      await flow.event({ type: 'password.submit', password: 'correct-horse' });
    }
    tenant.clock.advance(FLOW_TTL_MS - 1_000);
    for (const flow of flows) {
      expect(await flow.event({ type: 'flow.retry' })).toMatchObject({ state: 'authenticating' });
    }
    tenant.clock.advance(2_000);

    expect((await start(browser('s'))).body).toMatchObject({ error: 'too_many_flows' });
    tenant.clock.advance(FLOW_TTL_MS - 2_000);
    expect((await start(browser('s'))).status).toBe(201);
  });

  it('keep their slots when they go back to the start', async () => {
    const { tenant, browser } = createScene({ flowsPerSession: 1 }, undefined, {
      firstLeg: { refreshToken: () => refreshToken, password: { username: () => tenant.ada.username } },
    });
    const refreshToken = await tenant.signIn();
    const flow = browser('s');
    await start(flow);
    tenant.clock.advance(FLOW_TTL_MS - 1_000);

    // Still at the question for the password, from which the flow has all of its time again.
    expect(await flow.event({ type: 'enrollment.begin', factor: 'otp' })).toMatchObject({
      state: 'authenticating',
    });
    tenant.clock.advance(2_000);

    expect((await start(browser('s'))).body).toMatchObject({ error: 'too_many_flows' });
  });

  it('keep their slots when they are kept from beginning again', async () => {
    let outage: 'none' | 'after the next place' | 'now' = 'none';
    const { tenant, browser } = createScene(
      { flowsPerSession: 1 },
      (store) => ({
        ...store,
        async write(key, ...rest) {
          const isWritten = await store.write(key, ...rest);
          if (outage === 'after the next place' && key.includes(':subject:')) outage = 'now';
          return isWritten;
        },
        read: (key) =>
          outage === 'now' && isRecordKey(key) ? Promise.reject(new Error('gone')) : store.read(key),
      }),
      { enroll: 'refuse' },
    );
    const flow = browser('s');
    await start(flow);
    const { version } = await flow.event({ type: 'password.submit', password: 'correct-horse' });
    tenant.clock.advance(30_000);
    outage = 'after the next place';
    const headers = { 'if-match': `"${version}"` };
    const refused = await flow.send('POST', '/step-up/flow/events', {
      headers,
      body: { type: 'flow.retry' },
    });
    expect(refused.status).toBe(503);
    outage = 'none';
    tenant.clock.advance(11_000);

    expect((await start(browser('s'))).body).toMatchObject({ error: 'too_many_flows' });
    expect((await flow.view()).state).toBe('failed');
  });

  it('free a slot at once when one is cancelled that has just begun to add a factor', async () => {
    const { tenant, browser } = createScene({ flowsPerSession: 1 }, undefined, {
      enroll: 'session',
      firstLeg: { refreshToken: () => refreshToken },
    });
    const refreshToken = await tenant.signIn();
    const flow = browser('s');
    await start(flow);
    tenant.clock.advance(15_000);
    expect(await flow.event({ type: 'enrollment.begin', factor: 'otp' })).toMatchObject({
      state: 'prompting',
    });
    await flow.send('DELETE', '/step-up/flow');

    expect((await start(browser('s'))).status).toBe(201);
  });

  it('keep their approvals for the full time after they began again, whatever else starts', async () => {
    const { tenant, browser } = createScene({}, undefined, { enroll: 'refuse' }, { maxAge: '1h' });
    const flow = browser('s');
    await start(flow);
    await flow.event({ type: 'password.submit', password: 'correct-horse' });
    tenant.clock.advance(FLOW_TTL_MS - 1_000);
    await tenant.enrolPush();
    await flow.event({ type: 'flow.retry' });
    tenant.clock.advance(FLOW_TTL_MS - 60_000);
    await flow.event({ type: 'password.submit', password: 'correct-horse' });
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    expect(await flow.view()).toMatchObject({ state: 'approved' });

    // Later than the first start alone would have kept them.
    tenant.clock.advance(3_300_000);
    await start(browser('s'));

    expect(await flow.isAllowed()).toBe(true);
  });

  it('of a stolen session leave the owner a slot after signing in again', async () => {
    const { browser } = createScene({ flowsPerSession: 50, flowsPerSubject: 3 });
    const attacker = [browser('stolen'), browser('stolen'), browser('stolen'), browser('stolen')];
    const statuses: number[] = [];
    for (const each of attacker) statuses.push((await start(each)).status);

    const owner = await start(browser('own'));

    expect(statuses).toEqual([201, 201, 429, 429]);
    expect(owner.status).toBe(201);
    expect((await start(browser('another'))).body).toMatchObject({ error: 'too_many_flows' });
  });

  it('stay within the limit of a subject, even if all its sessions start at once', async () => {
    const { browser } = createScene({ flowsPerSubject: 3 });
    const sessions = ['a', 'b', 'c', 'd', 'e', 'f'].map(browser);

    const answers = await Promise.all(sessions.map(start));
    const statuses = answers.map(({ status }) => status);

    expect(statuses.filter((status) => status === 201)).toHaveLength(3);
    expect(statuses.filter((status) => status === 429)).toHaveLength(3);
  });

  it('do not count for long if a process died before they existed', async () => {
    let isDead = false;
    const { tenant, browser } = createScene({ flowsPerSession: 1 }, (store) => ({
      ...store,
      write: (key, ...rest) =>
        isDead && isRecordKey(key) ? Promise.reject(new Error('gone')) : store.write(key, ...rest),
    }));
    const unlucky = browser('s');
    const requirement = await unlucky.requirement();
    isDead = true;
    expect((await unlucky.send('POST', '/step-up/flow', { body: { requirement } })).status).toBe(503);
    isDead = false;
    const next = browser('s');

    expect((await start(next)).status).toBe(429);
    tenant.clock.advance(10_000);
    expect((await start(next)).status).toBe(201);
  });
});
