import { randomUUID } from 'node:crypto';
import { createClient, createCluster } from '@redis/client';
import { describeStore } from '@stepgate/server/store-contract';
import { afterAll, it } from 'vitest';
import { createRedisStore } from '../src/index.ts';
import { describeWithRedis, redisUrl } from './support/describe-with-redis.ts';
import { type RedisCluster, startCluster } from './support/redis-cluster.ts';

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
  'a Redis store by a client',
  async () => {
    const client = createClient({ url: redisUrl, RESP: 2 });
    const [store, other] = [createRedisStore({ client }), createRedisStore({ client })];
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

let cluster: Promise<RedisCluster> | undefined;
afterAll(async () => (await cluster)?.stop());

describeStore(
  'a Redis store on a cluster',
  async () => {
    cluster ??= startCluster();
    const { urls } = await cluster;
    const client = createCluster({ rootNodes: urls.map((url) => ({ url })) });
    const [store, other] = [createRedisStore({ client }), createRedisStore({ client })];
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
