import type { FlowView } from '@stepgate/core';
import { createTestTenant, POLL_MS, providerOf, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/index.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import { createGateClient, createTestGate, type GateClient } from '../support/gate-client.ts';

/** A tenant that acts at once and answers late: each answer waits until the test lets it go, or the gate hangs up. */
interface Slow {
  /** Resolves when the tenant has acted on a request to this path and its answer is held back. */
  held(path: string): Promise<void>;
  /** Answers again at once. */
  answer(): void;
}

interface Scene {
  readonly tenant: TestTenant;
  readonly events: AuditEvent[];
  readonly slow: Slow;
  readonly browser: (sessionId: string, options?: { readonly handle?: string }) => GateClient;
}

async function createScene(firstLeg: 'refresh-token' | 'password' = 'refresh-token'): Promise<Scene> {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const refreshToken = await tenant.signIn();
  const events: AuditEvent[] = [];
  const slow = slowFetch(tenant);
  const gate = createTestGate(tenant, {
    provider: providerOf({ ...tenant.auth0, fetch: slow.fetch }),
    store: createMemoryStore({ now: () => tenant.clock.now() }),
    firstLeg:
      firstLeg === 'password'
        ? { password: { username: () => tenant.ada.username } }
        : { refreshToken: () => refreshToken },
    onEvent: (event) => events.push(event),
  });
  return {
    tenant,
    events,
    slow,
    browser: (sessionId, { handle = 'h'.repeat(43) } = {}) =>
      createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId }, handle }),
  };
}

function slowFetch(tenant: TestTenant): Slow & { readonly fetch: typeof fetch } {
  let heldPath: string | undefined;
  let onHeld = (): void => {};
  return {
    async fetch(input, init) {
      const request = new Request(input, init);
      const response = await tenant.auth0.fetch?.(request.clone());
      if (response === undefined) throw new Error('the tenant of these tests has a fetch');
      if (new URL(request.url).pathname !== heldPath) return response;
      return new Promise((_resolve, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason));
        onHeld();
      });
    },
    held(path) {
      heldPath = path;
      return new Promise((resolve) => {
        onHeld = resolve;
      });
    },
    answer() {
      heldPath = undefined;
    },
  };
}

/** Sends a request, cancels the flow as soon as the tenant has acted on it, and waits for both. */
async function cancelled(scene: Scene, client: GateClient, path: string, work: () => Promise<unknown>) {
  const held = scene.slow.held(path);
  const working = work();
  await Promise.race([held, working]);
  await client.send('DELETE', '/step-up/flow');
  await working;
  scene.slow.answer();
}

const typesOf = (events: readonly AuditEvent[]): readonly string[] => events.map(({ type }) => type);

describe('an effect that is cancelled while the tenant acts on it', () => {
  it('counts as a push: the phone rings five times an hour, whatever is cancelled', async () => {
    const scene = await createScene();
    const { tenant, events } = scene;
    for (let minute = 0; minute < 60; minute += 1) {
      const client = scene.browser('stolen');
      await cancelled(scene, client, '/mfa/challenge', () => client.start());
      tenant.clock.advance(60_000);
    }
    expect(tenant.challenges()).toBe(5);
    expect(typesOf(events)).toContain('limit.reached');
    expect(events.filter(({ type }) => type === 'delivery.unknown')).toHaveLength(5);
  });

  it('counts as a code: the tenant judges five an hour', async () => {
    const scene = await createScene();
    const { tenant, events } = scene;
    const judged = (): number => tenant.exchanges.filter(({ sent }) => sent.includes('mfa-otp')).length;
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const client = scene.browser('stolen', { handle: `${attempt % 10}`.repeat(43) });
      const { authenticators } = await client.start();
      const app = authenticators.find(({ factor }) => factor === 'otp');
      await client.event({ type: 'factor.choose', authenticatorId: app?.id });
      await cancelled(scene, client, '/oauth/token', () =>
        client.event({ type: 'code.submit', code: '000000' }),
      );
      tenant.clock.advance(75_000);
    }
    expect(judged()).toBe(5);
    expect(events).toContainEqual(expect.objectContaining({ type: 'attempt.unanswered', attempt: 'code' }));
  });

  it('counts as a password: the tenant judges five per quarter of an hour', async () => {
    const scene = await createScene('password');
    const { tenant, events } = scene;
    const judged = (): number =>
      tenant.exchanges.filter(({ sent }) => sent.includes('password=wrong')).length;
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const client = scene.browser('stolen');
      await client.start();
      await cancelled(scene, client, '/oauth/token', () =>
        client.event({ type: 'password.submit', password: 'wrong' }),
      );
      tenant.clock.advance(70_000);
    }
    expect(judged()).toBe(5);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'attempt.unanswered', attempt: 'password' }),
    );
  });

  it('does not count when the tenant says that it did nothing', async () => {
    const { tenant, browser } = await createScene();
    const client = browser('own');
    for (let attempt = 0; attempt < 7; attempt += 1) {
      tenant.emulator.faults.add({
        match: { path: '/mfa/challenge' },
        respond: { status: 429, body: { error: 'too_many_pn' } },
      });
      expect(await client.start()).toMatchObject({ state: 'failed', reason: 'rate_limited' });
      await client.send('DELETE', '/step-up/flow');
      tenant.clock.advance(300_000);
    }
    expect(await client.start()).toMatchObject({ state: 'polling' });
  });
});

describe('an approval', () => {
  /** Pushes of a stolen session that nobody answers, until none goes out any more. */
  async function ring(scene: Scene, client: GateClient, times: number): Promise<void> {
    for (let push = 0; push < times; push += 1) {
      await client.start();
      await client.send('DELETE', '/step-up/flow');
      scene.tenant.clock.advance(300_000);
    }
  }

  async function approveByCode(tenant: TestTenant, client: GateClient): Promise<FlowView> {
    const { authenticators } = await client.start();
    const app = authenticators.find(({ factor }) => factor === 'otp');
    await client.event({ type: 'factor.choose', authenticatorId: app?.id });
    return client.event({ type: 'code.submit', code: tenant.phone.codes().at(-1)?.code });
  }

  it('restores the pushes of its own flow only, not those of another in the same session', async () => {
    const scene = await createScene();
    const { tenant } = scene;
    await ring(scene, scene.browser('shared', { handle: 'a'.repeat(43) }), 4);
    const owner = scene.browser('shared', { handle: 'o'.repeat(43) });
    expect(await approveByCode(tenant, owner)).toMatchObject({ state: 'approved' });
    tenant.clock.advance(300_000);

    const rung = tenant.challenges();
    await ring(scene, scene.browser('shared', { handle: 'b'.repeat(43) }), 5);
    expect(tenant.challenges() - rung).toBe(1);
  });

  it('restores nothing until its user is known', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const credentials = { username: 'mallory', password: 'mallory-password' };
    const attacker = { ...credentials, subject: tenant.emulator.addUser(credentials).sub };
    await tenant.enrolPush(attacker);
    const refreshToken = await tenant.signIn();
    const gate = createTestGate(tenant, {
      store: createMemoryStore({ now: () => tenant.clock.now() }),
      firstLeg: { mfaToken: true, refreshToken: () => refreshToken },
    });
    const client = createGateClient({
      gate,
      identity: { subject: tenant.ada.subject, sessionId: 'stolen' },
    });
    let rung = 0;
    for (let round = 0; round < 12; round += 1) {
      // A push to the owner's phone, and then an approval by the attacker's own phone.
      const view = await client.start();
      if (view.state === 'polling') rung += 1;
      await client.send('DELETE', '/step-up/flow');
      tenant.clock.advance(150_000);
      const requirement = await client.requirement();
      const body = { requirement, mfa_token: await tenant.mfaToken(attacker) };
      await client.send('POST', '/step-up/flow', { body });
      if ((await client.view()).state === 'polling') tenant.emulator.phone('mallory').approve();
      tenant.clock.advance(POLL_MS);
      expect((await client.view()).state).not.toBe('approved');
      await client.send('DELETE', '/step-up/flow');
      tenant.clock.advance(150_000);
    }
    expect(rung).toBeLessThanOrEqual(5);
  });
});

describe('pushes to one device', () => {
  it('are 15 seconds apart, whichever flow sends them', async () => {
    const { tenant, browser } = await createScene();
    const client = browser('stolen');
    const views: FlowView[] = [];
    for (let start = 0; start < 3; start += 1) {
      views.push(await client.start());
      await client.send('DELETE', '/step-up/flow');
      tenant.clock.advance(30);
    }
    expect(tenant.challenges()).toBe(1);
    expect(views[1]).toMatchObject({ state: 'failed', reason: 'rate_limited' });
    tenant.clock.advance(15_000);
    expect(await client.start()).toMatchObject({ state: 'polling' });
  });
});

describe('a push whose browser is gone', () => {
  it('blocks no other browser once the phone has answered', async () => {
    const { tenant, events, browser } = await createScene();
    const gone = browser('gone', { handle: 'g'.repeat(43) });
    expect(await gone.start()).toMatchObject({ state: 'polling' });
    tenant.phone.deny();
    tenant.clock.advance(20_000);

    const other = browser('other', { handle: 'o'.repeat(43) });
    expect(await other.start()).toMatchObject({ state: 'polling' });
    expect(events).toContainEqual(expect.objectContaining({ type: 'push.rejected' }));
    expect(await gone.view()).toMatchObject({ state: 'rejected' });
  });

  it('frees a flow that waited for it, which can then try again at once', async () => {
    const { tenant, browser } = await createScene();
    const gone = browser('gone', { handle: 'g'.repeat(43) });
    const other = browser('other', { handle: 'o'.repeat(43) });
    await gone.start();
    tenant.clock.advance(15_000);
    expect(await other.start()).toMatchObject({ state: 'failed', reason: 'push_in_progress' });

    tenant.phone.deny();
    tenant.clock.advance(POLL_MS);
    const freed = await other.view();
    expect(freed.retryAllowedAt).toBeUndefined();
    expect(await other.event({ type: 'flow.retry' })).toMatchObject({ state: 'polling' });
  });

  it('blocks no other browser once its flow can do nothing with an answer any more', async () => {
    const { tenant, browser } = await createScene();
    const gone = browser('gone', { handle: 'g'.repeat(43) });
    await gone.start();
    tenant.clock.advance(200_000);
    // The phone shows this one for five minutes; the sign-in behind it ends with the first push.
    expect(await gone.event({ type: 'challenge.resend' })).toMatchObject({ state: 'polling' });
    tenant.clock.advance(110_000);

    expect(await browser('other', { handle: 'o'.repeat(43) }).start()).toMatchObject({ state: 'polling' });
    expect(await gone.view()).toMatchObject({ state: 'expired' });
    expect(tenant.challenges()).toBe(3);
  });

  it('approves only in its own browser, not in the waiting one', async () => {
    const { tenant, browser } = await createScene();
    const first = browser('first', { handle: 'f'.repeat(43) });
    const other = browser('other', { handle: 'o'.repeat(43) });
    await first.start();
    tenant.phone.approve();
    tenant.clock.advance(20_000);

    expect(await other.start()).toMatchObject({ state: 'polling' });
    expect(await other.isAllowed()).toBe(false);
    expect(await first.view()).toMatchObject({ state: 'approved' });
    expect(await first.isAllowed()).toBe(true);
  });

  it('is reported to the login that sent it, whichever request learns of the denial', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const refreshToken = await tenant.signIn();
    const told: string[] = [];
    const gate = createTestGate(tenant, {
      store: createMemoryStore({ now: () => tenant.clock.now() }),
      firstLeg: { refreshToken: () => refreshToken },
      onPushRejected: ({ identity }) => told.push(identity.sessionId),
    });
    const client = (sessionId: string): GateClient =>
      createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId } });
    await client('stolen').start();
    tenant.phone.deny();
    tenant.clock.advance(20_000);
    await client('own').start();
    expect(told).toEqual(['stolen']);
  });
});
