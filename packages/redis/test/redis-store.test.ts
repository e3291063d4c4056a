import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { layWire } from 'suites/stores/wire.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRedisStore, type RedisStore, type RedisStoreOptions } from '../src/index.ts';
import { describeWithRedis, redisUrl } from './support/describe-with-redis.ts';
import { type RedisServer, startRedis } from './support/redis-server.ts';

/** Of stores whose server goes away. */
const TIMEOUT_MS = 1_000;
/** What a busy machine may add. */
const SLACK_MS = 3_000;

function storeAt(url: string, options: Partial<RedisStoreOptions> = {}): RedisStore {
  const store = createRedisStore({ url, timeoutMs: 20_000, prefix: `${randomUUID()}:`, ...options });
  onTestFinished(() => store.close());
  return store;
}

async function newServer(...options: string[]): Promise<RedisServer> {
  const server = await startRedis(...options);
  onTestFinished(() => server.stop());
  return server;
}

/** How long it took to be refused. */
async function refused(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await expect(work()).rejects.toThrow();
  return performance.now() - start;
}

/** Tries until it works. */
async function recovered(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch {
      await sleep(20);
    }
  }
}

describe('createRedisStore', () => {
  it.each<[RegExp, unknown]>([
    [/^url, client:/, {}],
    [/^url, client:/, { url: 'redis://localhost', client: {} }],
    [/^url:/, { url: 'http://localhost' }],
    [/^timeoutMs:/, { url: 'redis://localhost', timeoutMs: 0 }],
    [/^prefix:/, { url: 'redis://localhost', prefix: 1 }],
    [/^onError:/, { url: 'redis://localhost', onError: true }],
    [/keyPrefix/, { client: { withCommandOptions: () => {}, options: { keyPrefix: 'app:' } } }],
    // ioredis looks like this, and redis before 6.
    [/^client: .*ioredis/, { client: { hmget: () => {}, duplicate: () => {} } }],
    [/^client: /, { client: null }],
    [/^timeout: is not an option/, { url: 'redis://localhost', timeout: 1_000 }],
    [/^options:/, undefined],
  ])('names the option that is wrong: %s', (words, options) => {
    expect(() => createRedisStore(options as RedisStoreOptions)).toThrow(words);
    expect(() => createRedisStore(options as RedisStoreOptions)).toThrow(TypeError);
  });
});

describeWithRedis('a Redis store', () => {
  it('still works after the server has forgotten its scripts', async () => {
    const store = storeAt(redisUrl);
    const admin = await createClient({ url: redisUrl }).connect();
    onTestFinished(() => admin.destroy());

    const version = await store.write('k', 1, { ifVersion: 0, ttlMs: 60_000 });
    await admin.scriptFlush();

    expect(await store.write('k', 2, { ifVersion: version ?? -1, ttlMs: 60_000 })).toBeDefined();
    await admin.scriptFlush();
    await store.delete('k');
    expect(await store.read('k')).toBeUndefined();
  });

  it('leaves nothing behind but live records, under its prefix', async () => {
    const server = await newServer();
    const store = storeAt(server.url, { prefix: 'bank:' });
    const admin = await createClient({ url: server.url }).connect();
    onTestFinished(() => admin.destroy());

    await store.write('gone', 1, { ifVersion: 0, ttlMs: 60_000 });
    await store.delete('gone');
    await store.write('lives', 1, { ifVersion: 0, ttlMs: 60_000 });

    expect(await admin.keys('*')).toEqual(['bank:lives']);
    expect(await admin.pTTL('bank:lives')).toBeGreaterThan(50_000);
  });

  it('rejects within its time while the server is away, and works again without a restart', async () => {
    const server = await newServer();
    const faults: unknown[] = [];
    const store = storeAt(server.url, { timeoutMs: TIMEOUT_MS, onError: (error) => faults.push(error) });
    await store.write('k', 1, { ifVersion: 0, ttlMs: 60_000 });
    await server.stop('SIGKILL');

    for (const work of [
      () => store.read('k'),
      () => store.write('late', 1, { ifVersion: 0, ttlMs: 60_000 }),
      () => store.delete('k'),
    ]) {
      expect(await refused(work)).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    }
    const told = faults.length;
    await Promise.allSettled(Array.from({ length: 50 }, () => store.read('k')));

    expect(told).toBeGreaterThan(0);
    expect(faults.length - told).toBeLessThan(3);
    await server.start();
    await recovered(() => store.read('k'));
    expect(await store.write('k', 2, { ifVersion: 0, ttlMs: 60_000 })).toBeDefined();
    // The caller was refused, so it must not happen later.
    expect(await store.read('late')).toBeUndefined();
  });

  it('treats a server that has not started yet like one that is away', async () => {
    const server = await newServer();
    await server.stop();
    const store = storeAt(server.url, { timeoutMs: TIMEOUT_MS, onError: () => {} });

    await refused(() => store.read('k'));
    await server.start();

    await recovered(() => store.read('k'));
  });

  it('does not do later what it rejected while the server was silent', async () => {
    const server = await newServer();
    server.freeze();
    const store = storeAt(server.url, { timeoutMs: TIMEOUT_MS, onError: () => {} });

    await refused(() => store.write('late', 1, { ifVersion: 0, ttlMs: 60_000 }));
    server.thaw();

    await recovered(() => store.write('k', 1, { ifVersion: 0, ttlMs: 60_000 }));
    expect(await store.read('late')).toBeUndefined();
  });

  it('wakes its watchers once when it is connected again, and then with every write', async () => {
    const server = await newServer();
    const [store, other] = [
      storeAt(server.url, { prefix: 'p:', onError: () => {} }),
      storeAt(server.url, { prefix: 'p:', onError: () => {} }),
    ];
    let calls = 0;
    const leave = store.subscribe('k', () => {
      calls += 1;
    });
    onTestFinished(leave);
    await expect.poll(() => calls).toBeGreaterThan(0);
    await sleep(100);
    const before = calls;

    await server.stop('SIGKILL');
    await server.start();
    await expect.poll(() => calls).toBe(before + 1);

    await recovered(() => other.write('k', 1, { ifVersion: 0, ttlMs: 60_000 }));
    await expect.poll(() => calls).toBe(before + 2);
  });

  it('notices a connection that has fallen silent', async () => {
    const server = await newServer();
    const wire = await layWire(server.port);
    onTestFinished(() => wire.close());
    const store = storeAt(`redis://127.0.0.1:${wire.port}`, { timeoutMs: TIMEOUT_MS, onError: () => {} });
    const version = await store.write('k', 1, { ifVersion: 0, ttlMs: 60_000 });
    let calls = 0;
    onTestFinished(
      store.subscribe('k', () => {
        calls += 1;
      }),
    );
    await expect.poll(() => calls).toBeGreaterThan(0);

    wire.freeze();

    expect(await refused(() => store.read('k'))).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    await recovered(() => store.read('k'));
    expect(await store.read('k')).toMatchObject({ value: 1 });
    await sleep(2 * TIMEOUT_MS);
    const before = calls;
    await store.write('k', 2, { ifVersion: version ?? -1, ttlMs: 60_000 });
    await expect.poll(() => calls).toBeGreaterThan(before);
  });

  it('rejects a write when memory is full, and does not evict another record', async () => {
    const server = await newServer('--maxmemory', '1', '--maxmemory-policy', 'noeviction');
    const store = storeAt(server.url, { onError: () => {} });

    await expect(store.write('k', 'x', { ifVersion: 0, ttlMs: 60_000 })).rejects.toThrow(/OOM/);
  });

  it('leaves no connection behind that was still opening when it closed', async () => {
    const server = await newServer();
    const admin = await createClient({ url: server.url }).connect();
    onTestFinished(() => admin.destroy());
    const store = storeAt(server.url);
    store.subscribe('k', () => {});

    store.close();

    const connections = async (): Promise<number> => (await admin.clientList()).length;
    await sleep(200);
    await expect.poll(connections).toBe(1);
  });

  it("leaves the app's own client open when it closes", async () => {
    const client = await createClient({ url: redisUrl }).connect();
    onTestFinished(() => client.destroy());
    const store = createRedisStore({ client });
    store.subscribe('k', () => {})();

    store.close();

    expect(await client.ping()).toBe('PONG');
  });

  it("tells the server's time, whatever this machine's clock says", async () => {
    const store = storeAt(redisUrl);
    await store.read('k');
    const admin = await createClient({ url: redisUrl }).connect();
    onTestFinished(() => admin.destroy());

    const [seconds, micros] = await admin.time();

    expect(Math.abs(store.now() - (Number(seconds) * 1_000 + Number(micros) / 1_000))).toBeLessThan(1_000);
  });
});
