import { createTestTenant, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import {
  createGateClient,
  createTestGate,
  type GateAnswer,
  type GateClient,
} from '../support/gate-client.ts';

describe('starts', () => {
  it('do not count when another flow is under way, or when they join one', async () => {
    const tenant = createTestTenant();
    const gate = createTestGate(tenant, {
      limits: { starts: { perSession: { count: 2, windowMs: 60_000 } } },
    });
    const identity = { subject: tenant.ada.subject, sessionId: 's' };
    const client = createGateClient({ gate, identity });
    const other = createGateClient({ gate, identity, policy: { action: { id: 'close' } } });
    const start = async (by: typeof client): Promise<number> => {
      const requirement = await by.requirement();
      return (await by.send('POST', '/step-up/flow', { body: { requirement } })).status;
    };

    const statuses = [await start(client)];
    for (let i = 0; i < 5; i += 1) statuses.push(await start(other), await start(client));
    await client.send('DELETE', '/step-up/flow');
    statuses.push(await start(other));
    await client.send('DELETE', '/step-up/flow');
    statuses.push(await start(client));

    expect(statuses.slice(0, 1)).toEqual([201]);
    expect(statuses.slice(1, 11)).toEqual([409, 200, 409, 200, 409, 200, 409, 200, 409, 200]);
    expect(statuses.slice(11)).toEqual([201, 429]);
  });
});

describe('an action that does the same as a start', () => {
  const COUNT = 4;

  async function clientOf(enroll: 'session' | 'refuse'): Promise<{
    readonly tenant: TestTenant;
    readonly client: GateClient;
    readonly requests: () => number;
    readonly post: (event: Record<string, unknown>) => Promise<GateAnswer>;
  }> {
    const tenant = createTestTenant();
    const refreshToken = await tenant.signIn();
    const gate = createTestGate(tenant, {
      enroll,
      firstLeg: { refreshToken: () => refreshToken },
      limits: { starts: { perSession: { count: COUNT, windowMs: 60_000 } } },
    });
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
    return {
      tenant,
      client,
      requests: () => tenant.exchanges.length,
      async post(event) {
        const { version } = await client.view();
        const headers = { 'if-match': `"${version}"` };
        return client.send('POST', '/step-up/flow/events', { headers, body: event });
      },
    };
  }

  it('counts as one when it is a retry: beyond the limit it asks the tenant nothing and changes nothing', async () => {
    const { tenant, client, requests, post } = await clientOf('refuse');
    expect(await client.start()).toMatchObject({ state: 'failed', reason: 'enrollment_refused' });
    tenant.clock.advance(1_000);
    for (let retry = 1; retry < COUNT; retry += 1) {
      expect((await post({ type: 'flow.retry' })).status).toBe(200);
    }
    const before = { view: await client.view(), requests: requests() };

    const refused = await post({ type: 'flow.retry' });

    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('59');
    expect(refused.body).toMatchObject({ error: 'rate_limited', retry_after_ms: 59_000 });
    expect({ view: await client.view(), requests: requests() }).toEqual(before);
    tenant.clock.advance(59_000);
    expect((await post({ type: 'flow.retry' })).status).toBe(200);
  });

  it('counts as one when it adds a factor without a message', async () => {
    const { client, requests, post } = await clientOf('session');
    expect(await client.start()).toMatchObject({ state: 'confirming' });
    for (let begun = 1; begun < COUNT; begun += 1) {
      expect((await post({ type: 'enrollment.begin', factor: 'otp' })).status).toBe(200);
    }
    const before = { view: await client.view(), requests: requests() };

    const refused = await post({ type: 'enrollment.begin', factor: 'push' });

    expect(refused.body).toMatchObject({ error: 'rate_limited' });
    expect({ view: await client.view(), requests: requests() }).toEqual(before);
  });

  it('does not count when the flow does not accept it', async () => {
    const { client, post } = await clientOf('refuse');
    await client.start();
    await client.send('DELETE', '/step-up/flow');
    for (let retry = 0; retry < COUNT; retry += 1) {
      expect((await post({ type: 'flow.retry' })).body).toMatchObject({ error: 'event_not_allowed' });
    }

    expect(await client.start()).toMatchObject({ state: 'failed' });
  });
});

describe('a limit that is reached', () => {
  async function clientOf(tenant: TestTenant): Promise<GateClient> {
    const refreshToken = await tenant.signIn();
    const gate = createTestGate(tenant, { firstLeg: { refreshToken: () => refreshToken } });
    return createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
  }

  it('shows in the view of the push that is not sent, with the time to wait', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const client = await clientOf(tenant);
    await client.start();
    const startedAt = tenant.clock.now();
    for (let resend = 0; resend < 3; resend += 1) {
      tenant.clock.advance(20_000);
      await client.event({ type: 'challenge.resend' });
    }

    const view = await client.view();
    expect(view).toMatchObject({
      state: 'failed',
      reason: 'rate_limited',
      retryAllowedAt: startedAt + 300_000,
    });
    expect(view.messageAllowedAt).toEqual({ [view.authenticators[0]?.id ?? '']: startedAt + 300_000 });
    expect(tenant.challenges()).toBe(3);
    tenant.clock.advance(startedAt + 300_000 - tenant.clock.now());
    expect(await client.event({ type: 'challenge.resend' })).toMatchObject({ state: 'polling' });
  });

  it('shows in the view of a push that is not sent after many were denied or cancelled, while other ways stay open', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const client = await clientOf(tenant);
    const startedAt = tenant.clock.now();
    for (let push = 0; push < 5; push += 1) {
      await client.start();
      tenant.phone.deny();
      // Whether its denial is heard of or not.
      if (push % 2 === 0) tenant.clock.advance(POLL_MS);
      if (push % 2 === 0) expect(await client.view()).toMatchObject({ state: 'rejected' });
      await client.send('DELETE', '/step-up/flow');
      // The limit of messages is another one.
      tenant.clock.advance(300_000);
    }

    const view = await client.start();

    const allowedAt = startedAt + 3_600_000;
    expect(view).toMatchObject({ state: 'failed', reason: 'too_many_attempts', retryAllowedAt: allowedAt });
    expect(tenant.challenges()).toBe(5);
    const app = view.authenticators.find(({ factor }) => factor === 'otp');
    expect(await client.event({ type: 'factor.choose', authenticatorId: app?.id })).toMatchObject({
      state: 'prompting',
    });
    tenant.clock.advance(allowedAt - tenant.clock.now());
    expect(await client.start()).toMatchObject({ state: 'polling' });
  });

  it('ignores pushes that are approved, or that a code has replaced', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const client = await clientOf(tenant);
    for (let push = 0; push < 8; push += 1) {
      const { authenticators } = await client.start();
      if (push % 2 === 0) tenant.phone.approve();
      else {
        const app = authenticators.find(({ factor }) => factor === 'otp');
        await client.event({ type: 'factor.choose', authenticatorId: app?.id });
        await client.event({ type: 'code.submit', code: tenant.phone.codes()[0]?.code });
      }
      tenant.clock.advance(POLL_MS);
      expect(await client.view()).toMatchObject({ state: 'approved' });
      tenant.clock.advance(360_000);
    }

    expect(tenant.challenges()).toBe(8);
  });

  it('shows in the view of the code that is not tried, with the time to wait', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const client = await clientOf(tenant);
    const { authenticators } = await client.start();
    const app = authenticators.find(({ factor }) => factor === 'otp');
    await client.event({ type: 'factor.choose', authenticatorId: app?.id });
    const startedAt = tenant.clock.now();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(await client.event({ type: 'code.submit', code: '000000' })).toMatchObject({
        reason: 'code_refused',
      });
    }

    const view = await client.event({ type: 'code.submit', code: '000000' });
    // The session's limit holds for longer than the flow's.
    expect(view).toMatchObject({ reason: 'too_many_attempts', retryAllowedAt: startedAt + 3_600_000 });
    expect(tenant.exchanges.filter(({ sent }) => sent.includes('mfa-otp'))).toHaveLength(5);
  });
});

describe('the list of sign-in devices', () => {
  it('has a limit on requests to the tenant, for one approval to see it', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const refreshToken = await tenant.signIn();
    const gate = createTestGate(tenant, {
      firstLeg: { refreshToken: () => refreshToken },
      limits: { lists: { perSession: { count: 3, windowMs: 60_000 } } },
    });
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
    const list = (): Promise<GateAnswer> => client.send('GET', '/step-up/authenticators');
    const { step_up } = (await list()).body as { step_up: { requirement: string } };
    await client.send('POST', '/step-up/flow', { body: { requirement: step_up.requirement } });
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    await client.view();

    const statuses = [];
    for (let look = 0; look < 3; look += 1) statuses.push((await list()).status);
    const before = tenant.exchanges.length;
    const refused = await list();
    const removal = await client.send('DELETE', '/step-up/authenticators/push%7Cother');

    expect(statuses).toEqual([200, 200, 200]);
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({ error: 'rate_limited', retry_after_ms: 60_000 });
    // Of what is to be removed it is asked for the words alone.
    expect(removal.status).toBe(401);
    expect(tenant.exchanges.length).toBe(before);
    tenant.clock.advance(60_000);
    expect((await list()).status).toBe(200);
  });
});
