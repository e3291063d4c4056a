import { setImmediate } from 'node:timers/promises';
import { createTestTenant, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createGate } from '../../src/gate/gate.ts';
import { createMemoryStore } from '../../src/index.ts';
import { createGateClient, createTestGate, SECRET, type TestNative } from '../support/gate-client.ts';

const OOB = 'http://auth0.com/oauth/grant-type/mfa-oob';
/** The first eager poll, with its jitter. */
const SOON_MS = 2_300;

/** A gate whose every start is a flow of its own, in a browser of its own. */
async function createBank(options: Parameters<typeof createTestGate>[1]) {
  const tenant: TestTenant = createTestTenant();
  await tenant.enrolPush();
  let token = await tenant.signIn();
  const gate = createTestGate(tenant, {
    firstLeg: {
      refreshToken: () => token,
      saveRefreshToken: (_, rotated) => {
        token = rotated;
      },
    },
    limits: { pushes: false, messages: false },
    ...options,
  });
  const flow = async (sessionId: string) => {
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId } });
    await client.start();
    return client;
  };
  return { tenant, flow };
}

describe('pollSchedule', () => {
  it.each([
    ['eager', 'approved'],
    ['steady', 'polling'],
  ] as const)('%s: an approval in the first second is %s after two', async (pollSchedule, state) => {
    const { tenant, flow } = await createBank({ pollSchedule });
    const client = await flow('a');
    tenant.phone.approve();
    tenant.clock.advance(SOON_MS);
    expect((await client.view()).state).toBe(state);
  });

  it('is steady for new flows for a while after the provider has complained in any', async () => {
    const { tenant, flow } = await createBank({ pollSchedule: 'eager' });
    const slowed = await flow('a');
    tenant.emulator.faults.add({
      match: { grantType: OOB },
      respond: { status: 400, body: { error: 'slow_down' } },
    });
    tenant.clock.advance(SOON_MS);
    expect((await slowed.view()).state).toBe('polling');
    await slowed.event({ type: 'flow.cancel' });
    tenant.clock.advance(15_000);

    const calm = await flow('b');
    tenant.phone.approve();
    tenant.clock.advance(SOON_MS);
    expect((await calm.view()).state).toBe('polling');
    tenant.clock.advance(6_000);
    expect((await calm.view()).state).toBe('approved');

    tenant.clock.advance(3_600_000);
    const eager = await flow('c');
    tenant.phone.approve();
    tenant.clock.advance(SOON_MS);
    expect((await eager.view()).state).toBe('approved');
  });

  it('is steady in every process after a complaint that one has heard', async () => {
    const store = createMemoryStore();
    const { tenant, flow } = await createBank({ pollSchedule: 'eager', store });
    const other = await createBank({ pollSchedule: 'eager', store });
    tenant.emulator.faults.add({ match: { grantType: OOB }, respond: { status: 429 } });
    const slowed = await flow('a');
    tenant.clock.advance(SOON_MS);
    await slowed.view();
    await slowed.event({ type: 'flow.cancel' });
    for (let turns = 0; turns < 20; turns += 1) await setImmediate();
    other.tenant.clock.advance(20_000);

    const calm = await other.flow('b');
    other.tenant.phone.approve();
    other.tenant.clock.advance(SOON_MS);

    expect((await calm.view()).state).toBe('polling');
  });

  it('is eager by default', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const refreshToken = await tenant.signIn();
    const gate = createGate<TestNative>({
      provider: tenant.provider,
      secret: SECRET,
      identify: ({ identity }) => identity,
      firstLeg: { refreshToken: () => refreshToken },
      testing: { clock: tenant.clock },
    });
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 'a' } });
    await client.start();
    tenant.phone.approve();
    tenant.clock.advance(SOON_MS);

    expect((await client.view()).state).toBe('approved');
  });

  it('is one of two', () => {
    expect(() => createTestGate(createTestTenant(), { pollSchedule: 'hasty' as 'eager' })).toThrow(
      "pollSchedule: must be 'steady' or 'eager'",
    );
  });
});
