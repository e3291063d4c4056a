import { createTestTenant, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type GateOptions, type Store } from '../../src/index.ts';
import {
  createGateClient,
  createTestGate,
  type GateClient,
  type TestNative,
} from '../support/gate-client.ts';

interface Scene {
  readonly tenant: TestTenant;
  /** Two browsers of one login, each in a flow of its own. */
  readonly client: GateClient;
  readonly other: GateClient;
  readonly errors: readonly unknown[];
}

async function createScene(options: Pick<GateOptions<TestNative>, 'capacity' | 'testing'>): Promise<Scene> {
  const tenant = createTestTenant();
  const errors: unknown[] = [];
  const gate = createTestGate(tenant, { ...options, onError: (error) => errors.push(error) });
  const identity = { subject: tenant.ada.subject, sessionId: 's' };
  const client = createGateClient({ gate, identity });
  const other = createGateClient({ gate, identity, handle: 'o'.repeat(43) });
  await client.start();
  await other.start();
  return { tenant, client, other, errors };
}

const longPoll = (by: GateClient, signal?: AbortSignal): ReturnType<GateClient['send']> =>
  by.send('GET', '/step-up/flow', { headers: { 'if-none-match': '"2"', prefer: 'wait=25' }, signal });
const stream = (
  by: GateClient,
  signal?: AbortSignal,
  headers: Record<string, string> = {},
): ReturnType<GateClient['send']> =>
  by.send('GET', '/step-up/flow', { headers: { accept: 'text/event-stream', ...headers }, signal });
const plainRead = (by: GateClient): ReturnType<GateClient['send']> =>
  by.send('GET', '/step-up/flow', { headers: { 'if-none-match': '"2"' } });
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('watchers', () => {
  it('have a limit per browser, and those beyond it are told when to try again', async () => {
    const { client, other } = await createScene({ testing: { bounds: { watchersPerHandle: 2 } } });
    void longPoll(client);
    void stream(client);
    await settled();

    const refused = await longPoll(client);

    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('10');
    expect(refused.body).toMatchObject({
      error: 'too_many_watchers',
      error_description: expect.stringContaining('in 2 places'),
      retry_after_ms: 10_000,
    });
    expect((await plainRead(client)).status).toBe(304);
    expect(await longPoll(other, AbortSignal.abort())).toMatchObject({ status: 304 });
  });

  it.each([
    ['of one browser', { testing: { bounds: { watchersPerHandle: 1 } } }],
    ['of all', { capacity: { watchersPerProcess: 1 } }],
  ])('beyond the limit of %s get no stream, but the view, unless they have it', async (_, options) => {
    const { client } = await createScene(options);
    void longPoll(client);
    await settled();

    const news = await stream(client);
    const nothingNew = await stream(client, undefined, { 'if-none-match': '"2"' });

    expect(news.status).toBe(200);
    expect(news.body).toMatchObject({ version: 2, state: 'authenticating' });
    expect(Object.fromEntries(news.headers)).toMatchObject({
      'content-type': expect.stringContaining('application/json'),
      etag: '"2"',
      'retry-after': '10',
    });
    expect([429, 503]).toContain(nothingNew.status);
    expect(nothingNew.headers.get('retry-after')).toBe('10');
  });

  it('have a limit per process, which is not logged as an error', async () => {
    const { client, other, errors } = await createScene({ capacity: { watchersPerProcess: 1 } });
    void stream(client);
    await settled();

    const refused = await longPoll(other);

    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('10');
    expect(refused.body).toMatchObject({
      error: 'overloaded',
      error_description: expect.stringContaining('as many flows as it can'),
    });
    expect((await plainRead(other)).status).toBe(304);
    expect(errors).toEqual([]);
  });

  it.each([
    ['a long-poll', longPoll],
    ['an event stream', stream],
  ])('free a slot when %s is given up', async (_, watch) => {
    const { client } = await createScene({ testing: { bounds: { watchersPerHandle: 1 } } });
    const leaving = new AbortController();
    const first = watch(client, leaving.signal);
    await settled();
    expect((await longPoll(client)).status).toBe(429);

    leaving.abort();
    await first;

    expect((await longPoll(client, AbortSignal.abort())).status).toBe(304);
  });

  it('free a slot when a long-poll has its response, and a stream its end', async () => {
    const { tenant, client } = await createScene({ testing: { bounds: { watchersPerHandle: 2 } } });
    const watching = [longPoll(client), stream(client)];
    await settled();
    expect((await longPoll(client)).status).toBe(429);

    await client.send('DELETE', '/step-up/flow');
    await Promise.all(watching);
    tenant.clock.advance(1);
    await client.start();

    void stream(client);
    void stream(client);
    await settled();
    expect((await stream(client)).headers.has('retry-after')).toBe(true);
  });

  it('free a slot when the reader of a stream leaves silently', async () => {
    const { client } = await createScene({ testing: { bounds: { watchersPerHandle: 1 } } });
    const response = await client.open('/step-up/flow', { headers: { accept: 'text/event-stream' } });
    await response.body?.cancel();

    expect((await longPoll(client, AbortSignal.abort())).status).toBe(304);
  });

  it('free a slot when the client has gone before its stream is read, and tell it nothing', async () => {
    const { client } = await createScene({ testing: { bounds: { watchersPerHandle: 1 } } });
    const leaving = new AbortController();
    const headers = { accept: 'text/event-stream' };
    const response = await client.open('/step-up/flow', { headers, signal: leaving.signal });
    leaving.abort();

    expect(await response.text()).toBe('');
    expect((await longPoll(client, AbortSignal.abort())).status).toBe(304);
  });

  it('learn of a store that does not let them listen', async () => {
    const tenant = createTestTenant();
    const memory = createMemoryStore({ now: () => tenant.clock.now() });
    const store: Store = {
      ...memory,
      subscribe() {
        throw new Error('down');
      },
    };
    const gate = createTestGate(tenant, {
      store,
      testing: { bounds: { watchersPerHandle: 1 } },
      onError: () => {},
    });
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
    await client.start();

    await expect(stream(client)).rejects.toThrow('down');
    expect((await longPoll(client)).status).toBe(500);
  });

  it('free a slot when the store fails under a stream, even if its reader stays', async () => {
    const tenant = createTestTenant();
    const memory = createMemoryStore({ now: () => tenant.clock.now() });
    let isDown = false;
    const store: Store = {
      ...memory,
      read: (key) => (isDown ? Promise.reject(new Error('down')) : memory.read(key)),
    };
    const gate = createTestGate(tenant, { store, testing: { bounds: { watchersPerHandle: 1 } } });
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
    await client.start();
    const { body } = await client.open('/step-up/flow', { headers: { accept: 'text/event-stream' } });
    const reader = body?.getReader();
    await reader?.read();
    await tenant.clock.whenWaited();

    isDown = true;
    tenant.clock.advance(15_000);
    await expect(reader?.read()).rejects.toMatchObject({ code: 'store_unavailable' });
    isDown = false;

    expect((await longPoll(client, AbortSignal.abort())).status).toBe(304);
  });

  it('see the page without scripts beyond their limit, without waiting for news', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const refreshToken = await tenant.signIn();
    const gate = createTestGate(tenant, {
      testing: { bounds: { watchersPerHandle: 1 } },
      firstLeg: { refreshToken: () => refreshToken },
    });
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
    const { version, state } = await client.start();
    void stream(client);
    await settled();

    const page = await client.send('GET', `/step-up?since=${version}`);

    expect(state).toBe('polling');
    expect(page.status).toBe(200);
    expect(page.text).toContain('http-equiv="refresh"');
  });
});
