import { createTestTenant } from 'suites/test-tenant.ts';
import { expect, it } from 'vitest';
import { createMemoryStore, type Gate, type Store } from '../../src/index.ts';
import { createGateClient, createTestGate, type TestNative } from '../support/gate-client.ts';
import { storedRecord } from '../support/stored-record.ts';

it('ends a flow that starts at the same time, before its push is sent', async () => {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const memory = createMemoryStore({ now: () => tenant.clock.now() });
  const written: string[] = [];
  const gates: Gate<TestNative>[] = [];
  const store: Store = {
    ...memory,
    async write(key, value, options) {
      if (storedRecord(value)?.flow !== undefined && written.length === 0) {
        written.push(key);
        tenant.clock.advance(1);
        await gates[0]?.revokeSubject(tenant.ada.subject);
      }
      return memory.write(key, value, options);
    },
  };
  const refreshToken = await tenant.signIn();
  const gate = createTestGate(tenant, { store, firstLeg: { refreshToken: () => refreshToken } });
  gates.push(gate);
  const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });

  const requirement = await client.requirement();
  tenant.clock.advance(1);
  const answer = await client.send('POST', '/step-up/flow', { body: { requirement } });

  expect(answer).toMatchObject({ status: 400, body: { error: 'requirement_expired' } });
  expect(tenant.challenges()).toBe(0);
  expect(await memory.read(written[0] ?? '')).toBeUndefined();
});

it('costs guards nothing: one store read for a fresh approval, and two if the age of the phone counts', async () => {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const memory = createMemoryStore({ now: () => tenant.clock.now() });
  let reads = 0;
  const store: Store = {
    ...memory,
    read(key) {
      reads += 1;
      return memory.read(key);
    },
  };
  const refreshToken = await tenant.signIn();
  const gate = createTestGate(tenant, { store, firstLeg: { refreshToken: () => refreshToken } });
  const identity = { subject: tenant.ada.subject, sessionId: 's' };
  const client = createGateClient({ gate, identity });
  const strict = createGateClient({ gate, identity, policy: { minAuthenticatorAge: '1d' } });
  await client.start();
  tenant.phone.approve();
  tenant.clock.advance(6_000);
  await client.view();

  reads = 0;
  expect(await client.isAllowed()).toBe(true);
  expect(reads).toBe(1);
  expect(await strict.isAllowed()).toBe(true);
  expect(reads).toBe(3);
});
