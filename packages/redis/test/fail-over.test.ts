import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, createCluster, createSentinel } from '@redis/client';
import { it, type TestContext } from 'vitest';
import { createRedisStore, type RedisStore, type RedisStoreOptions } from '../src/index.ts';
import { describeWithRedis } from './support/describe-with-redis.ts';
import { type RedisCluster, startCluster } from './support/redis-cluster.ts';
import { startSentinels } from './support/redis-sentinels.ts';

const TIMEOUT_MS = 3_000;
const RECORD = { ifVersion: 0, ttlMs: 60_000 };
/** Enough for each node to have some. */
const KEYS = Array.from({ length: 20 }, (_, nth) => `record-${nth}`);

type Template = NonNullable<RedisStoreOptions['client']>;

function storeOn(client: Template, { onTestFinished }: TestContext): RedisStore {
  const prefix = `${randomUUID()}:`;
  const store = createRedisStore({ client, prefix, timeoutMs: TIMEOUT_MS, onError: () => {} });
  onTestFinished(() => store.close());
  return store;
}

function clusterClient({ urls }: RedisCluster): Template {
  return createCluster({ rootNodes: urls.map((url) => ({ url })) });
}

async function writeAgain(store: RedisStore, key: string): Promise<void> {
  const record = await store.read(key);
  await store.write(key, 'again', { ...RECORD, ifVersion: record?.version ?? 0 });
}

/** Resolves when every key can be written again. */
async function recover(store: RedisStore): Promise<void> {
  const pending = new Set(KEYS);
  while (pending.size > 0) {
    const tries = [...pending].map((key) =>
      writeAgain(store, key).then(
        () => pending.delete(key),
        () => sleep(50),
      ),
    );
    await Promise.all(tries);
  }
}

/** Checks that every write wakes the watchers of its key, and not only the timer each second. */
async function expectCalls(store: RedisStore, { expect, onTestFinished }: TestContext): Promise<void> {
  const rounds = 5;
  const calls = new Map<string, number>();
  for (const key of KEYS) {
    onTestFinished(store.subscribe(key, () => void calls.set(key, (calls.get(key) ?? 0) + 1)));
  }
  async function everyWriteIsHeard(): Promise<boolean> {
    calls.clear();
    for (let round = 0; round < rounds; round += 1) {
      const written = await Promise.allSettled(KEYS.map((key) => writeAgain(store, key)));
      if (written.some(({ status }) => status === 'rejected')) return false;
      await sleep(20);
    }
    return KEYS.every((key) => (calls.get(key) ?? 0) >= rounds);
  }
  await expect.poll(everyWriteIsHeard, { timeout: 15_000, interval: 100 }).toBe(true);
}

// Concurrent, since the tests wait more than they work.
describeWithRedis.concurrent('when a server is gone', () => {
  it.for(['crash', 'freeze'] as const)(
    'moves to the node that takes over in a cluster, without a restart, and wakes its watchers (%s)',
    async (fault, context) => {
      const cluster = await startCluster({ replicated: true });
      context.onTestFinished(() => cluster.stop());
      const store = storeOn(clusterClient(cluster), context);
      for (const key of KEYS) await store.write(key, 'first', RECORD);

      await cluster.primaries[0]?.[fault]();

      await recover(store);
      await expectCalls(store, context);
    },
  );

  it('still reaches the other nodes of a cluster', async (context) => {
    const cluster = await startCluster();
    context.onTestFinished(() => cluster.stop());
    const store = storeOn(clusterClient(cluster), context);
    for (const key of KEYS) await store.write(key, 'first', RECORD);

    cluster.primaries[0]?.freeze();
    const firsts = await Promise.allSettled(KEYS.map((key) => store.read(key)));
    const onOthers = KEYS.filter((_, nth) => firsts[nth]?.status === 'fulfilled');
    context.expect(onOthers.length).toBeGreaterThan(0);

    // Meanwhile it keeps looking for a node that has replaced the silent one.
    const until = Date.now() + 3 * TIMEOUT_MS;
    while (Date.now() < until) {
      await Promise.allSettled(KEYS.map((key) => store.read(key)));
      for (const key of onOthers) await writeAgain(store, key);
    }
  });

  it('never reads from a replica, even if the given client does', async (context) => {
    const cluster = await startCluster({ replicated: true });
    context.onTestFinished(() => cluster.stop());
    for (const { url } of cluster.replicas) {
      const admin = await createClient({ url }).connect();
      await admin.clientPause(60_000, 'ALL');
      admin.destroy();
    }
    const rootNodes = cluster.primaries.map(({ url }) => ({ url }));

    const store = storeOn(createCluster({ rootNodes, useReplicas: true }), context);

    for (const key of KEYS) {
      await store.write(key, 'first', RECORD);
      context.expect((await store.read(key))?.value).toBe('first');
    }
  });

  it.for(['crash', 'freeze'] as const)(
    'moves to the replica that Sentinel promotes, without a restart, and wakes its watchers (%s)',
    async (fault, context) => {
      const sentinels = await startSentinels();
      context.onTestFinished(() => sentinels.stop());
      const { name, nodes, primary } = sentinels;
      const client = createSentinel({ name, sentinelRootNodes: [...nodes], scanInterval: 500 });
      const store = storeOn(client, context);
      for (const key of KEYS) await store.write(key, 'first', RECORD);

      await primary[fault]();

      await recover(store);
      await expectCalls(store, context);
    },
  );
});
