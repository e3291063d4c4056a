import { isUp, nodesOf, type RedisClientLike } from './redis-client.ts';

/** A connection of the store's own, in the place of which another one is set when it answers no more. */
export interface Connection {
  /** Opens it beforehand. */
  connect(): Promise<void>;
  /** Does work on it, once it is there; refuses when there is no answer within the time. */
  run<T>(work: (client: RedisClientLike) => Promise<T>): Promise<T>;
  close(): void;
}

/** Options of {@link createConnection}. */
export interface ConnectionOptions {
  /** Makes a client that is not connected. */
  readonly open: () => RedisClientLike;
  /** How long an answer is waited for. */
  readonly timeoutMs: number;
  readonly onError: (error: unknown) => void;
  /** Hears of each new client before any work is done on it. */
  readonly onConnected?: (client: RedisClientLike) => void;
}

/** A client that has not come about after so many times the wait for an answer asks a node that says nothing. */
const ANSWERS_TO_CONNECT = 2;

/** No answer in time. */
class Silence extends Error {}

/**
 * Makes the connection; the first work opens it. A client reconnects by itself when it is told that it is cut
 * off. A machine that has lost its power tells nobody: the operating system keeps its connections for minutes, and a
 * client of a cluster keeps sending to it when another node has long taken its place. Where a question is not answered
 * in time, another client is therefore made beside the one that is there, and takes its place once it is connected.
 */
export function createConnection({ open, timeoutMs, onError, onConnected }: ConnectionOptions): Connection {
  const clients = new Set<RedisClientLike>();
  let current: RedisClientLike | undefined;
  let connecting: Promise<RedisClientLike> | undefined;
  let isClosed = false;

  function end(client: RedisClientLike): void {
    if (clients.delete(client) && client.isOpen) client.destroy();
  }

  /** What is under way on it may still be answered. */
  function retire(client: RedisClientLike): void {
    setTimeout(() => end(client), timeoutMs).unref();
  }

  async function connect(): Promise<RedisClientLike> {
    const fresh = open();
    clients.add(fresh);
    fresh.on('error', onError);
    // A client that is destroyed while its socket opens has the socket all the same, and keeps it.
    const endAgain = (): void => void (clients.has(fresh) || fresh.destroy());
    fresh.on('connect', endAgain);
    try {
      await inTime(fresh.connect().finally(endAgain), ANSWERS_TO_CONNECT * timeoutMs);
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

  function doubt(client: RedisClientLike): void {
    if (client === current && isUp(client)) renew().catch(onError);
  }

  /** Notices a silent node though nobody asks anything of it. */
  async function look(): Promise<void> {
    const client = current;
    if (client === undefined) return;
    if (!client.isOpen) {
      // It has given up, as the app has told it to.
      await renew().catch(onError);
      return;
    }
    const pings = nodesOf(client).map((node) => node.ping().catch(() => {}));
    await inTime(Promise.all(pings), timeoutMs).catch(() => doubt(client));
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
            // Nobody waits for it any more: it is not done behind everybody's back.
            if (isRefused) throw new Silence();
            return work(client);
          })(),
          timeoutMs,
        );
      } catch (error) {
        isRefused = true;
        if (error instanceof Silence && client !== undefined) doubt(client);
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

/** A command that was sent may wait for an answer for ever, when the connection has died without a word. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Silence(`redis: no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
