import type { Json, Store } from '@stepgate/server';
import { createFaultReport, createServerClock, type StoreWork } from '@stepgate/server/store-kit';
import { createConnection } from './connection.ts';
import { createOwnClient, type RedisClientLike } from './redis-client.ts';
import { DELETE, run, WRITE } from './scripts.ts';
import { createSubscriptions } from './subscriptions.ts';

/** Options of {@link createRedisStore}. */
export interface RedisStoreOptions {
  /** `redis[s]://[[user][:password]@]host[:port][/db]`: the store makes its own clients. */
  readonly url?: string;
  /**
   * Instead of `url`: a client made by `createClient`, `createCluster` or `createSentinel` of the `redis` package, 6 or
   * newer, without `keyPrefix`. It need not be connected. The store connects two duplicates of it, one for commands and
   * one for subscriptions.
   */
  readonly client?: RedisClientLike;
  /** The beginning of every key and channel; default `stepgate:`. */
  readonly prefix?: string;
  /** How long to wait for an answer, reconnecting included, before the request is refused; default 2000. */
  readonly timeoutMs?: number;
  /** Called once per fault, until it is over; default `console.error`. */
  readonly onError?: (error: unknown) => void;
}

/** A store on Redis. */
export interface RedisStore extends Store {
  subscribe(key: string, listener: (version?: number) => void): () => void;
  now(): number;
  /** Ends the store's connections. A `client` that you gave is left as it is. */
  close(): void;
}

/**
 * A store on Redis 7 or Valkey, for apps of more than one process. Each operation is one step on the server and touches
 * one key.
 *
 * @example
 * const store = createRedisStore({ url: 'redis://127.0.0.1:6379' });
 * const gate = createGate({ ...options, store });
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createRedisStore(options: RedisStoreOptions): RedisStore {
  assertOptions(options);
  const { prefix = 'stepgate:', timeoutMs = 2_000, onError = (error) => console.error(error) } = options;
  const faults = createFaultReport(onError);
  const clock = createServerClock();
  // A replica may not know yet that an approval was used.
  const open = (): RedisClientLike =>
    options.client?.duplicate({ useReplicas: false, replicaPoolSize: 0 }) ??
    createOwnClient(options.url ?? '', timeoutMs);
  const connection = createConnection({ open, timeoutMs, onError: faults.report });
  connection.connect().catch(faults.report);
  const subscriptions = createSubscriptions({ open, timeoutMs, onError: faults.report });

  async function answered<T>(kind: StoreWork, work: (client: RedisClientLike) => Promise<T>): Promise<T> {
    try {
      const answer = await connection.run((client) =>
        // A command that could not be sent by then is never sent, since its caller was refused.
        work(client.withCommandOptions({ timeout: timeoutMs, typeMapping: {} })),
      );
      faults.isOver(kind);
      return answer;
    } catch (error) {
      faults.report(error, kind);
      throw error;
    }
  }

  async function askTime(client: RedisClientLike): Promise<void> {
    const asked = clock.ask();
    const [seconds, micros] = (await client.time()) as [string, string];
    clock.sample(Number(seconds) * 1_000 + Number(micros) / 1_000, asked);
  }

  return {
    async read(key) {
      const [fields] = await answered('read', (client) =>
        Promise.all([
          client.hmGet(prefix + key, ['version', 'value']),
          clock.isStale() ? askTime(client) : undefined,
        ]),
      );
      const [version, value] = fields as [string | null, string | null];
      if (version === null || value === null) return undefined;
      return { value: JSON.parse(value) as Json, version: Number(version) };
    },
    async write(key, value, { ifVersion, ttlMs }) {
      const ttl = Math.min(Math.max(0, Math.ceil(ttlMs)), Number.MAX_SAFE_INTEGER);
      const args = [String(ifVersion), JSON.stringify(value), String(ttl)];
      const version = await answered('write', (client) => run(client, WRITE, prefix + key, args));
      return version === null ? undefined : Number(version);
    },
    async delete(key) {
      await answered('write', (client) => run(client, DELETE, prefix + key));
    },
    subscribe: (key, listener) => subscriptions.add(prefix + key, listener),
    now: () => clock.now(),
    close() {
      faults.close();
      subscriptions.close();
      connection.close();
    },
  };
}

function assertOptions(options: RedisStoreOptions): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('options: must be an object');
  const { url, client, prefix, timeoutMs, onError, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new TypeError(`${unknown}: is not an option (url, client, prefix, timeoutMs, onError)`);
  }
  if ((url === undefined) === (client === undefined))
    throw new TypeError('url, client: give exactly one of them');
  if (url !== undefined && (typeof url !== 'string' || !/^rediss?:/.test(url) || !URL.canParse(url))) {
    throw new TypeError("url: must be an address like 'redis://127.0.0.1:6379'");
  }
  if (client !== undefined && typeof client?.withCommandOptions !== 'function') {
    throw new TypeError(
      'client: must be made by createClient, createCluster or createSentinel of the package redis, 6 or newer; ioredis does not work',
    );
  }
  if (client?.options?.keyPrefix)
    throw new TypeError('client: must not have a keyPrefix; set prefix instead');
  if (prefix !== undefined && typeof prefix !== 'string') throw new TypeError('prefix: must be a string');
  if (timeoutMs !== undefined && !(Number.isSafeInteger(timeoutMs) && timeoutMs > 0)) {
    throw new TypeError('timeoutMs: must be a whole number of milliseconds, 1 or more');
  }
  if (onError !== undefined && typeof onError !== 'function')
    throw new TypeError('onError: must be a function');
}
