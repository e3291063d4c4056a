import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { StepUpError } from '@stepgate/core';
import { createTestTenant, PASSWORD, POLL_MS, RECOVERY_CODE, type TestTenant } from 'suites/test-tenant.ts';
import { afterEach, describe, expect, it } from 'vitest';
import {
  AUDIT_CHANNEL,
  AUDIT_EVENT_TYPES,
  type AuditEvent,
  createMemoryStore,
  type Gate,
  type Policy,
  type StepUp,
  type Store,
} from '../../src/index.ts';
import { auditTable } from '../support/audit-table.ts';
import {
  createGateClient,
  createTestGate,
  type GateClient,
  type TestGateOptions,
  type TestNative,
} from '../support/gate-client.ts';

interface Scene {
  readonly tenant: TestTenant;
  readonly gate: Gate<TestNative>;
  readonly client: GateClient;
  readonly events: AuditEvent[];
  readonly errors: unknown[];
  /** The types heard since the last call. */
  readonly news: () => readonly string[];
}

const DOCUMENTED = new Map(
  auditTable('../../src/events/audit-event.ts').map((row) => [row.type, row.members]),
);
const ENVELOPE = ['type', 'version', 'at', 'subject', 'session', 'ip'];
const SESSION_ID = 'the session of this login';

const heard: AuditEvent[] = [];

/** Whatever a test has heard must be as the table says. */
afterEach(() => {
  for (const event of heard.splice(0)) {
    const members = DOCUMENTED.get(event.type) ?? [];
    const told = Object.keys(event).filter((name) => !ENVELOPE.includes(name));
    const needed = members.filter(({ isOptional }) => !isOptional).map(({ name }) => name);
    expect({ event, needed: needed.filter((name) => !told.includes(name)) }).toEqual({ event, needed: [] });
    expect(members.map(({ name }) => name)).toEqual(expect.arrayContaining(told));
    expect(event).toMatchObject({ version: 1, at: expect.any(Number), subject: expect.any(String) });
    expect(Object.isFrozen(event)).toBe(true);
    expect(event).toEqual(JSON.parse(JSON.stringify(event)));
  }
});

async function scene(
  options: TestGateOptions & {
    readonly policy?: Policy;
    readonly hasPhone?: boolean;
    readonly ip?: string;
  } = {},
): Promise<Scene> {
  const { policy, hasPhone = true, ip = '192.0.2.7', ...gateOptions } = options;
  const tenant = createTestTenant();
  if (hasPhone) await tenant.enrolPush();
  const events: AuditEvent[] = [];
  const errors: unknown[] = [];
  let refreshToken = await tenant.signIn();
  let told = 0;
  const gate = createTestGate(tenant, {
    store: createMemoryStore({ now: () => tenant.clock.now() }),
    firstLeg: {
      refreshToken: () => refreshToken,
      saveRefreshToken: (_, rotated) => {
        refreshToken = rotated;
      },
      password: { username: () => tenant.ada.username },
    },
    onEvent: (event) => {
      heard.push(event);
      events.push(event);
    },
    onError: (error) => errors.push(error),
    ...gateOptions,
  });
  const client = createGateClient({
    gate,
    identity: { subject: tenant.ada.subject, sessionId: SESSION_ID, ip },
    ...(policy && { policy }),
  });
  return {
    tenant,
    gate,
    client,
    events,
    errors,
    news() {
      const fresh = events.slice(told).map(({ type }) => type);
      told = events.length;
      return fresh;
    },
  };
}

async function approve({ tenant, client }: Scene): Promise<void> {
  await client.start();
  tenant.phone.approve();
  tenant.clock.advance(POLL_MS);
  await client.view();
}

async function use(client: GateClient): Promise<StepUp> {
  const decision = await client.decide();
  if (!decision.isAllowed || decision.stepUp === undefined) throw new Error('there is no approval');
  return decision.stepUp;
}

describe('the tables of audit events', () => {
  it('are the same in the docs as in the source, and name every type', () => {
    const documented = auditTable('../../src/events/audit-event.ts');
    const told = auditTable('../../../../docs/reference/audit-events.md');

    expect(documented.map(({ type }) => type)).toEqual([...AUDIT_EVENT_TYPES]);
    expect(told.map(({ text }) => text)).toEqual(documented.map(({ text }) => text));
  });
});

describe('audit events', () => {
  it('record a flow from the refused request to the use of its approval', async () => {
    const there = await scene({ policy: { maxAge: 0, action: { id: 'transfer-1' } } });
    const { client, events, news } = there;

    await approve(there);
    const stepUp = await use(client);
    await stepUp.release();
    await use(client);

    expect(news()).toEqual([
      'guard.denied',
      'flow.started',
      'push.sent',
      'approval.granted',
      'flow.ended',
      'approval.used',
      'approval.released',
      'approval.used',
    ]);
    expect(events[0]).toMatchObject({ action: 'transfer-1', method: 'POST', path: '/transfers' });
    expect(events[3]).toMatchObject({
      approval: stepUp.approval.id,
      factor: 'push',
      authenticatorId: stepUp.approval.authenticatorId,
      action: 'transfer-1',
      singleUse: true,
      enrolledInFlow: false,
    });
    expect(events[4]).toMatchObject({ end: 'approved', afterMs: POLL_MS });
    expect(events[5]).toMatchObject({ approval: stepUp.approval.id, path: '/transfers' });
    expect(new Set(events.map(({ session }) => session)).size).toBe(1);
    expect(new Set(events.map(({ ip }) => ip))).toEqual(new Set(['192.0.2.7']));
    const flows = events.flatMap((event) => ('flow' in event ? [event.flow] : []));
    expect(flows).toHaveLength(4);
    expect(new Set(flows).size).toBe(1);
  });

  it('record every request that a reusable approval lets through', async () => {
    const there = await scene();
    const { client, news } = there;
    await approve(there);
    news();

    await use(client);
    await use(client);

    expect(news()).toEqual(['approval.used', 'approval.used']);
  });

  it('record a denied push, which also calls its own hook, and a user who goes on', async () => {
    const denied: unknown[] = [];
    const { client, tenant, events, news } = await scene({
      onPushRejected: ({ identity }, event) => {
        denied.push([identity.sessionId, event.type, event.flow]);
      },
    });
    await client.start();
    news();

    tenant.phone.deny();
    tenant.clock.advance(POLL_MS);
    await Promise.all([client.view(), client.view(), client.view()]);

    expect(news()).toEqual(['push.rejected', 'flow.ended']);
    const rejected = events.find(({ type }) => type === 'push.rejected');
    expect(denied).toEqual([[SESSION_ID, 'push.rejected', (rejected as { flow: string }).flow]]);
    expect(events.at(-1)).toMatchObject({ end: 'rejected', reason: 'rejected' });

    tenant.clock.advance(60_000);
    await client.event({ type: 'flow.retry' });
    await client.send('DELETE', '/step-up/flow');
    expect(news()).toEqual(['flow.resumed', 'push.sent', 'flow.ended']);
  });

  it('record a wrong password, and the first phone with its approval', async () => {
    const { client, tenant, events, news } = await scene({ hasPhone: false });
    await client.start();

    await client.event({ type: 'password.submit', password: `${PASSWORD} but wrong` });
    await client.event({ type: 'password.submit', password: PASSWORD });
    tenant.phone.scan();
    tenant.clock.advance(POLL_MS);
    await client.view();
    await client.event({ type: 'codes.acknowledge' });

    expect(news()).toEqual([
      'guard.denied',
      'flow.started',
      'password.refused',
      'authenticator.enrolled',
      'approval.granted',
      'flow.ended',
    ]);
    expect(events.at(-2)).toMatchObject({ enrolledInFlow: true });
  });

  it('record a wrong code, and a used recovery code', async () => {
    const { client, events, news } = await scene({ policy: { factors: ['otp', 'recovery-code'] } });
    const { authenticators } = await client.start();
    const idOf = (factor: string): string | undefined =>
      authenticators.find((one) => one.factor === factor)?.id;
    news();

    await client.event({ type: 'factor.choose', authenticatorId: idOf('otp') });
    await client.event({ type: 'code.submit', code: '000000' });
    expect(news()).toEqual(['code.refused']);
    expect(events.at(-1)).toMatchObject({ factor: 'otp', authenticatorId: idOf('otp') });

    await client.event({ type: 'factor.choose', authenticatorId: idOf('recovery-code') });
    await client.event({ type: 'code.submit', code: RECOVERY_CODE });
    await client.event({ type: 'codes.acknowledge' });
    expect(news()).toEqual(['recovery_code.used', 'approval.granted', 'flow.ended']);
  });

  it('record messages, to a new number and to a known one', async () => {
    const { client, tenant, events, news } = await scene({
      hasPhone: false,
      enroll: 'session',
      policy: { factors: ['sms'], maxAge: 0 },
    });
    const typeCode = (): Promise<unknown> =>
      client.event({ type: 'code.submit', code: tenant.phone.messages().at(-1)?.code });
    await client.start();
    news();

    await client.event({ type: 'enrollment.begin', factor: 'sms', phoneNumber: '+15551234567' });
    await typeCode();
    await client.event({ type: 'codes.acknowledge' });
    expect(news()).toEqual(['message.sent', 'authenticator.enrolled', 'approval.granted', 'flow.ended']);

    await use(client);
    tenant.clock.advance(60_000);
    const { authenticators } = await client.start();
    const [known] = authenticators;
    await client.event({ type: 'factor.choose', authenticatorId: known?.id });
    expect(events.at(-1)).toMatchObject({ type: 'message.sent', factor: 'sms', authenticatorId: known?.id });
    expect(JSON.stringify(events)).not.toContain('4567');
  });

  it('record a push that another browser wanted, and limits', async () => {
    const there = await scene({ limits: { starts: { perSession: { count: 1, windowMs: 60_000 } } } });
    const { client, gate, tenant, events, news } = there;
    const other = createGateClient({
      gate,
      identity: { subject: tenant.ada.subject, sessionId: 'another' },
      handle: 'o'.repeat(43),
    });
    await client.start();
    news();

    await other.start();
    expect(news()).toEqual(['guard.denied', 'flow.started', 'push.contested', 'flow.ended']);
    expect(events.at(-1)).not.toHaveProperty('ip');
    await other.send('DELETE', '/step-up/flow');
    expect(news()).toEqual([]);

    await client.send('DELETE', '/step-up/flow');
    news();
    await client.start();
    expect(news()).toEqual(['guard.denied', 'limit.reached']);
    expect(events.at(-1)).toMatchObject({ limit: 'starts', retryAfterMs: 60_000 });
  });

  it('record a push that may or may not have gone out', async () => {
    const { client, tenant, news } = await scene();
    tenant.emulator.faults.add({ drop: 'after', match: { path: '/mfa/challenge' } });

    await client.start();

    expect(news()).toEqual(['guard.denied', 'flow.started', 'delivery.unknown', 'flow.ended']);
  });

  it.each([
    ['subject_mismatch', 'subject.mismatch'],
    ['identity_refused', 'identity.refused'],
  ] as const)('record %s', async (code, type) => {
    const there = await scene({
      testing: {
        identityCheck: {
          prepare: async () => {},
          check: async () => {
            throw new StepUpError(code, 'refused');
          },
        },
      },
    });

    await approve(there);

    expect(there.news().slice(-2)).toEqual([type, 'flow.ended']);
    expect(there.events.at(-1)).toMatchObject({ end: 'failed', reason: code });
  });

  it('record each removed device', async () => {
    const there = await scene();
    const { client, tenant, events } = there;
    const approved = async (method: string, path: string): Promise<void> => {
      const refused = await client.send(method, path);
      await client.send('POST', '/step-up/flow', { body: refused.body.step_up });
      tenant.phone.approve();
      tenant.clock.advance(POLL_MS);
      await client.view();
      tenant.clock.advance(60_000);
      await client.send(method, path);
    };
    await approve(there);
    const { authenticatorId = '' } = (await use(client)).approval;
    tenant.clock.advance(60_000);

    await approved('DELETE', `/step-up/authenticators/${encodeURIComponent(authenticatorId)}`);

    const removed = events.filter(({ type }) => type === 'authenticator.removed');
    expect(removed).toContainEqual(expect.objectContaining({ factor: 'push', authenticatorId }));
    expect(removed.length).toBeGreaterThan(1);
  });

  it('record a revocation, of one login or of all', async () => {
    const there = await scene();
    const { gate, tenant, events, news } = there;
    await approve(there);
    news();

    await gate.revokeSubject(tenant.ada.subject);

    expect(news()).toEqual(['approval.revoked']);
    expect(events.at(-1)).toEqual({
      type: 'approval.revoked',
      scope: 'subject',
      version: 1,
      at: tenant.clock.now(),
      subject: tenant.ada.subject,
    });
  });

  it('hold neither the session id nor the handle, and no query of a path', async () => {
    const there = await scene();
    await approve(there);
    await there.client.decide('/transfers?token=in-the-query');

    const text = JSON.stringify(there.events);

    expect(text).not.toContain(SESSION_ID);
    expect(text).not.toContain(there.client.handle);
    expect(text).not.toContain('in-the-query');
    expect(there.events.at(-1)).toMatchObject({ type: 'approval.used', path: '/transfers' });
  });

  it('are published once by two processes that read the same', async () => {
    const there = await scene();
    const { client, tenant, events } = there;
    const store = createMemoryStore({ now: () => tenant.clock.now() });
    const refreshToken = await tenant.signIn();
    const options = {
      store,
      firstLeg: { refreshToken: () => refreshToken },
      onEvent: (event: AuditEvent) => void events.push(event),
    };
    const here = client.at(createTestGate(tenant, options));
    const second = client.at(createTestGate(tenant, options));
    await here.start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    events.length = 0;

    await Promise.all([here, second, here, second].map((one) => one.view()));

    expect(events.map(({ type }) => type)).toEqual(['approval.granted', 'flow.ended']);
  });

  it('are published once when the store has written and its answer was lost', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const refreshToken = await tenant.signIn();
    const memory = createMemoryStore({ now: () => tenant.clock.now() });
    const told: string[] = [];
    let losesAnswer = false;
    const gate = createTestGate(tenant, {
      store: {
        ...memory,
        async write(key, value, options) {
          const version = await memory.write(key, value, options);
          if (!losesAnswer || !JSON.stringify(value).includes('rejected')) return version;
          losesAnswer = false;
          throw new Error('the connection is gone');
        },
      },
      firstLeg: { refreshToken: () => refreshToken },
      onEvent: ({ type }) => told.push(type),
    });
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
    await client.start();
    tenant.phone.deny();
    losesAnswer = true;
    tenant.clock.advance(POLL_MS);
    told.length = 0;

    const view = client.view();
    while (losesAnswer) await new Promise(setImmediate);
    for (let wait = 0; wait < 20; wait += 1) {
      await new Promise(setImmediate);
      tenant.clock.advance(100);
    }
    await view;

    expect(losesAnswer).toBe(false);
    expect(told).toEqual(['push.rejected', 'flow.ended']);
  });

  it('record an approval whose commit the store did not confirm, and which was used before that', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const refreshToken = await tenant.signIn();
    const memory = createMemoryStore({ now: () => tenant.clock.now() });
    const told: string[] = [];
    let isLost = false;
    const options: TestGateOptions = {
      firstLeg: { refreshToken: () => refreshToken },
      onEvent: ({ type }) => told.push(type),
    };
    const identity = { subject: tenant.ada.subject, sessionId: 's' };
    const policy = { maxAge: 0 };
    const elsewhere = createGateClient({
      gate: createTestGate(tenant, { ...options, store: memory }),
      identity,
      policy,
    });
    const store: Store = {
      ...memory,
      async write(key, value, rest) {
        const version = await memory.write(key, value, rest);
        if (isLost || !JSON.stringify(value).includes('\\"value\\":\\"approved\\"')) return version;
        isLost = true;
        await elsewhere.decide();
        throw new Error('the connection is gone');
      },
    };
    const client = elsewhere.at(createTestGate(tenant, { ...options, store }));
    await client.start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    told.length = 0;

    const view = client.view();
    while (!isLost) await new Promise(setImmediate);
    for (let wait = 0; wait < 20; wait += 1) {
      await new Promise(setImmediate);
      tenant.clock.advance(100);
    }
    await view;

    expect(told).toEqual(['approval.used', 'approval.granted', 'flow.ended']);
  });

  it.each(['throws', 'rejects'])('continue when a listener %s', async (how) => {
    const { client, errors } = await scene({
      onEvent: () => {
        if (how === 'throws') throw new Error('the audit trail is away');
        return Promise.reject(new Error('the audit trail is away'));
      },
    });

    expect(await client.start()).toMatchObject({ state: 'polling' });
    expect(errors).toHaveLength(3);
    expect(errors[0]).toMatchObject({ message: 'the audit trail is away' });
  });

  it('also go to a diagnostics channel', async () => {
    const { client, events } = await scene();
    const published: unknown[] = [];
    const listener = (message: unknown): number => published.push(message);
    subscribe(AUDIT_CHANNEL, listener);

    await client.start();
    unsubscribe(AUDIT_CHANNEL, listener);

    expect(published).toEqual(events);
    expect(published).toHaveLength(3);
  });
});
