import { createAuth0MfaApi } from '@stepgate/core';
import { createTestTenant, POLL_MS } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/index.ts';
import { createGateClient, createTestGate } from '../support/gate-client.ts';

/** Two processes of one app; the polls of the first wait for the test. */
async function twoProcesses() {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const refreshToken = await tenant.signIn();
  const store = createMemoryStore({ now: () => tenant.clock.now() });
  const api = createAuth0MfaApi(tenant.auth0);
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const options = { store, firstLeg: { refreshToken: () => refreshToken } };
  const stopping = createTestGate(tenant, {
    ...options,
    testing: {
      way: {
        ...api,
        async redeem(request) {
          asked.resolve();
          await answered.promise;
          return api.redeem(request);
        },
      },
    },
  });
  const identity = { subject: tenant.ada.subject, sessionId: 's' };
  const here = createGateClient({ gate: stopping, identity });
  const there = here.at(createTestGate(tenant, options));
  return { tenant, stopping, here, there, isAsked: asked.promise, answer: () => answered.resolve() };
}

describe('a closing gate', () => {
  it('ends streams and long-polls with a hint to reconnect', async () => {
    const { stopping, here } = await twoProcesses();
    const { version } = await here.start();

    const stream = here.send('GET', '/step-up/flow', { headers: { accept: 'text/event-stream' } });
    const poll = here.send('GET', '/step-up/flow', {
      headers: { 'if-none-match': `"${version}"`, prefer: 'wait=25' },
    });
    await new Promise((resolve) => setImmediate(resolve));
    await stopping.close();

    expect((await stream).text).toMatch(/\n\nretry: 1000\n\n$/);
    expect((await poll).status).toBe(304);
    expect((await poll).headers.get('retry-after')).toBe('1');
  });

  it('commits what is under way, and leaves the rest to another process at once', async () => {
    const { tenant, stopping, here, there, isAsked, answer } = await twoProcesses();
    await here.start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    void here.view();
    await isAsked;

    let isClosed = false;
    const closed = stopping.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    answer();
    await closed;

    expect(await there.view()).toMatchObject({ state: 'approved' });
    expect(await there.isAllowed()).toBe(true);
    expect(tenant.challenges()).toBe(1);
  });

  it('begins no flow that is due', async () => {
    const { tenant, stopping, here, there } = await twoProcesses();
    await here.start();
    await stopping.close();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);

    expect(await here.view()).toMatchObject({ state: 'polling' });
    expect(await there.view()).toMatchObject({ state: 'approved' });
  });
});
