import { createTestTenant, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import {
  type AuditEvent,
  type AuditEventType,
  createMemoryStore,
  type Gate,
  type Store,
} from '../../src/index.ts';
import {
  createGateClient,
  createTestGate,
  type GateClient,
  type TestNative,
} from '../support/gate-client.ts';
import { slowStore } from '../support/slow-store.ts';

const BURST = 100;

interface Scene {
  readonly tenant: TestTenant;
  readonly store: Store;
  /** The same app in two processes. */
  readonly gates: readonly [Gate<TestNative>, Gate<TestNative>];
  /** How many audit events of a type the two have told. */
  readonly told: (type: AuditEventType) => number;
}

async function open(): Promise<Scene> {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const store = slowStore(createMemoryStore({ now: () => tenant.clock.now() }));
  const events: AuditEvent[] = [];
  const options = {
    store,
    firstLeg: { custom: async () => ({ mfaToken: await tenant.mfaToken() }) },
    onEvent: (event: AuditEvent) => events.push(event),
  };
  return {
    tenant,
    store,
    gates: [createTestGate(tenant, options), createTestGate(tenant, options)],
    told: (type) => events.filter((event) => event.type === type).length,
  };
}

/** A browser of the owner's, or of an attacker with her session. */
function browserOf({ tenant, gates: [gate] }: Scene, name: string, policy?: { maxAge: 0 }): GateClient {
  return createGateClient({
    gate,
    identity: { subject: tenant.ada.subject, sessionId: `login ${name}` },
    handle: name.padEnd(43, '-'),
    ...(policy && { policy }),
  });
}

/** So many at once, in both processes by turns. */
function burst<T>(
  { gates }: Scene,
  client: GateClient,
  one: (client: GateClient) => Promise<T>,
): Promise<T[]> {
  const [here, there] = [client, client.at(gates[1])];
  return Promise.all(Array.from({ length: BURST }, (_, n) => one(n % 2 === 0 ? here : there)));
}

/** How many codes the tenant was asked about. */
const triedCodes = ({ tenant }: Scene): number =>
  tenant.exchanges.filter(({ sent }) => sent.includes('mfa-otp')).length;

async function awaitCode(client: GateClient): Promise<void> {
  const { authenticators } = await client.start();
  const app = authenticators.find(({ factor }) => factor === 'otp');
  const view = await client.event({ type: 'factor.choose', authenticatorId: app?.id });
  if (view.state !== 'prompting') throw new Error(`the flow is ${view.state}`);
}

/** Tries wrong codes, as many at once as there are, until none is tried any more. */
async function guess(scene: Scene, clients: readonly GateClient[]): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (let before = -1; before !== triedCodes(scene); ) {
    before = triedCodes(scene);
    const rounds = clients.map(async (client) => {
      const { version } = await client.view();
      return Promise.all(
        Array.from({ length: BURST / clients.length }, () =>
          client.send('POST', '/step-up/flow/events', {
            headers: { 'if-match': `"${version}"` },
            body: { type: 'code.submit', code: '000000' },
          }),
        ),
      );
    });
    statuses.push(...(await Promise.all(rounds)).flat().map(({ status }) => status));
  }
  return statuses;
}

describe('a hundred at once', () => {
  it('try five wrong codes per flow', async () => {
    const scene = await open();
    const client = browserOf(scene, 'attacker');
    await awaitCode(client);

    const statuses = await guess(scene, [client]);

    expect(triedCodes(scene)).toBe(5);
    expect(scene.told('code.refused')).toBe(5);
    expect(scene.told('limit.reached')).toBeGreaterThan(0);
    expect(await client.view()).toMatchObject({ reason: 'too_many_attempts' });
    expect(statuses.length).toBeGreaterThanOrEqual(6 * BURST);
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
  });

  it('try eight wrong codes per user over ten logins, and five per login', async () => {
    const scene = await open();
    const clients = Array.from({ length: 10 }, (_, n) => browserOf(scene, `attacker-${n}`));
    for (const client of clients) {
      await awaitCode(client);
      scene.tenant.clock.advance(1_000);
    }

    const statuses = await guess(scene, clients);

    expect(triedCodes(scene)).toBe(8);
    expect(scene.told('code.refused')).toBe(8);
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
  });

  it('start one flow and send one push', async () => {
    const scene = await open();
    const client = browserOf(scene, 'ada');
    const requirement = await client.requirement();

    const answers = await burst(scene, client, (one) =>
      one.send('POST', '/step-up/flow', { body: { requirement } }),
    );

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    // Those who found no turn at the lock are asked to try again.
    expect(answers.filter(({ status }) => ![200, 201, 409].includes(status))).toEqual([]);
    expect(await client.view()).toMatchObject({ state: 'polling' });
    expect(scene.tenant.challenges()).toBe(1);
    expect([scene.told('flow.started'), scene.told('push.sent')]).toEqual([1, 1]);
  });

  it('look at a flow with one poll and one approval', async () => {
    const scene = await open();
    const client = browserOf(scene, 'ada');
    await client.start();
    scene.tenant.phone.approve();
    scene.tenant.clock.advance(POLL_MS);

    await burst(scene, client, (one) => one.view());
    const decisions = await burst(scene, client, (one) => one.decide());

    const polls = scene.tenant.emulator.requests.filter(({ grantType }) => grantType?.includes('oob'));
    expect(polls).toHaveLength(1);
    expect([scene.told('approval.granted'), scene.told('flow.ended')]).toEqual([1, 1]);
    const ids = decisions.map((decision) => decision.isAllowed && decision.stepUp?.approval.id);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toEqual(expect.any(String));
  });

  it('use a shared single-use approval once', async () => {
    const scene = await open();
    const client = browserOf(scene, 'ada', { maxAge: 0 });
    await client.start();
    scene.tenant.phone.approve();
    scene.tenant.clock.advance(POLL_MS);
    await client.view();

    const decisions = await burst(scene, client, (one) => one.isAllowed());

    expect(decisions.filter((isAllowed) => isAllowed)).toHaveLength(1);
    expect(scene.told('approval.used')).toBe(1);
  });

  it('grant one approval for right codes', async () => {
    const scene = await open();
    const client = browserOf(scene, 'ada');
    await awaitCode(client);
    const { version } = await client.view();

    await burst(scene, client, (one) =>
      one.send('POST', '/step-up/flow/events', {
        headers: { 'if-match': `"${version}"` },
        body: { type: 'code.submit', code: scene.tenant.phone.codes()[0]?.code },
      }),
    );

    expect(await client.view()).toMatchObject({ state: 'approved' });
    expect(triedCodes(scene)).toBe(1);
  });
});
