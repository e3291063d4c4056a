import { setImmediate } from 'node:timers/promises';
import { createDiscovery, type FlowView } from '@stepgate/core';
import {
  createTestTenant,
  PASSWORD,
  providerOf,
  type TestTenant,
  type TestUser,
} from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type Store } from '../../src/index.ts';
import { budgetedApi } from '../../src/limits/budgeted-api.ts';
import { createTenantBudget, UNLIMITED } from '../../src/limits/tenant-budget.ts';
import { createIdentityCheck, type IdentityCheck } from '../../src/provider/id-token-check.ts';
import { createGateClient, createTestGate, type GateClient } from '../support/gate-client.ts';
import { createUnderWay } from '../support/under-way.ts';

const OOB = 'http://auth0.com/oauth/grant-type/mfa-oob';
const STEP_MS = 250;
/** After so many turns of the event loop in which nothing is under way, nothing more comes of a step. */
const QUIET_TURNS = 12;

/** A tenant with users who have phones, and processes of an app on one store. */
interface Scene {
  readonly tenant: TestTenant;
  readonly store: Store;
  /** Each user's browser, in one of the processes, with a flow that waits for the phone. */
  readonly clients: readonly GateClient[];
  /** Follows all flows, as their pages do, until the test is over. */
  readonly follow: () => void;
  /** Lets the time pass, and everything happen in it. */
  readonly pass: (seconds: number) => Promise<void>;
  /** The polls so far. */
  readonly polls: () => readonly { readonly at: number; readonly status?: number }[];
  readonly views: () => Promise<readonly FlowView[]>;
}

async function createScene(options: {
  readonly users: number;
  readonly processes?: number;
  readonly tenantBudget: number;
}): Promise<Scene> {
  const { processes = 1, tenantBudget } = options;
  const tenant = createTestTenant();
  const { clock, emulator } = tenant;
  const store = createMemoryStore({ now: () => clock.now() });
  const tokens = new Map<string, string>();
  const underWay = createUnderWay();
  const auth0 = { ...tenant.auth0, fetch: underWay.track(tenant.auth0.fetch ?? fetch) };
  const identity = createIdentityCheck({
    ...auth0,
    discover: createDiscovery(auth0),
    now: () => clock.now(),
    timeoutMs: 10_000,
  });
  const gateOptions = {
    provider: providerOf(auth0),
    testing: {
      identityCheck: {
        ...identity,
        check: underWay.track((...of: Parameters<IdentityCheck['check']>) => identity.check(...of)),
      },
    },
    store,
    firstLeg: {
      refreshToken: ({ identity }: { identity: { subject: string } }) => tokens.get(identity.subject),
    },
    limits: { messages: { perSession: { count: 2, windowMs: 600_000 } } },
  };
  // The starts are not what these tests are about.
  const opening = createTestGate(tenant, { ...gateOptions, tenantBudget: false });
  const gates = Array.from({ length: processes }, () =>
    createTestGate(tenant, { ...gateOptions, tenantBudget }),
  );

  async function open(index: number): Promise<GateClient> {
    const username = `user-${index}`;
    const { sub: subject } = emulator.addUser({ username, password: PASSWORD });
    const user: TestUser = { username, password: PASSWORD, subject };
    await tenant.enrolPush(user);
    tokens.set(subject, await tenant.signIn(user));
    const client = createGateClient({
      gate: opening,
      identity: { subject, sessionId: username },
      handle: username.padEnd(43, 'h'),
    });
    await client.start();
    return client.at(gates[index % processes] ?? opening);
  }

  const clients = await Promise.all(Array.from({ length: options.users }, (_, index) => open(index)));

  async function followOne(client: GateClient): Promise<void> {
    for (let version = -1; ; ) {
      const headers = { 'if-none-match': `"${version}"`, prefer: 'wait=25' };
      const { body } = await client.send('GET', '/step-up/flow', { headers });
      version = (body as Partial<FlowView>).version ?? version;
    }
  }

  return {
    tenant,
    store,
    clients,
    follow() {
      for (const client of clients) void followOne(client);
    },
    async pass(seconds) {
      for (let passed = 0; passed < seconds * 1_000; passed += STEP_MS) {
        clock.advance(STEP_MS);
        for (let quiet = 0; quiet < QUIET_TURNS; quiet = underWay.isAny() ? 0 : quiet + 1)
          await setImmediate();
      }
    },
    polls: () => emulator.requests.filter(({ grantType }) => grantType === OOB),
    views: () => Promise.all(clients.map((client) => client.view())),
  };
}

/** The most requests of any second, wherever it begins. */
function mostInASecond(requests: readonly { readonly at: number }[]): number {
  const within = (from: number): number =>
    requests.filter(({ at }) => at >= from && at < from + 1_000).length;
  return Math.max(0, ...requests.map(({ at }) => within(at)));
}

describe('tenantBudget', () => {
  it('is shared by all processes, and every flow is polled as often as the others', async () => {
    const { tenant, follow, pass, polls } = await createScene({ users: 18, processes: 3, tenantBudget: 4 });
    const before = tenant.exchanges.length;
    follow();
    await pass(60);

    const counts = new Map<string, number>();
    for (const { sent } of tenant.exchanges.slice(before)) {
      const token = new URLSearchParams(sent).get('mfa_token') ?? '';
      counts.set(token, (counts.get(token) ?? 0) + 1);
    }
    expect(mostInASecond(polls())).toBeLessThanOrEqual(4);
    // Half of the budget is planned for them.
    expect(polls().length).toBeGreaterThan(90);
    expect(counts.size).toBe(18);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  });

  it('finds a pace that a busy tenant hardly ever refuses, and ends no flow meanwhile', async () => {
    const { tenant, follow, pass, polls, views } = await createScene({ users: 12, tenantBudget: 50 });
    // One request a second, where the flows want more than two.
    const authenticationApi = { burst: 40, refillMs: 1_000 };
    tenant.emulator.configure({ limits: { authenticationApi, oobExchange: 'off' } });
    follow();
    await pass(120);

    const refused = polls().filter(({ status }) => status === 429);
    expect(polls().length).toBeGreaterThan(100);
    expect(refused.length / polls().length).toBeLessThan(0.05);
    expect(new Set((await views()).map(({ state }) => state))).toEqual(new Set(['polling']));
  });

  it('slows down while a tenant refuses everything, and then sees the approvals', async () => {
    const { tenant, follow, pass, polls, views } = await createScene({ users: 6, tenantBudget: 50 });
    follow();
    await pass(12);
    tenant.emulator.faults.add({
      match: { grantType: OOB },
      times: 1_000,
      respond: { status: 429, body: { error: 'too_many_requests' } },
    });
    await pass(40);
    const refused = polls().filter(({ status }) => status === 429).length;
    tenant.emulator.faults.clear();
    for (let user = 0; user < 6; user += 1) tenant.emulator.phone(`user-${user}`).approve();
    await pass(60);

    // At the full pace it would have been some 45.
    expect(refused).toBeLessThan(25);
    expect(new Set((await views()).map(({ state }) => state))).toEqual(new Set(['approved']));
  });
});

describe('an action of a user while others use up the budget', () => {
  /** Somebody else takes every turn there is, until told to stop. */
  async function crowded(): Promise<Scene & { readonly client: GateClient; readonly leave: () => void }> {
    const scene = await createScene({ users: 1, tenantBudget: 4 });
    const { tenant, store, clients } = scene;
    const [client] = clients as [GateClient];
    const crowd = createTenantBudget({
      store,
      clock: tenant.clock,
      random: () => 0,
      process: 'another',
      issuer: tenant.auth0.issuer,
      perSecond: 4,
    });
    let isThere = true;
    const push = async (): Promise<void> => {
      while (isThere) await crowd.takeTurn();
    };
    for (let one = 0; one < 40; one += 1) void push();
    return {
      ...scene,
      client,
      leave() {
        isThere = false;
      },
    };
  }

  /** Sends a request whose answer takes time. */
  async function inTime<T>(scene: Scene, work: Promise<T>): Promise<T> {
    await scene.pass(3);
    return work;
  }

  it('sends no push and counts none, and sends one when the view says to ask again', async () => {
    const scene = await crowded();
    const { tenant, client, pass, leave } = scene;
    await pass(20);
    const resent = await inTime(scene, client.event({ type: 'challenge.resend' }));
    expect(resent).toMatchObject({ state: 'failed', reason: 'rate_limited' });
    expect(resent.allowedEvents).toContain('challenge.resend');
    expect(tenant.challenges()).toBe(1);

    leave();
    await pass(20);
    const again = await inTime(scene, client.event({ type: 'challenge.resend' }));
    expect(again).toMatchObject({ state: 'polling' });
    expect(tenant.challenges()).toBe(2);
  });

  it('begins a flow after all, by itself, as soon as there is room', async () => {
    const scene = await crowded();
    const { tenant, client, pass, leave } = scene;
    await client.send('DELETE', '/step-up/flow');
    const begun = await inTime(scene, client.start());
    expect(begun).toMatchObject({ state: 'authenticating', reason: 'rate_limited' });
    leave();
    await pass(15);
    expect(await inTime(scene, client.view())).toMatchObject({ state: 'polling' });
    expect(tenant.challenges()).toBe(2);
  });
});

describe('the devices of a user', () => {
  const api = { list: () => Promise.resolve([]), remove: () => Promise.resolve() };

  it('are listed when there is room', async () => {
    expect(await budgetedApi(api as never, UNLIMITED).list({ mfaToken: 'token' })).toEqual([]);
  });

  it('are not listed beyond the budget: the answer is a 429 that says when to try again', async () => {
    const busy = budgetedApi(api as never, { ...UNLIMITED, takeTurn: () => Promise.resolve(1_500) });
    const refusal = { code: 'rate_limited', status: 429, retryAfterMs: 1_500 };
    await expect(busy.list({ mfaToken: 'token' })).rejects.toMatchObject(refusal);
    await expect(busy.remove({ accessToken: 'token', authenticatorId: 'push|1' })).rejects.toMatchObject(
      refusal,
    );
  });
});
