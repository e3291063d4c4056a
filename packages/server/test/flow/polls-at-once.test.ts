import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { FlowView } from '@stepgate/core';
import { createTestTenant, PASSWORD, POLL_MS, providerOf, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import {
  createGateClient,
  createTestGate,
  type GateClient,
  type TestGateOptions,
} from '../support/gate-client.ts';

const MOST = 3;

interface Scene {
  readonly tenant: TestTenant;
  readonly polls: () => number;
  /** Browsers of so many users, each of whom is asked on the phone; and one more. */
  readonly open: (count: number) => Promise<readonly GateClient[]>;
  readonly openFor: (username: string) => Promise<GateClient>;
}

/** `poll`: what the tenant waits for before it answers one. */
function createScene(poll: () => Promise<void>, testing: TestGateOptions['testing'] = {}): Scene {
  const tenant = createTestTenant();
  const { fetch = globalThis.fetch } = tenant.auth0;
  let polls = 0;
  const tokens = new Map<string, string>();
  const gate = createTestGate(tenant, {
    tenantBudget: false,
    firstLeg: { refreshToken: ({ identity }) => tokens.get(identity.subject) },
    provider: providerOf({
      ...tenant.auth0,
      async fetch(input, init) {
        const request = new Request(input, init);
        if ((await request.clone().text()).includes('mfa-oob')) {
          polls += 1;
          await Promise.race([poll(), once(request.signal, 'abort')]);
        }
        return fetch(request);
      },
    }),
    testing: { bounds: { pollsPerProcess: MOST }, ...testing },
  });
  async function openFor(username: string): Promise<GateClient> {
    const user = { username, password: PASSWORD };
    const { sub: subject } = tenant.emulator.addUser(user);
    await tenant.enrolPush({ ...user, subject });
    tokens.set(subject, await tenant.signIn({ ...user, subject }));
    const client = createGateClient({
      gate,
      identity: { subject, sessionId: username },
      handle: username.padEnd(43, 'h'),
    });
    expect((await client.start()).state).toBe('polling');
    return client;
  }
  return {
    tenant,
    polls: () => polls,
    openFor,
    open: (count) => Promise.all(Array.from({ length: count }, (_, index) => openFor(nameOf(index)))),
  };
}

const nameOf = (index: number): string => `user-${index}`;

async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await setImmediate();
}

describe('a tenant that does not answer', () => {
  it('gets a limited number of polls at once, and the others when there is room', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { tenant, polls, open } = createScene(() => promise);
    const clients = await open(MOST + 6);
    tenant.clock.advance(POLL_MS);

    const views = clients.map((client) => client.view());
    await settle();
    expect(polls()).toBe(MOST);

    resolve();
    expect((await Promise.all(views)).map(({ state }) => state)).toEqual(Array(MOST + 6).fill('polling'));
    expect(polls()).toBe(MOST + 6);
  });

  it('gets the last poll before a challenge ends, even if others have waited longer', async () => {
    const answers: (() => void)[] = [];
    const { tenant, polls, openFor } = createScene(() => new Promise((resolve) => answers.push(resolve)), {
      timing: { challengeTtlMs: 60_000 },
      bounds: { pollsPerProcess: 1 },
    });
    const ending = await openFor('ending');
    tenant.clock.advance(44_000);
    const [first, second] = [await openFor('first'), await openFor('second')];
    tenant.clock.advance(POLL_MS);
    const views: Promise<FlowView>[] = [];
    for (const client of [first, second, ending]) {
      views.push(client.view());
      await settle();
    }
    tenant.emulator.phone('ending').approve();
    tenant.clock.advance(8_000);
    await Promise.all(views);

    for (const asked of [1, 2]) {
      await expect.poll(polls).toBe(asked);
      answers.at(-1)?.();
    }
    await expect.poll(polls).toBe(3);

    await expect.poll(async () => (await ending.view()).state).toBe('approved');
    expect((await second.view()).state).toBe('polling');
    answers.at(-1)?.();
  });

  it('delays no request of a user whose own poll waits for room', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { tenant, polls, open, openFor } = createScene(() => promise);
    const others = await open(MOST);
    const last = await openFor('last');
    const { version } = await last.view();
    const challenges = tenant.challenges();
    // Long enough for another push.
    tenant.clock.advance(40_000);
    const views = others.map((client) => client.view());
    await settle();
    expect(polls()).toBe(MOST);
    views.push(last.view());
    await settle();

    const answer = last.send('POST', '/step-up/flow/events', {
      headers: { 'if-match': `"${version}"` },
      body: { type: 'challenge.resend' },
    });

    // Long before the polls are given up.
    await expect.poll(() => tenant.challenges() - challenges).toBe(1);
    expect((await answer).body).toMatchObject({ state: 'polling' });
    resolve();
    await Promise.all(views);
  });
});

it('follow-up work of a poll delays no other poll', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { tenant, polls, open } = createScene(() => Promise.resolve(), {
    identityCheck: { prepare: async () => {}, check: () => promise },
  });
  const clients = await open(MOST + 1);
  for (let index = 0; index < MOST; index += 1) tenant.emulator.phone(nameOf(index)).approve();
  tenant.clock.advance(POLL_MS);

  const views = clients.map((client) => client.view());
  await expect.poll(polls).toBe(MOST + 1);

  resolve();
  await Promise.all(views);
});
