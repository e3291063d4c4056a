/** What the store uses of a `Pool` of `pg`. */
export interface PoolLike {
  readonly options?: { readonly max?: number | undefined };
  connect(): Promise<PoolClient>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** A client, as taken from the pool. */
interface PoolClient extends ClientLike {
  release(error?: boolean): void;
}

/** What the store uses of a `Client` of `pg`. */
export interface ClientLike {
  query(query: Query): Promise<Answer>;
  on(event: 'error' | 'end', listener: () => void): unknown;
  on(event: 'notification', listener: (message: Notification) => void): unknown;
  off(event: 'error' | 'end', listener: () => void): unknown;
}

interface Notification {
  readonly payload?: string | undefined;
}

/** A statement, with how long to wait for its answer. */
interface Query {
  readonly text: string;
  readonly values?: unknown[];
  readonly query_timeout: number;
}

interface Answer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly rowCount: number | null;
}

/** Sends one statement; rejects when there is no answer within the time. */
export type Ask = (text: string, values?: unknown[] | TimedValues, options?: AskOptions) => Promise<Answer>;

/** Values that depend on how long the caller still waits. */
type TimedValues = (leftMs: number) => unknown[];

interface AskOptions {
  readonly timeoutMs?: number;
  /** Called when the statement is sent, after the wait for a connection. */
  readonly onSent?: () => void;
  /** Throws if the answer is from the wrong server; its connection is then closed. */
  readonly accept?: (rows: Answer['rows']) => void;
}

const ignore = (): void => {};

/** Makes the sender. It closes a connection on which something failed, since that may lead to a dead server. */
export function createAsk(pool: PoolLike, usualTimeoutMs: number): Ask {
  return async (text, values, { timeoutMs = usualTimeoutMs, onSent, accept } = {}) => {
    const until = performance.now() + timeoutMs;
    const client = await takeClient(pool, timeoutMs);
    // Without a listener, a connection that breaks ends the process. The query below rejects anyway.
    client.on('error', ignore);
    let isBroken = true;
    try {
      onSent?.();
      const left = Math.max(1, Math.ceil(until - performance.now()));
      const given = typeof values === 'function' ? values(left) : values;
      const answer = await client.query({ text, ...(given && { values: given }), query_timeout: left });
      accept?.(answer.rows);
      isBroken = false;
      return answer;
    } catch (error) {
      throw named(error, timeoutMs);
    } finally {
      client.off('error', ignore);
      client.release(isBroken);
    }
  };
}

/** Takes a client. One that comes too late goes back unused, since the caller was refused. */
export async function takeClient(pool: PoolLike, timeoutMs: number): Promise<PoolClient> {
  const connecting = pool.connect();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`postgres: no connection within ${timeoutMs} ms`));
    connecting.then((client) => client.release(), ignore);
  }, timeoutMs);
  try {
    return await Promise.race([connecting, late]);
  } finally {
    clearTimeout(timer);
  }
}

function named(error: unknown, timeoutMs: number): unknown {
  const isTimeout = error instanceof Error && error.message === 'Query read timeout';
  return isTimeout ? new Error(`postgres: no answer within ${timeoutMs} ms`) : error;
}
