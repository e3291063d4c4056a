import { createTestTenant, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type Store } from '../../src/index.ts';
import { createGateClient, createTestGate, type GateClient } from '../support/gate-client.ts';
import { slowStore } from '../support/slow-store.ts';

/** A browser at two processes, on a store that lets their requests interleave. */
async function twoProcesses(): Promise<{
  readonly tenant: TestTenant;
  readonly here: GateClient;
  readonly there: GateClient;
}> {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const store: Store = slowStore(createMemoryStore({ now: () => tenant.clock.now() }));
  let refreshToken = await tenant.signIn();
  const options = {
    store,
    firstLeg: {
      refreshToken: () => refreshToken,
      saveRefreshToken: (_: unknown, rotated: string) => {
        refreshToken = rotated;
      },
    },
  };
  const identity = { subject: tenant.ada.subject, sessionId: 's' };
  const here = createGateClient({ gate: createTestGate(tenant, options), identity });
  return { tenant, here, there: here.at(createTestGate(tenant, options)) };
}

describe('two processes at once', () => {
  it('start one flow and send one push', async () => {
    const { tenant, here, there } = await twoProcesses();
    const requirement = await here.requirement();

    const answers = await Promise.all(
      [here, there, here, there].map((client) =>
        client.send('POST', '/step-up/flow', { body: { requirement } }),
      ),
    );
    const view = await here.view();

    expect(answers.map(({ status }) => status).filter((status) => status === 201)).toHaveLength(1);
    expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(3);
    expect(view).toMatchObject({ state: 'polling' });
    expect(tenant.challenges()).toBe(1);
  });

  it('poll once, and agree on one approval', async () => {
    const { tenant, here, there } = await twoProcesses();
    await here.start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);

    await Promise.all([here, there, here, there].map((client) => client.view()));

    expect(tenant.emulator.requests.filter(({ grantType }) => grantType?.includes('oob'))).toHaveLength(1);
    expect(await there.view()).toMatchObject({ state: 'approved' });
    expect(await there.isAllowed()).toBe(true);
  });

  it('send one more push when both windows ask for it', async () => {
    const { tenant, here, there } = await twoProcesses();
    const { resendAllowedAt = 0 } = await here.start();
    tenant.clock.advance(resendAllowedAt - tenant.clock.now());

    const { version } = await here.view();
    const answers = await Promise.all(
      [here, there].map((client) =>
        client.send('POST', '/step-up/flow/events', {
          headers: { 'if-match': `"${version}"` },
          body: { type: 'challenge.resend' },
        }),
      ),
    );

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(tenant.challenges()).toBe(2);
  });
});
