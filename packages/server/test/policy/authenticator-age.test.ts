import { createTestTenant, PASSWORD, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createGateClient, createTestGate, type GateClient } from '../support/gate-client.ts';

const DAY_MS = 86_400_000;

interface Visit {
  readonly tenant: TestTenant;
  /** At a route that takes any phone. */
  readonly plain: GateClient;
  /** The same browser, at a route that wants a phone of at least a day. */
  readonly strict: GateClient;
}

function visit(): Visit {
  const tenant = createTestTenant();
  const gate = createTestGate(tenant);
  const identity = { subject: tenant.ada.subject, sessionId: 's' };
  return {
    tenant,
    plain: createGateClient({ gate, identity, policy: { maxAge: '7d' } }),
    strict: createGateClient({ gate, identity, policy: { maxAge: '7d', minAuthenticatorAge: '1d' } }),
  };
}

/** Starts a flow and gives the password. */
async function start(client: GateClient): Promise<Awaited<ReturnType<GateClient['view']>>> {
  await client.start();
  return client.event({ type: 'password.submit', password: PASSWORD });
}

async function approve({ tenant }: Visit, client: GateClient): Promise<void> {
  expect(await start(client)).toMatchObject({ state: 'polling' });
  tenant.phone.approve();
  tenant.clock.advance(POLL_MS);
  expect(await client.view()).toMatchObject({ state: 'approved' });
}

describe('minAuthenticatorAge', () => {
  it('accepts a phone that the user had when the gate first saw them', async () => {
    const visitor = visit();
    await visitor.tenant.enrolPush();

    await approve(visitor, visitor.strict);

    expect(await visitor.strict.isAllowed()).toBe(true);
  });

  it('accepts no phone that is not known for long enough: no push is sent, and the user is told why', async () => {
    const visitor = visit();
    const { tenant, plain, strict } = visitor;
    // Seen without a phone.
    await start(plain);
    await plain.send('DELETE', '/step-up/flow');
    await tenant.enrolPush();
    await approve(visitor, plain);
    const pushes = tenant.challenges();

    expect(await plain.isAllowed()).toBe(true);
    expect(await strict.isAllowed()).toBe(false);
    expect(await start(strict)).toMatchObject({ state: 'failed', reason: 'authenticator_too_new' });
    expect(tenant.challenges()).toBe(pushes);

    tenant.clock.advance(DAY_MS);
    expect(await strict.isAllowed()).toBe(true);
  });

  it('adds no phone in a flow that would not accept it', async () => {
    const { tenant, strict } = visit();

    expect(await start(strict)).toMatchObject({ state: 'failed', reason: 'enrollment_refused' });
    expect(tenant.emulator.requests.filter(({ path }) => path === '/mfa/associate')).toEqual([]);
  });
});
