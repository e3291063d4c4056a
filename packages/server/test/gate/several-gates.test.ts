import { expect, it } from 'vitest';
import { createMemoryStore } from '../../src/index.ts';
import { createGateClient, createTestGate } from '../support/gate-client.ts';
import { createTestTenant, POLL_MS } from '../support/test-tenant.ts';

it.each([
  ['application', { clientId: 'another' }],
  ['tenant', { issuer: 'https://other.test/' }],
])(
  'a gate of another %s, with the same store and secret, takes nothing of this one and leaves it alone',
  async (_, difference) => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const refreshToken = await tenant.signIn();
    const store = createMemoryStore({ now: () => tenant.clock.now() });
    const firstLeg = { refreshToken: () => refreshToken };
    const gate = createTestGate(tenant, { store, firstLeg });
    const other = createTestGate(tenant, {
      store,
      firstLeg,
      auth0: { ...tenant.auth0, ...difference },
      onError: () => {},
    });
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
    const requirement = await client.requirement();
    await client.start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    await client.view();

    const elsewhere = client.at(other);
    const withTicket = await elsewhere.send('POST', '/step-up/flow', { body: { requirement } });
    const isAllowedElsewhere = await elsewhere.isAllowed();
    await elsewhere.start();

    expect(withTicket.body).toMatchObject({ error: 'requirement_invalid' });
    expect(isAllowedElsewhere).toBe(false);
    expect(await client.isAllowed()).toBe(true);
    expect(await client.view()).toMatchObject({ state: 'approved' });
  },
);
