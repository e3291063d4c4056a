import { describe, expect, it } from 'vitest';
import { createGateClient, createTestGate } from './support/gate-client.ts';
import { createTestTenant } from './support/test-tenant.ts';

describe('starts', () => {
  it('do not count where another flow is under way, nor where they join one', async () => {
    const tenant = createTestTenant();
    const gate = createTestGate(tenant, { limits: { startsPerSession: { count: 2, windowMs: 60_000 } } });
    const identity = { subject: tenant.ada.subject, sessionId: 's' };
    const client = createGateClient({ gate, identity });
    const other = createGateClient({ gate, identity, policy: { action: { id: 'close' } } });
    const start = async (by: typeof client): Promise<number> => {
      const requirement = await by.requirement();
      return (await by.send('POST', '/step-up/flow', { body: { requirement } })).status;
    };

    const statuses = [await start(client)];
    for (let i = 0; i < 5; i += 1) statuses.push(await start(other), await start(client));
    await client.send('DELETE', '/step-up/flow');
    statuses.push(await start(other));
    await client.send('DELETE', '/step-up/flow');
    statuses.push(await start(client));

    expect(statuses.slice(0, 1)).toEqual([201]);
    expect(statuses.slice(1, 11)).toEqual([409, 200, 409, 200, 409, 200, 409, 200, 409, 200]);
    expect(statuses.slice(11)).toEqual([201, 429]);
  });
});
