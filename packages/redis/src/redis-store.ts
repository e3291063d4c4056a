import type { Json, Store } from '@stepgate/server';
import { createConnection } from './connection.ts';
import { createOwnClient, type RedisClientLike } from './redis-client.ts';
import { DELETE, run, WRITE } from './scripts.ts';
import { createServerClock } from './server-clock.ts';
import { createSubscriptions } from './subscriptions.ts';

/** Options of {@link createRedisStore}. */
export interface RedisStoreOptions {
  /** `redis[s]://[[user][:password]@]host[:port][/db]`, for a connection of the store's own. */
  readonly url?: string;
  /**
   * In place of the `url`, a client to make others like: of `createClient`, `createCluster` or `createSentinel` of the
   * `redis` package, 6 or newer, without `keyPrefix`. It need not be connected: the store connects duplicates of it,
   * one for commands and one on which watchers are called.
   */
  readonly client?: RedisClientLike;
  /** What every key and channel begins with; default `stepgate:`. */
  readonly prefix?: string;
  /** How long an answer is waited for, reconnecting included, before the request is refused; default 2000. */
  readonly timeoutMs?: number;
  /** Hears of each fault once, until it is over; default `console.error`. */
  readonly onError?: (error: unknown) => void;
}

/** A store on Redis. */
export interface RedisStore extends Store {
  subscribe(key: string, listener: () => void): () => void;
  now(): number;
  /** Ends the store's connections; a `client` that was given is left as it is. */
  close(): void;
}

/**
 * A store on Redis 7 or Valkey, for an app of more than one process. Each operation is one step on the server and
 * touches one key.
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
  const report = createReport(onError);
  const clock = createServerClock();
  // A replica may not know yet that an approval was used.
  const open = (): RedisClientLike =>
    options.client?.duplicate({ useReplicas: false, replicaPoolSize: 0 }) ??
    createOwnClient(options.url ?? '', timeoutMs);
  const connection = createConnection({ open, timeoutMs, onError: report.fault });
  connection.connect().catch(report.fault);
  const subscriptions = createSubscriptions({ open, timeoutMs, onError: report.fault });

  async function answered<T>(work: (client: RedisClientLike) => Promise<T>): Promise<T> {
    try {
      const answer = await connection.run((client) =>
        // What could not be sent by then is never sent: nobody waits for it any more.
        work(client.withCommandOptions({ timeout: timeoutMs, typeMapping: {} })),
      );
      report.isOver();
      return answer;
    } catch (error) {
      report.fault(error);
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
      const [fields] = await answered((client) =>
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
      const version = await answered((client) => run(client, WRITE, prefix + key, args));
      return version === null ? undefined : Number(version);
    },
    async delete(key) {
      await answered((client) => run(client, DELETE, prefix + key));
    },
    subscribe: (key, listener) => subscriptions.add(prefix + key, listener),
    now: () => clock.now(),
    close() {
      report.close();
      subscriptions.close();
      connection.close();
    },
  };
}

/** Passes each fault on once, until something works again: an outage is not one line for each request. */
function createReport(onError: (error: unknown) => void): {
  readonly fault: (error: unknown) => void;
  readonly isOver: () => void;
  /** What ends with the store is no fault. */
  readonly close: () => void;
} {
  const known = new Set<string>();
  let isClosed = false;
  return {
    fault(error) {
      const words = String(error);
      if (isClosed || known.has(words)) return;
      known.add(words);
      onError(error);
    },
    isOver: () => known.clear(),
    close() {
      isClosed = true;
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
  if ((url === undefined) === (client === undefined)) throw new TypeError('give either url or client');
  if (url !== undefined && (typeof url !== 'string' || !/^rediss?:/.test(url) || !URL.canParse(url))) {
    throw new TypeError("url: must be an address like 'redis://127.0.0.1:6379'");
  }
  if (client !== undefined && typeof client?.withCommandOptions !== 'function') {
    throw new TypeError(
      'client: must be made by createClient, createCluster or createSentinel of the package redis, 6 or newer; ioredis is another',
    );
  }
  if (client?.options?.keyPrefix) throw new TypeError('client: must have no keyPrefix, set prefix instead');
  if (prefix !== undefined && typeof prefix !== 'string') throw new TypeError('prefix: must be a string');
  if (timeoutMs !== undefined && !(Number.isSafeInteger(timeoutMs) && timeoutMs > 0)) {
    throw new TypeError('timeoutMs: must be a whole number of milliseconds from 1');
  }
  if (onError !== undefined && typeof onError !== 'function')
    throw new TypeError('onError: must be a function');
}
