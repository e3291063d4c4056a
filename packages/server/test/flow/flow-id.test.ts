import { createTestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/index.ts';
import { createGateClient, createTestGate, type GateClient } from '../support/gate-client.ts';

/** Makes browsers, each by its handle and login. */
function createScene(): (handle: string, sessionId: string) => GateClient {
  const tenant = createTestTenant();
  const gate = createTestGate(tenant, { store: createMemoryStore({ now: () => tenant.clock.now() }) });
  return (handle, sessionId) =>
    createGateClient({
      gate,
      identity: { subject: tenant.ada.subject, sessionId },
      handle: handle.padStart(43, 'h'),
    });
}

describe('the name of a flow, by which the tabs of a browser share a connection', () => {
  it('stays the same for everyone who follows the flow', async () => {
    const browser = createScene();
    const { flowId } = await browser('1', 'one login').start();
    const otherTab = browser('1', 'one login');

    expect((await otherTab.start()).flowId).toBe(flowId);
    expect((await otherTab.view()).flowId).toBe(flowId);
    expect(flowId).toMatch(/^[\w-]{22}$/);
  });

  it('differs for the next flow, for another browser, and for another login in the same browser', async () => {
    const browser = createScene();
    const tab = browser('1', 'one login');
    const first = await tab.start();
    await tab.send('DELETE', '/step-up/flow');
    const next = await tab.start();
    const elsewhere = await browser('2', 'one login').start();
    const anew = await browser('1', 'another login').start();

    const ids = [first, next, elsewhere, anew].map(({ flowId }) => flowId);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(4);
  });
});
