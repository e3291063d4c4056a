import { isRecordKey } from 'suites/record-key.ts';
import { createTestTenant, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type Json, type Store } from '../../src/index.ts';
import { createGateClient, createTestGate, type GateClient, SECRET } from '../support/gate-client.ts';

const NEXT_SECRET = 'the next secret, of at least 32 characters, for tests';

interface Deploy {
  readonly tenant: TestTenant;
  /** The same browser at a process with these secrets. */
  readonly at: (secret: string | readonly string[]) => GateClient;
  /** Puts something in the place of the browser's record. */
  readonly replace: (value: Json) => Promise<void>;
}

async function deploy(): Promise<Deploy> {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const refreshToken = await tenant.signIn();
  const memory = createMemoryStore({ now: () => tenant.clock.now() });
  const written: string[] = [];
  const store: Store = {
    ...memory,
    write(key, ...rest) {
      written.push(key);
      return memory.write(key, ...rest);
    },
  };
  const identity = { subject: tenant.ada.subject, sessionId: 's' };
  const gateWith = (secret: string | readonly string[]) =>
    createTestGate(tenant, { store, secret, firstLeg: { refreshToken: () => refreshToken } });
  const browser = createGateClient({ gate: gateWith(SECRET), identity });
  return {
    tenant,
    at: (secret) => browser.at(gateWith(secret)),
    async replace(value) {
      // Records have the digest of their handle for a name; everything else is named by more.
      const key = written.findLast(isRecordKey) ?? '';
      const version = (await store.read(key))?.version ?? 0;
      await store.write(key, value, { ifVersion: version, ttlMs: 60_000 });
    },
  };
}

describe('a rolling deploy', () => {
  it.each<[string, Json]>([
    ['of another format', { format: 2, flow: { shape: 'unknown' }, approvals: {} }],
    ['without a format', {}],
    ['that is null', null],
    ['that is no object', 'text'],
  ])(
    'ends a flow politely if its record is one %s: it is gone, and a new one can start',
    async (_, value) => {
      const { at, replace, tenant } = await deploy();
      const client = at(SECRET);
      await client.start();
      await replace(value);

      const gone = await client.send('GET', '/step-up/flow');

      expect(gone.status).toBe(404);
      expect(gone.body).toMatchObject({ error: 'flow_not_found' });
      expect(await client.isAllowed()).toBe(false);
      tenant.clock.advance(600_000);
      expect(await client.start()).toMatchObject({ state: 'polling' });
    },
  );

  it('continues a flow whose secrets the previous process has sealed, and accepts its approval', async () => {
    const { at, tenant } = await deploy();
    await at([SECRET, NEXT_SECRET]).start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);

    const after = at([NEXT_SECRET, SECRET]);

    expect(await after.view()).toMatchObject({ state: 'approved' });
    expect(await after.isAllowed()).toBe(true);
    // The processes from before, while there still are some.
    expect(await at([SECRET, NEXT_SECRET]).isAllowed()).toBe(true);
  });

  it('opens in a process with the old key order what one with the new order has sealed', async () => {
    const { at, tenant } = await deploy();
    await at([NEXT_SECRET, SECRET]).start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);

    expect(await at([SECRET, NEXT_SECRET]).view()).toMatchObject({ state: 'approved' });
  });

  it('asks again, and approves nothing, when a flow was sealed with a removed key', async () => {
    const { at, tenant } = await deploy();
    await at(SECRET).start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);

    const after = at(NEXT_SECRET);

    expect(await after.send('GET', '/step-up/flow')).toMatchObject({ status: 404 });
    expect(await after.isAllowed()).toBe(false);
    // Two messages to one device are some seconds apart.
    tenant.clock.advance(15_000);
    expect(await after.start()).toMatchObject({ state: 'polling' });
    expect(tenant.challenges()).toBe(2);
  });

  it('accepts no approval that was signed with a removed key', async () => {
    const { at, tenant } = await deploy();
    await at(SECRET).start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);

    expect(await at(SECRET).view()).toMatchObject({ state: 'approved' });
    expect(await at(SECRET).isAllowed()).toBe(true);
    expect(await at(NEXT_SECRET).isAllowed()).toBe(false);
  });
});
