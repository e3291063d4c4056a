import { isUp, nodesOf, type RedisClientLike } from './redis-client.ts';

/** A connection that is replaced by a new one when the server stops answering on it. */
export interface Connection {
  /** Connects before the first work. */
  connect(): Promise<void>;
  /** Does work once connected; rejects when there is no answer within the time. */
  run<T>(work: (client: RedisClientLike) => Promise<T>): Promise<T>;
  close(): void;
}

/** Options of {@link createConnection}. */
export interface ConnectionOptions {
  /** Makes a client that is not connected yet. */
  readonly open: () => RedisClientLike;
  /** How long to wait for an answer. */
  readonly timeoutMs: number;
  readonly onError: (error: unknown) => void;
  /** Called with each new client before any work is done on it. */
  readonly onConnected?: (client: RedisClientLike) => void;
}

/** How many times `timeoutMs` a client may take to connect. One that takes longer is asking a silent node. */
const TIMEOUTS_TO_CONNECT = 2;

/** There was no answer in time. */
class NoAnswer extends Error {}

/**
 * Makes the connection; the first work opens it. A client reconnects by itself when it notices that it was cut off. It
 * cannot notice a machine that has lost its power: the operating system keeps such a connection for minutes, and a
 * cluster's client keeps sending to the dead node after another has taken over. So when an answer does not come in time,
 * a second client is made beside the first, and replaces it once it is connected.
 */
export function createConnection({ open, timeoutMs, onError, onConnected }: ConnectionOptions): Connection {
  const clients = new Set<RedisClientLike>();
  let current: RedisClientLike | undefined;
  let connecting: Promise<RedisClientLike> | undefined;
  let isClosed = false;

  function end(client: RedisClientLike): void {
    if (clients.delete(client) && client.isOpen) client.destroy();
  }

  /** Leaves time for answers that are still on their way. */
  function retire(client: RedisClientLike): void {
    setTimeout(() => end(client), timeoutMs).unref();
  }

  async function connect(): Promise<RedisClientLike> {
    const fresh = open();
    clients.add(fresh);
    fresh.on('error', onError);
    // A client that is destroyed while its socket opens keeps the socket, so it is destroyed once more.
    const endAgain = (): void => void (clients.has(fresh) || fresh.destroy());
    fresh.on('connect', endAgain);
    try {
      await inTime(fresh.connect().finally(endAgain), TIMEOUTS_TO_CONNECT * timeoutMs);
    } catch (error) {
      end(fresh);
      throw error;
    }
    if (isClosed) throw closed();
    if (current !== undefined) retire(current);
    current = fresh;
    onConnected?.(fresh);
    return fresh;
  }

  function renew(): Promise<RedisClientLike> {
    if (isClosed) return Promise.reject(closed());
    connecting ??= connect().finally(() => {
      connecting = undefined;
    });
    return connecting;
  }

  /** Replaces a client that believes it is connected. One that knows better reconnects by itself. */
  function replace(client: RedisClientLike): void {
    if (client === current && isUp(client)) renew().catch(onError);
  }

  /** Notices a silent node even when there is no other work. */
  async function look(): Promise<void> {
    const client = current;
    if (client === undefined) return;
    if (!client.isOpen) {
      // It gave up, as its `reconnectStrategy` told it to.
      await renew().catch(onError);
      return;
    }
    const pings = nodesOf(client).map((node) => node.ping().catch(() => {}));
    await inTime(Promise.all(pings), timeoutMs).catch(() => replace(client));
  }

  const timer = setInterval(() => void look(), timeoutMs);
  timer.unref();

  return {
    async connect() {
      await renew();
    },
    async run(work) {
      let client: RedisClientLike | undefined;
      let isRefused = false;
      try {
        return await inTime(
          (async () => {
            client = current?.isOpen ? current : await renew();
            // Work whose caller was refused must not be done later.
            if (isRefused) throw new NoAnswer();
            return work(client);
          })(),
          timeoutMs,
        );
      } catch (error) {
        isRefused = true;
        if (error instanceof NoAnswer && client !== undefined) replace(client);
        throw error;
      }
    },
    close() {
      isClosed = true;
      clearInterval(timer);
      for (const client of clients) end(client);
    },
  };
}

function closed(): Error {
  return new Error('redis: the store is closed');
}

/** A command on a dead connection would otherwise wait for its answer forever. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new NoAnswer(`redis: no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
