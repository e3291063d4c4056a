import { randomUUID } from 'node:crypto';
import { createClient, createCluster } from '@redis/client';
import { describeStore } from '@stepgate/server/store-contract';
import { afterAll, it } from 'vitest';
import { createRedisStore } from '../src/index.ts';
import { describeWithRedis, redisUrl } from './support/describe-with-redis.ts';
import { startRedis } from './support/redis-server.ts';

const runner = { describe: describeWithRedis, it };

describeStore(
  'a Redis store by its url',
  () => {
    const options = { url: redisUrl, prefix: `${randomUUID()}:` };
    const [store, other] = [createRedisStore(options), createRedisStore(options)];
    return {
      store,
      other,
      close() {
        store.close();
        other.close();
      },
    };
  },
  runner,
);

describeStore(
  "a Redis store on the app's own client",
  async () => {
    const client = await createClient({ url: redisUrl, RESP: 2 }).connect();
    const [store, other] = [createRedisStore({ client }), createRedisStore({ client })];
    return {
      store,
      other,
      close() {
        store.close();
        other.close();
        client.destroy();
      },
    };
  },
  runner,
);

let cluster: Promise<string> | undefined;
let afterEverything = async (): Promise<void> => {};
afterAll(() => afterEverything());

/** A cluster of one node: it refuses what touches two slots as any cluster does. */
async function startCluster(): Promise<string> {
  const server = await startRedis('--cluster-enabled', 'yes');
  afterEverything = () => server.stop();
  const client = await createClient({ url: server.url }).connect();
  await client.clusterAddSlotsRange({ start: 0, end: 16_383 });
  while (!(await client.clusterInfo()).includes('cluster_state:ok')) await client.ping();
  client.destroy();
  return server.url;
}

describeStore(
  'a Redis store on a cluster',
  async () => {
    cluster ??= startCluster();
    const client = await createCluster({ rootNodes: [{ url: await cluster }] }).connect();
    const [store, other] = [createRedisStore({ client }), createRedisStore({ client })];
    return {
      store,
      other,
      close() {
        store.close();
        other.close();
        client.destroy();
      },
    };
  },
  runner,
);
