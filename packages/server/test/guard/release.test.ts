import { createTestTenant, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import type { Policy, StepUp } from '../../src/index.ts';
import { createGateClient, createTestGate, type GateClient } from '../support/gate-client.ts';

async function scene(
  policy: Policy = { maxAge: 0 },
): Promise<{ readonly tenant: TestTenant; readonly client: GateClient }> {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const refreshToken = await tenant.signIn();
  const gate = createTestGate(tenant, { firstLeg: { refreshToken: () => refreshToken }, limits: NO_LIMITS });
  const identity = { subject: tenant.ada.subject, sessionId: 's' };
  return { tenant, client: createGateClient({ gate, identity, policy }) };
}

const NO_LIMITS = { starts: false, pushes: false, messages: false } as const;

async function approve(tenant: TestTenant, client: GateClient): Promise<void> {
  await client.start();
  tenant.phone.approve();
  tenant.clock.advance(POLL_MS);
  expect(await client.view()).toMatchObject({ state: 'approved' });
}

async function use(client: GateClient): Promise<StepUp> {
  const decision = await client.decide();
  if (!decision.isAllowed || decision.stepUp === undefined) throw new Error('there is no approval');
  return decision.stepUp;
}

describe('a single-use approval', () => {
  it('is given back once, however often the handler releases it', async () => {
    const { tenant, client } = await scene();
    await approve(tenant, client);

    const first = await use(client);
    await first.release();
    await use(client);
    await first.release();
    await Promise.all([first.release(), first.release()]);

    expect(await client.isAllowed()).toBe(false);
  });

  it('can still be given back after another flow has been approved', async () => {
    const { tenant, client } = await scene();
    await approve(tenant, client);
    const slow = await use(client);
    tenant.clock.advance(15_000);
    await approve(tenant, client);

    await slow.release();

    expect(await client.isAllowed()).toBe(true);
    expect(await client.isAllowed()).toBe(true);
    expect(await client.isAllowed()).toBe(false);
  });
});

describe('an approval that a handler sees', () => {
  it('can be changed by the handler without effect', async () => {
    const { tenant, client } = await scene({ maxAge: '5m' });
    await approve(tenant, client);

    const { approval } = await use(client);
    Object.assign(approval, { approvedAt: approval.approvedAt + 600_000 });
    tenant.clock.advance(600_000);

    expect(await client.isAllowed()).toBe(false);
  });
});
