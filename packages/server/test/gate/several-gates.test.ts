import { createAuth0MfaApi } from '@stepgate/core';
import {
  createTestTenant,
  POLL_MS,
  providerOf,
  type TenantClient,
  type TestTenant,
} from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type GateOptions, type Policy } from '../../src/index.ts';
import {
  createGateClient,
  createTestGate,
  type GateClient,
  type TestNative,
} from '../support/gate-client.ts';

it.each([
  ['application', { clientId: 'another' }],
  ['tenant', { issuer: 'https://other.test/' }],
])(
  'a gate of another %s, with the same store and secret, reads and changes nothing of this one',
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
      provider: providerOf({ ...tenant.auth0, ...difference }),
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

describe('two gates with one store and secret, and the same user', () => {
  const DIFFERENCES = [
    ['applications', { clientId: 'another' }],
    ['tenants', { issuer: 'https://other.test/' }],
  ] as const;

  interface Scene {
    readonly tenant: TestTenant;
    /** A browser at the first gate. */
    readonly here: GateClient;
    /** The same browser at the gate of another application or tenant, which has the same devices. */
    readonly there: GateClient;
    readonly revokeThere: () => Promise<void>;
  }

  function createScene(
    difference: Partial<TenantClient>,
    { policy = {}, ...options }: Pick<GateOptions<TestNative>, 'limits'> & { readonly policy?: Policy } = {},
  ): Scene {
    const tenant = createTestTenant();
    const { subject } = tenant.ada;
    const gateOptions = {
      ...options,
      store: createMemoryStore({ now: () => tenant.clock.now() }),
      firstLeg: { custom: async () => ({ mfaToken: await tenant.mfaToken() }) },
      testing: {
        way: createAuth0MfaApi(tenant.auth0),
        identityCheck: { prepare: async () => {}, check: async () => {} },
      },
    };
    const first = createTestGate(tenant, gateOptions);
    const second = createTestGate(tenant, {
      ...gateOptions,
      provider: providerOf({ ...tenant.auth0, ...difference }),
    });
    const here = createGateClient({ gate: first, identity: { subject, sessionId: 's' }, policy });
    return { tenant, here, there: here.at(second), revokeThere: () => second.revokeSubject(subject) };
  }

  it.each(DIFFERENCES)('of different %s send a push each', async (_, difference) => {
    const { tenant, here, there } = createScene(difference);
    await tenant.enrolPush();

    expect(await here.start()).toMatchObject({ state: 'polling' });
    expect(await there.start()).toMatchObject({ state: 'polling' });
  });

  it.each(DIFFERENCES)('of different %s count separately', async (_, difference) => {
    const { tenant, here, there } = createScene(difference, {
      limits: { unapprovedPushes: { count: 1, windowMs: 600_000 } },
    });
    await tenant.enrolPush();
    await here.start();
    await here.send('DELETE', '/step-up/flow');
    tenant.clock.advance(60_000);

    expect(await here.start()).toMatchObject({ reason: 'too_many_attempts' });
    expect(await there.start()).toMatchObject({ state: 'polling' });
  });

  it.each(DIFFERENCES)('of different %s revoke the subject separately', async (_, difference) => {
    const { tenant, here, revokeThere } = createScene(difference);
    await tenant.enrolPush();
    await here.start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    await here.view();

    await revokeThere();

    expect(await here.isAllowed()).toBe(true);
  });

  it.each(DIFFERENCES)('of different %s learn the age of a device separately', async (_, difference) => {
    const { tenant, here, there } = createScene(difference, { policy: { minAuthenticatorAge: '1h' } });
    // Seen without a phone, which is added later.
    await here.start();
    await tenant.enrolPush();
    await here.send('DELETE', '/step-up/flow');

    expect(await here.start()).toMatchObject({ state: 'failed' });
    // To this gate it has always been there.
    expect(await there.start()).toMatchObject({ state: 'polling' });
  });
});
