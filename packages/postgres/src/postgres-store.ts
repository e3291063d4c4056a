import { hash } from 'node:crypto';
import type { Json, Store } from '@stepgate/server';
import {
  createFaultReport,
  createListeners,
  createServerClock,
  type StoreWork,
} from '@stepgate/server/store-kit';
import { createConnections } from './connections.ts';
import { createListening } from './listening.ts';
import { migrationInTurn, namesOf } from './migration.ts';
import { type Ask, createAsk, type PoolLike } from './pool.ts';
import { createStatements } from './statements.ts';
import { startSweeper } from './sweeper.ts';

/** Options of {@link createPostgresStore}. */
export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`, for a pool that the store makes and ends. */
  readonly url?: string;
  /**
   * Instead of `url`: a `Pool` of `pg`, which the app ends after the store. Set its `connectionTimeoutMillis`, or
   * connections to a server that has fallen silent can fill it for minutes.
   */
  readonly pool?: PoolLike;
  /**
   * The address for `LISTEN`; by default the `url`, or one connection of the `pool`. If these lead to a pooler in
   * transaction mode, give the address of the server itself, or `false`: watchers then read every second.
   */
  readonly listen?: string | false;
  /** The table: a name, or a schema and a name; default `stepgate`. */
  readonly table?: string;
  /** How long to wait for an answer, connecting included, before the request is refused; default 2000. */
  readonly timeoutMs?: number;
  /** Called once per fault, until it is over; default `console.error`. */
  readonly onError?: (error: unknown) => void;
}

/** A store on PostgreSQL. */
export interface PostgresStore extends Store {
  now(): number;
  /** Makes the table if it does not exist. Many processes may do it at the same time. */
  migrate(): Promise<void>;
  /** Ends the connections that the store has opened, and gives back the one that it listens on. */
  close(): void;
}

const MIGRATION_TIMEOUT_MS = 30_000;
/** The names of PostgreSQL's errors. */
const UNDEFINED_TABLE = '42P01';
const SERIALIZATION_FAILURE = '40001';
const MOST_ROUNDS = 5;
const ADDRESS = "must be an address like 'postgres://user:password@host:5432/database'";

/**
 * A store on PostgreSQL 13 or newer. Its table is made by `migrate`, or by the app's own migrations with `migrationSql`.
 *
 * @example
 * const store = createPostgresStore({ url: 'postgres://app:secret@localhost/app' });
 * await store.migrate();
 * const gate = createGate({ ...options, store });
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createPostgresStore(options: PostgresStoreOptions): PostgresStore {
  assertOptions(options);
  const { table = 'stepgate', timeoutMs = 2_000, onError = (error) => console.error(error) } = options;
  const names = namesOf(table);
  const statements = createStatements(names);
  const { pool, openListen, end } = createConnections({ ...options, timeoutMs });
  const faults = createFaultReport(onError);
  // Without a listener, an idle connection that breaks ends the process. It stays, since connections end after the store.
  pool.on('error', ({ message }) => {
    // The pool's own error holds the client, and with it the settings of the connection.
    faults.report(new Error(`postgres: an idle connection broke: ${message}`));
  });
  const clock = createServerClock();
  const send = createAsk(pool, timeoutMs);
  let isClosed = false;

  function asking(work: StoreWork): Ask {
    return async (...question) => {
      try {
        if (isClosed) throw new Error('postgres: the store is closed');
        const answer = await send(...question);
        faults.isOver(work);
        return answer;
      } catch (error) {
        const advised = advisedOn(error, table);
        if (!isConflict(error)) faults.report(advised, work);
        throw advised;
      }
    };
  }
  const [forRead, forWrite] = [asking('read'), asking('write')];

  const stopSweeper = startSweeper(forWrite, statements.sweep);
  const listeners = createListeners();
  const listening =
    openListen === undefined
      ? undefined
      : createListening({
          open: openListen,
          channel: names.channel,
          timeoutMs,
          notify: (payload) => forWrite(statements.notify, [payload]),
          onPayload: listeners.wake,
          onGap: listeners.wakeAll,
          onReceiving: () => faults.isOver('watch'),
          onError: (error) => faults.report(error, 'watch'),
        });

  return {
    async read(key) {
      let asked = clock.ask();
      const { rows } = await unlessConflict(() =>
        forRead(statements.read, [bytesOf(key)], {
          onSent: () => {
            asked = clock.ask();
          },
          accept: ([row]) => assertPrimary(row),
        }),
      );
      const [{ version, value, now } = {}] = rows;
      clock.sample(Number(now), asked);
      if (typeof version !== 'string' || typeof value !== 'string') return undefined;
      return { value: JSON.parse(value) as Json, version: Number(version) };
    },
    async write(key, value, { ifVersion, ttlMs }) {
      const ttl = Math.max(0, Math.ceil(ttlMs));
      const text = JSON.stringify(value);
      const values = (leftMs: number) => [bytesOf(key), text, ttl, digestOf(key), leftMs];
      try {
        const { rows } =
          ifVersion === 0
            ? await forWrite(statements.create, values)
            : await forWrite(statements.replace, (leftMs) => [...values(leftMs), String(ifVersion)]);
        return rows[0] === undefined ? undefined : Number(rows[0].version);
      } catch (error) {
        // With a stricter isolation level than the default, a write that lost gets this error.
        if (isConflict(error)) return undefined;
        throw error;
      }
    },
    async delete(key) {
      await unlessConflict(() => forWrite(statements.delete, [bytesOf(key), digestOf(key)]));
    },
    ...(listening && {
      subscribe(key: string, listener: () => void) {
        const leave = listeners.add(digestOf(key), listener);
        listening.start();
        return leave;
      },
    }),
    now: () => clock.now(),
    async migrate() {
      await forWrite(migrationInTurn(table), undefined, { timeoutMs: MIGRATION_TIMEOUT_MS });
    },
    close() {
      isClosed = true;
      faults.close();
      stopSweeper();
      listening?.close();
      end();
    },
  };
}

/** Keys may contain NUL, which `text` cannot. */
function bytesOf(key: string): Buffer {
  return Buffer.from(key);
}

/** Names a key in notifications, which hold 8,000 bytes at most. */
function digestOf(key: string): string {
  return hash('sha256', key, 'base64url');
}

/** A replica may not know yet that an approval was used. */
function assertPrimary(row: Readonly<Record<string, unknown>> | undefined): void {
  if (row?.isReplica !== true) return;
  throw new Error('postgres: this server is a replica, and may be behind. Give the address of the primary');
}

function isConflict(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === SERIALIZATION_FAILURE;
}

async function unlessConflict<T>(work: () => Promise<T>): Promise<T> {
  for (let round = 1; ; round += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isConflict(error) || round === MOST_ROUNDS) throw error;
    }
  }
}

function advisedOn(error: unknown, table: string): unknown {
  if ((error as { readonly code?: unknown }).code !== UNDEFINED_TABLE) return error;
  const words = `postgres: there is no table ${table}. Run \`await store.migrate()\` at the start, or give \`migrationSql()\` to your app's migrations`;
  return new Error(words, { cause: error });
}

function assertOptions(options: PostgresStoreOptions): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('options: must be an object');
  const { url, pool, listen, table, timeoutMs, onError, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new TypeError(`${unknown}: is not an option (url, pool, listen, table, timeoutMs, onError)`);
  }
  if ((url === undefined) === (pool === undefined))
    throw new TypeError('url, pool: give exactly one of them');
  if (url !== undefined && !isAddress(url)) throw new TypeError(`url: ${ADDRESS}`);
  if (pool !== undefined && (typeof pool?.connect !== 'function' || typeof pool.on !== 'function')) {
    throw new TypeError('pool: must be a Pool of the package pg');
  }
  if (listen !== undefined && listen !== false && !isAddress(listen)) {
    throw new TypeError(`listen: ${ADDRESS}, or false`);
  }
  if (pool?.options?.max === 1 && listen === undefined) {
    throw new TypeError(
      'pool: needs a max of 2 or more, since the store listens on one connection; or set listen',
    );
  }
  if (table !== undefined) namesOf(table);
  if (timeoutMs !== undefined && !(Number.isSafeInteger(timeoutMs) && timeoutMs > 0)) {
    throw new TypeError('timeoutMs: must be a whole number of milliseconds, 1 or more');
  }
  if (onError !== undefined && typeof onError !== 'function') {
    throw new TypeError('onError: must be a function');
  }
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && /^postgres(ql)?:/.test(value) && URL.canParse(value);
}
