import { createTestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import type { Gate } from '../../src/gate/gate.ts';
import { createLazyGate } from '../../src/gate/lazy-gate.ts';
import { createGateClient, createTestGate, type TestNative } from '../support/gate-client.ts';

const IDENTITY = { subject: 'auth0|ada', sessionId: 's' };

function openScene() {
  const tenant = createTestTenant();
  let made = 0;
  const gate = createLazyGate<TestNative>(async () => {
    made += 1;
    return createTestGate(tenant);
  });
  // The client asks for nothing that a lazy gate lacks.
  const client = createGateClient({ gate: gate as Gate<TestNative>, identity: IDENTITY });
  return { tenant, gate, client, made: () => made };
}

describe('a lazy gate', () => {
  it('is made once, for all concurrent requests', async () => {
    const { client, made } = openScene();
    expect(made()).toBe(0);

    expect(await Promise.all([client.isAllowed(), client.isAllowed(), client.view()])).toMatchObject([
      false,
      false,
      { error: 'flow_not_found' },
    ]);
    expect(made()).toBe(1);
  });

  it('tries again after it could not be made', async () => {
    const tenant = createTestTenant();
    let attempts = 0;
    const gate = createLazyGate<TestNative>(() => {
      attempts += 1;
      if (attempts === 1) throw new Error('the secret is not there yet');
      return createTestGate(tenant);
    });
    const client = createGateClient({ gate: gate as Gate<TestNative>, identity: IDENTITY });

    await expect(client.isAllowed()).rejects.toThrow('the secret is not there yet');
    expect(await client.isAllowed()).toBe(false);
    expect(attempts).toBe(2);
  });

  it('finds a wrong policy before there is a gate', () => {
    const { gate, made } = openScene();

    expect(() => gate.guard({ maxAge: 'soon' as '5m' })).toThrow(TypeError);
    expect(() => gate.guard({}, { answer: 'maybe' as 'page' })).toThrow(TypeError);
    expect(made()).toBe(0);
  });

  it('closes without being made', async () => {
    const { gate, made } = openScene();
    await gate.close();
    expect(made()).toBe(0);
  });

  it('passes on that it is mounted, whenever it learns that', async () => {
    const said: string[] = [];
    const tenant = createTestTenant();
    const make = (name: string) => (): Gate<TestNative> => ({
      ...createTestGate(tenant),
      mounted: () => said.push(name),
    });
    const before = createLazyGate(make('before'));
    before.mounted();
    await before.revokeSubject('auth0|ada');
    const after = createLazyGate(make('after'));
    await after.revokeSubject('auth0|ada');
    after.mounted();
    await after.revokeSubject('auth0|ada');

    expect(said).toEqual(['before', 'after']);
  });
});
