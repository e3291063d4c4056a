import { createTestTenant, POLL_MS, providerOf, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type Gate } from '../../src/index.ts';
import {
  createSigningKey,
  EVIL_KEYS,
  FORGERIES,
  type TokenScene,
  tenantToken,
} from '../support/forged-tokens.ts';
import {
  createGateClient,
  createTestGate,
  type GateClient,
  type TestNative,
} from '../support/gate-client.ts';

const key = createSigningKey('k1');

/** A tenant whose every `id_token` is put in place of by another, and whose key set is the forger's victim. */
async function tenantThatGives(make: (scene: TokenScene) => string): Promise<{
  readonly tenant: TestTenant;
  readonly gate: Gate<TestNative>;
  readonly client: GateClient;
  readonly asked: string[];
}> {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const refreshToken = await tenant.signIn();
  const asked: string[] = [];
  const scene: TokenScene = {
    issuer: tenant.auth0.issuer,
    clientId: tenant.auth0.clientId,
    subject: tenant.ada.subject,
    get now() {
      return tenant.clock.now() / 1_000;
    },
    tenant: key,
  };
  const gate = createTestGate(tenant, {
    store: createMemoryStore({ now: () => tenant.clock.now() }),
    provider: providerOf({
      ...tenant.auth0,
      async fetch(input, init) {
        const request = new Request(input, init);
        asked.push(request.url);
        if (request.url.endsWith('jwks.json')) return Response.json({ keys: [key.jwk] });
        const response = (await tenant.auth0.fetch?.(request)) ?? Response.error();
        if (!response.ok || !request.url.endsWith('/oauth/token')) return response;
        return Response.json({ ...((await response.json()) as object), id_token: make(scene) });
      },
    }),
    firstLeg: { refreshToken: () => refreshToken },
  });
  const identity = { subject: tenant.ada.subject, sessionId: 's' };
  return { tenant, gate, asked, client: createGateClient({ gate, identity }) };
}

/** What becomes of a flow whose push the owner has approved. */
async function approve({ tenant, client }: Awaited<ReturnType<typeof tenantThatGives>>): Promise<unknown> {
  await client.start();
  tenant.phone.approve();
  tenant.clock.advance(POLL_MS);
  return client.view();
}

describe('an approval on the phone', () => {
  it('counts with a token of the tenant', async () => {
    const world = await tenantThatGives((scene) => tenantToken(scene));
    expect(await approve(world)).toMatchObject({ state: 'approved' });
    expect(await world.client.isAllowed()).toBe(true);
  });

  it.each(FORGERIES)('counts for nothing with a token $title', async ({ make, code }) => {
    const world = await tenantThatGives(make);
    expect(await approve(world)).toMatchObject({ state: 'failed', reason: code });
    expect(await world.client.isAllowed()).toBe(false);
    expect(world.asked).not.toContain(EVIL_KEYS);
  });
});
