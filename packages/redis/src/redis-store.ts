import type { Json, Store } from '@stepgate/server';
import { createOwnClient, type RedisClientLike, watchOver } from './redis-client.ts';
import { DELETE, run, WRITE } from './scripts.ts';
import { createServerClock } from './server-clock.ts';
import { createSubscriptions } from './subscriptions.ts';

/** Options of {@link createRedisStore}. */
export interface RedisStoreOptions {
  /** `redis[s]://[[user][:password]@]host[:port][/db]`, for a connection of the store's own. */
  readonly url?: string;
  /**
   * A client of yours in place of the `url`, which you connect: of `createClient`, `createCluster` or `createSentinel`
   * of the `redis` package, 6 or newer, without `keyPrefix`. Watchers are called on a duplicate of it.
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
  /** Ends the store's own connections; a `client` that was given is left as it is. */
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
  const own =
    options.client === undefined ? connectOwn(options.url ?? '', timeoutMs, report.fault) : undefined;
  const client = own?.client ?? (options.client as RedisClientLike);
  // What could not be sent by then is never sent: nobody waits for it any more.
  const hasty = client.withCommandOptions({ timeout: timeoutMs, typeMapping: {} });
  const subscriptions = createSubscriptions({
    connect: () => client.duplicate(),
    pingMs: timeoutMs,
    onError: report.fault,
  });

  async function answered<T>(work: Promise<T>): Promise<T> {
    try {
      const answer = await inTime(work, timeoutMs);
      report.isOver();
      return answer;
    } catch (error) {
      report.fault(error);
      throw error;
    }
  }

  async function askTime(): Promise<void> {
    const asked = clock.ask();
    const [seconds, micros] = (await hasty.time()) as [string, string];
    clock.sample(Number(seconds) * 1_000 + Number(micros) / 1_000, asked);
  }

  return {
    async read(key) {
      const asking = clock.isStale() ? askTime() : undefined;
      const reading = hasty.hmGet(prefix + key, ['version', 'value']);
      const [fields] = await answered(Promise.all([reading, asking]));
      const [version, value] = fields as [string | null, string | null];
      if (version === null || value === null) return undefined;
      return { value: JSON.parse(value) as Json, version: Number(version) };
    },
    async write(key, value, { ifVersion, ttlMs }) {
      const ttl = Math.min(Math.max(0, Math.ceil(ttlMs)), Number.MAX_SAFE_INTEGER);
      const args = [String(ifVersion), JSON.stringify(value), String(ttl)];
      const version = await answered(run(hasty, WRITE, prefix + key, args));
      return version === null ? undefined : Number(version);
    },
    async delete(key) {
      await answered(run(hasty, DELETE, prefix + key));
    },
    subscribe: (key, listener) => subscriptions.add(prefix + key, listener),
    now: () => clock.now(),
    close() {
      report.close();
      subscriptions.close();
      own?.close();
    },
  };
}

/** The store's own connection. */
interface OwnConnection {
  readonly client: RedisClientLike;
  close(): void;
}

function connectOwn(url: string, timeoutMs: number, onError: (error: unknown) => void): OwnConnection {
  const client = createOwnClient(url, timeoutMs);
  const connect = (): void => void client.connect().catch(onError);
  client.on('error', onError);
  connect();
  const unwatch = watchOver(client, timeoutMs, () => {
    client.destroy();
    connect();
  });
  return {
    client,
    close() {
      unwatch();
      client.destroy();
    },
  };
}

/** A command that was sent may wait for an answer for ever, when the connection has died without a word. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`redis: no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
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
