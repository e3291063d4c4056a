import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createGateClient, createTestGate, type GateClient } from './support/gate-client.ts';
import { createTestTenant, PASSWORD, POLL_MS } from './support/test-tenant.ts';

const USERS = 70;
const MOST = 64;

it('a tenant that does not answer is asked by so many polls at once, and by the others when there is room', async () => {
  const tenant = createTestTenant();
  const { fetch = globalThis.fetch } = tenant.auth0;
  const answering = Promise.withResolvers<void>();
  let polls = 0;
  const tokens = new Map<string, string>();
  const gate = createTestGate(tenant, {
    tenantBudget: false,
    firstLeg: { refreshToken: ({ identity }) => tokens.get(identity.subject) },
    auth0: {
      ...tenant.auth0,
      async fetch(input, init) {
        const request = new Request(input, init);
        if ((await request.clone().text()).includes('mfa-oob')) {
          polls += 1;
          await answering.promise;
        }
        return fetch(request);
      },
    },
  });
  async function open(username: string): Promise<GateClient> {
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
  const clients = await Promise.all(Array.from({ length: USERS }, (_, index) => open(`user-${index}`)));
  tenant.clock.advance(POLL_MS);

  const views = clients.map((client) => client.view());
  for (let turn = 0; turn < 200; turn += 1) await setImmediate();
  expect(polls).toBe(MOST);

  answering.resolve();
  expect((await Promise.all(views)).map(({ state }) => state)).toEqual(Array(USERS).fill('polling'));
  expect(polls).toBe(USERS);
});
