import { describe, expect, it } from 'vitest';
import type { StepUp } from '../src/index.ts';
import { createGateClient, createTestGate, type GateClient } from './support/gate-client.ts';
import { createTestTenant, POLL_MS, type TestTenant } from './support/test-tenant.ts';

async function scene(): Promise<{ readonly tenant: TestTenant; readonly client: GateClient }> {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const refreshToken = await tenant.signIn();
  const gate = createTestGate(tenant, { firstLeg: { refreshToken: () => refreshToken }, limits: NO_LIMITS });
  const identity = { subject: tenant.ada.subject, sessionId: 's' };
  return { tenant, client: createGateClient({ gate, identity, policy: { maxAge: 0 } }) };
}

const NO_LIMITS = { startsPerSession: false, messagesPerSession: false, messagesPerSubject: false } as const;

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

describe('an approval for a single use', () => {
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
