import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { createTestTenant, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { tracedStore } from '../../src/events/signals.ts';
import { createMemoryStore, type FlowSignal, SIGNALS, type Store } from '../../src/index.ts';
import {
  createGateClient,
  createTestGate,
  type GateClient,
  type TestGateOptions,
} from '../support/gate-client.ts';
import { type Heard, listenToSignals } from '../support/signal-listener.ts';

const SESSION_ID = 'the session of this login';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function listen(): Heard {
  const heard = listenToSignals();
  stops.push(() => heard.stop());
  return heard;
}

async function scene(options: TestGateOptions = {}): Promise<{
  readonly tenant: TestTenant;
  readonly client: GateClient;
  readonly store: Store;
  readonly refreshToken: string;
}> {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const refreshToken = await tenant.signIn();
  const store = createMemoryStore({ now: () => tenant.clock.now() });
  const gate = createTestGate(tenant, { store, firstLeg: { refreshToken: () => refreshToken }, ...options });
  const identity = { subject: tenant.ada.subject, sessionId: SESSION_ID };
  return { tenant, store, refreshToken, client: createGateClient({ gate, identity }) };
}

async function approve({ tenant, client }: Awaited<ReturnType<typeof scene>>): Promise<void> {
  await client.start();
  tenant.phone.approve();
  tenant.clock.advance(POLL_MS);
  await client.view();
}

const on = ({ done }: Heard, channel: string): readonly unknown[] =>
  done.filter((one) => one.channel === channel).map(({ message }) => message);

describe('the table of signals', () => {
  it('is the same in the docs as in the source, and names every channel', () => {
    const [source = [], docs] = ['../../src/events/signals.ts', '../../../../docs/reference/signals.md'].map(
      (path) =>
        [...readFileSync(new URL(path, import.meta.url), 'utf8').matchAll(/\| `stepgate:\w+` .*\|$/gm)].map(
          ([row]) => row.replace(/ +/g, ' '),
        ),
    );

    expect(docs).toEqual(source);
    expect(source.map((row) => row.split('`')[1])).toEqual(Object.values(SIGNALS));
  });
});

describe('signals', () => {
  it('cover guards, effects, requests to the tenant and the store', async () => {
    const there = await scene();
    const heard = listen();

    await approve(there);
    await there.client.decide('/transfers?q=1');

    const guarded = { method: 'POST', path: '/transfers' };
    expect(on(heard, SIGNALS.guard)).toEqual([
      { ...guarded, isAllowed: false, code: 'insufficient_user_authentication', status: 401 },
      { ...guarded, isAllowed: true, factor: 'push' },
    ]);
    const flow = expect.any(String);
    expect(on(heard, SIGNALS.effect)).toEqual([
      { effect: 'authenticate', flow, fact: 'mfa.required' },
      { effect: 'list', flow, fact: 'authenticators.listed' },
      { effect: 'challenge', flow, fact: 'challenge.sent' },
      { effect: 'poll', flow, fact: 'tokens.received' },
      { effect: 'identify', flow, fact: 'identity.verified' },
    ]);
    expect(on(heard, SIGNALS.upstream)).toEqual([
      { method: 'GET', path: '/.well-known/openid-configuration', status: 200 },
      { method: 'GET', path: '/.well-known/jwks.json', status: 200 },
      { method: 'POST', path: '/oauth/token', status: 403 },
      { method: 'GET', path: '/mfa/authenticators', status: 200 },
      { method: 'POST', path: '/mfa/challenge', status: 200 },
      { method: 'POST', path: '/oauth/token', status: 200 },
    ]);
    expect(on(heard, SIGNALS.store)).toContainEqual({ operation: 'read', kind: 'handle', hit: true });
    expect(on(heard, SIGNALS.store)).toContainEqual({ operation: 'write', kind: 'push', hit: true });
    expect(heard.failed).toEqual([]);
  });

  it('report every state of a flow once, whichever process commits it', async () => {
    const there = await scene();
    const { client, tenant, store, refreshToken } = there;
    const other = client.at(
      createTestGate(tenant, { store, firstLeg: { refreshToken: () => refreshToken } }),
    );
    const transitions: FlowSignal[] = [];
    const listener = (message: unknown): number => transitions.push(message as FlowSignal);
    subscribe(SIGNALS.flow, listener);
    stops.push(() => unsubscribe(SIGNALS.flow, listener));

    await client.start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    await Promise.all([client, other, client].map((one) => one.view()));

    const states = ['idle', 'authenticating', 'listing', 'challenging', 'polling', 'identifying', 'approved'];
    expect(transitions.map(({ from }) => from)).toEqual(states.slice(0, -1));
    expect(transitions.map(({ to }) => to)).toEqual(states.slice(1));
    expect(new Set(transitions.map(({ flow }) => flow)).size).toBe(1);
  });

  it('report failures in our own words only', async () => {
    const there = await scene();
    const { client, tenant } = there;
    const heard = listen();
    tenant.emulator.faults.add({ respond: { status: 429, body: {} }, match: { path: '/mfa/challenge' } });
    await client.start();
    expect(on(heard, SIGNALS.upstream)).toContainEqual({
      method: 'POST',
      path: '/mfa/challenge',
      status: 429,
    });
    expect(on(heard, SIGNALS.effect)).toContainEqual(
      expect.objectContaining({ effect: 'challenge', fact: 'effect.failed', code: 'rate_limited' }),
    );

    const broken = await scene({
      store: {
        ...there.store,
        read: () => Promise.reject(new Error('redis://user:password@host is away')),
      },
      onError: () => {},
    });
    await broken.client.decide();

    expect(heard.failed).toHaveLength(2);
    expect(heard.failed[0]).toMatchObject({ message: 'failed' });
    expect(heard.failed[1]).toMatchObject({ code: 'store_unavailable' });
    expect(heard.text.join('\n')).not.toContain('password@host');
  });

  it('change nothing about a store', () => {
    const bare: Store = { read: async () => undefined, write: async () => 1, delete: async () => {} };

    expect(Object.keys(tracedStore(bare))).toEqual(['read', 'write', 'delete']);
    expect(tracedStore({ ...bare, now: () => 7 }).now?.()).toBe(7);
  });
});
