import { createTestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/index.ts';
import { createGateClient, createTestGate } from '../support/gate-client.ts';

const HOUR_MS = 3_600_000;

describe('the time of a gate', () => {
  it("is the store's if it has one, so that processes whose clocks differ agree on a lease", async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const now = (): number => Date.now() + HOUR_MS;
    const store = { ...createMemoryStore({ now }), now };
    const gate = createTestGate(tenant, { store, testing: { clock: undefined as never } });
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });

    const view = await client.start();

    expect(view.now).toBeGreaterThan(Date.now() + HOUR_MS - 60_000);
  });
});
