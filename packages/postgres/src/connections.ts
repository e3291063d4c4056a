import { Client, Pool } from 'pg';
import type { ListenConnection } from './listening.ts';
import { type PoolLike, takeClient } from './pool.ts';

/** How the store reaches the server. */
export interface Connections {
  readonly pool: PoolLike;
  /** Opens a connection for LISTEN; undefined if the app wants no notifications. */
  readonly openListen: (() => Promise<ListenConnection>) | undefined;
  /** Ends the pool, unless it is the app's. */
  readonly end: () => void;
}

/** How many times `timeoutMs` a connection may take to open. If the first request is refused, it serves the next. */
const TIMEOUTS_TO_CONNECT = 2;

const ignore = (): void => {};

/** Makes the connections; each opens when it is needed. */
export function createConnections({
  url = '',
  pool,
  listen,
  timeoutMs,
}: {
  readonly url?: string;
  readonly pool?: PoolLike;
  readonly listen?: string | false;
  readonly timeoutMs: number;
}): Connections {
  if (pool !== undefined) {
    const borrow = listen === undefined ? () => listenInPool(pool, timeoutMs) : undefined;
    return { pool, openListen: borrow ?? listenAt(listen, timeoutMs), end: ignore };
  }
  const own = new Pool({
    connectionString: url,
    connectionTimeoutMillis: TIMEOUTS_TO_CONNECT * timeoutMs,
    keepAlive: true,
    application_name: 'stepgate',
  });
  return {
    pool: own,
    openListen: listenAt(listen ?? url, timeoutMs),
    end: () => void own.end().catch(ignore),
  };
}

/** A connection that only listens. */
function listenAt(
  url: string | false | undefined,
  timeoutMs: number,
): (() => Promise<ListenConnection>) | undefined {
  if (url === undefined || url === false) return undefined;
  return async () => {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: timeoutMs,
      keepAlive: true,
      application_name: 'stepgate listening',
    });
    // Without a listener, a connection that breaks ends the process.
    client.on('error', ignore);
    await client.connect();
    return { client, end: () => void client.end().catch(ignore) };
  };
}

/** A connection of the app's pool, for as long as the store listens. */
async function listenInPool(pool: PoolLike, timeoutMs: number): Promise<ListenConnection> {
  const client = await takeClient(pool, timeoutMs);
  client.on('error', ignore);
  return { client, end: () => client.release(true) };
}
