import { Client, Pool } from 'pg';
import type { Line } from './listening.ts';
import { lend, type PoolLike } from './pool.ts';

/** How the store reaches the server. */
export interface Connections {
  readonly pool: PoolLike;
  /** Opens a connection to listen on; undefined when notifications are not wanted. */
  readonly openLine: (() => Promise<Line>) | undefined;
  /** Ends the pool, unless it is the app's. */
  readonly end: () => void;
}

/** How many times `timeoutMs` a connection may take to open: it serves the next request, if the first was refused. */
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
    const borrow = listen === undefined ? () => borrowLine(pool, timeoutMs) : undefined;
    return { pool, openLine: borrow ?? lineTo(listen, timeoutMs), end: ignore };
  }
  const own = new Pool({
    connectionString: url,
    connectionTimeoutMillis: TIMEOUTS_TO_CONNECT * timeoutMs,
    keepAlive: true,
    application_name: 'stepgate',
  });
  return { pool: own, openLine: lineTo(listen ?? url, timeoutMs), end: () => void own.end().catch(ignore) };
}

/** A connection that only listens. */
function lineTo(url: string | false | undefined, timeoutMs: number): (() => Promise<Line>) | undefined {
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
async function borrowLine(pool: PoolLike, timeoutMs: number): Promise<Line> {
  const client = await lend(pool, timeoutMs);
  client.on('error', ignore);
  return { client, end: () => client.release(true) };
}
