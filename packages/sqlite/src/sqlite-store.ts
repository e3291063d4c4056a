import type { Json, Store } from '@stepgate/server';
import { createFaultReport, createListeners, type StoreWork } from '@stepgate/server/store-kit';
import { whileBusy } from './busy.ts';
import { createChangeWatch } from './change-watch.ts';
import { openDatabase } from './database.ts';
import { startSweeper } from './sweeper.ts';

/** Options of {@link createSqliteStore}. */
export interface SqliteStoreOptions {
  /** The file. It is created if it does not exist; its folder must exist. On a disk of this machine, not a network file system. */
  readonly path: string;
  /** How long to wait for other processes that are writing, before the request is refused; default 2000. */
  readonly timeoutMs?: number;
  /**
   * Whether each write reaches the disk before it is reported; default true. Without it writes are some five times
   * faster, and a power failure may forget the last ones: an approval for a single use could then be used again.
   */
  readonly durable?: boolean;
  /** Called once per fault, until it is over; default `console.error`. */
  readonly onError?: (error: unknown) => void;
}

/** A store in a SQLite file. */
export interface SqliteStore extends Store {
  subscribe(key: string, listener: () => void): () => void;
  /** Closes the file. */
  close(): void;
}

/** A deleted record has no value, and its time is over, unless the clock goes back. */
const LIVING = 'FROM stepgate WHERE key = :key AND expires > :now AND value IS NOT NULL';
const READ = `SELECT version, value ${LIVING}`;
const WRITE = `
INSERT OR REPLACE INTO stepgate (key, value, expires) SELECT :key, :value, :expires
WHERE coalesce((SELECT version ${LIVING}), 0) = :ifVersion
RETURNING version`;
const DELETE = `
INSERT OR REPLACE INTO stepgate (key, value, expires) SELECT :key, NULL, :now
WHERE EXISTS (SELECT 1 ${LIVING})`;

/**
 * A store in a file, for one machine: it survives restarts, and several processes may share it. It needs Node 22.13 or
 * newer, and no service.
 *
 * @example
 * const store = createSqliteStore({ path: 'stepgate.db' });
 * const gate = createGate({ ...options, store });
 *
 * @throws TypeError naming the option that is wrong; Error when the file cannot be opened, is something else, or was
 * written by a newer version.
 */
export function createSqliteStore(options: SqliteStoreOptions): SqliteStore {
  assertOptions(options);
  const { path, timeoutMs = 2_000, durable = true, onError = (error) => console.error(error) } = options;
  const faults = createFaultReport(onError);
  const database = openDatabase({ path, isDurable: durable, timeoutMs });
  const listeners = createListeners();
  const watch = createChangeWatch({ database, listeners, onError: (error) => faults.report(error, 'read') });
  const stopSweeper = startSweeper(database, (error) => faults.report(error, 'write'));
  const reading = database.prepare(READ);
  const writing = database.prepare(WRITE);
  const deleting = database.prepare(DELETE);
  let isClosed = false;

  async function done<T>(kind: StoreWork, work: () => T): Promise<T> {
    try {
      const result = await whileBusy(() => {
        if (isClosed) throw new Error('sqlite: the store is closed');
        return work();
      }, timeoutMs);
      faults.isOver(kind);
      return result;
    } catch (error) {
      faults.report(error, kind);
      throw error;
    }
  }

  return {
    async read(key) {
      const row = await done('read', () => reading.get({ key, now: Date.now() }));
      if (row === undefined) return undefined;
      return { value: JSON.parse(String(row.value)) as Json, version: Number(row.version) };
    },
    async write(key, value, { ifVersion, ttlMs }) {
      const text = JSON.stringify(value);
      const rows = await done('write', () => {
        const now = Date.now();
        const expires = Math.min(now + Math.max(0, Math.ceil(ttlMs)), Number.MAX_SAFE_INTEGER);
        // `get` stops after the first row, commits behind our back, and reports a commit that failed as done.
        return writing.all({ key, value: text, expires, now, ifVersion });
      });
      const version = rows[0]?.version;
      if (version === undefined) return undefined;
      listeners.wake(key);
      return Number(version);
    },
    async delete(key) {
      await done('write', () => deleting.run({ key, now: Date.now() }));
      listeners.wake(key);
    },
    subscribe(key, listener) {
      const leave = listeners.add(key, listener);
      if (!isClosed) watch.start();
      return () => {
        leave();
        if (listeners.isEmpty()) watch.stop();
      };
    },
    close() {
      faults.close();
      watch.stop();
      stopSweeper();
      if (!isClosed) database.close();
      isClosed = true;
    },
  };
}

function assertOptions(options: SqliteStoreOptions): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('options: must be an object');
  const { path, timeoutMs, durable, onError, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new TypeError(`${unknown}: is not an option (path, timeoutMs, durable, onError)`);
  }
  if (typeof path !== 'string' || path === '' || path.startsWith(':') || path.startsWith('file:')) {
    throw new TypeError(
      "path: must be the path of a file, like './stepgate.db'; for a store in memory, use createMemoryStore of @stepgate/server",
    );
  }
  if (timeoutMs !== undefined && !(Number.isSafeInteger(timeoutMs) && timeoutMs > 0)) {
    throw new TypeError('timeoutMs: must be a whole number of milliseconds, 1 or more');
  }
  if (durable !== undefined && typeof durable !== 'boolean') {
    throw new TypeError('durable: must be true or false');
  }
  if (onError !== undefined && typeof onError !== 'function') {
    throw new TypeError('onError: must be a function');
  }
}
