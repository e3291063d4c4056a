import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isBusy } from './busy.ts';

/** Options of {@link openDatabase}. */
export interface DatabaseOptions {
  readonly path: string;
  /** Whether each write reaches the disk before it is reported. */
  readonly isDurable: boolean;
  /** How long to wait for a process that is opening the same file. */
  readonly timeoutMs: number;
}

/** Marks the file as a Stepgate store ("STGP"). */
const APPLICATION_ID = 0x53544750;
const FORMAT = 1;

/**
 * How long a statement blocks this process for another process's lock. Everything in `node:sqlite` is synchronous, so
 * longer waits are left to a timer.
 */
const BUSY_TIMEOUT_MS = 5;
const OPEN_AGAIN_AFTER_MS = 10;
/** The log of writes is cut back to this after it has grown. */
const LARGEST_LOG_BYTES = 4_194_304;

/**
 * `version` is the row's id. AUTOINCREMENT never gives one out twice, not even after rows were deleted, and it orders
 * all changes. A deleted record is a row without a value until it is swept, so that other processes notice the change.
 */
const SCHEMA = `
CREATE TABLE stepgate (
  version INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  value TEXT,
  expires INTEGER NOT NULL
);
CREATE INDEX stepgate_expires ON stepgate (expires);
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${FORMAT};`;

/**
 * Opens the file, and creates it if it does not exist.
 *
 * @throws Error when the file is something else, has a newer format, or cannot be opened.
 */
export function openDatabase({ path, isDurable, timeoutMs }: DatabaseOptions): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    // SQLite gives its two companion files the permissions of this one.
    closeSync(openSync(path, 'a', 0o600));
    database = new DatabaseSync(path);
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    whenFree(database, path, timeoutMs);
    database.exec(`PRAGMA synchronous = ${isDurable ? 'FULL' : 'NORMAL'}`);
    database.exec(`PRAGMA journal_size_limit = ${LARGEST_LOG_BYTES}`);
    return database;
  } catch (error) {
    database?.close();
    throw error instanceof OtherFile ? error : new Error(`${path}: ${adviceOn(error)}`, { cause: error });
  }
}

/** The file holds something that this version cannot use. */
class OtherFile extends Error {}

/** Blocks: an app that starts has nothing else to do yet. */
function whenFree(database: DatabaseSync, path: string, timeoutMs: number): void {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      prepare(database, path);
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, OPEN_AGAIN_AFTER_MS);
    }
  }
}

function prepare(database: DatabaseSync, path: string): void {
  // Before anything is changed in a file that belongs to somebody else. In one transaction, since another process may make
  // it a store between two reads.
  database.exec('BEGIN');
  try {
    assertOurs(database, path);
  } finally {
    rollBack(database);
  }
  // Only an empty file takes it.
  database.exec('PRAGMA auto_vacuum = INCREMENTAL');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been first.
    if (assertOurs(database, path) === 'empty') database.exec(SCHEMA);
    database.exec('COMMIT');
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** SQLite has done it already after some errors. */
function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // There is no transaction any more.
  }
}

function assertOurs(database: DatabaseSync, path: string): 'ours' | 'empty' {
  const id = numberFrom(database, 'PRAGMA application_id');
  const format = numberFrom(database, 'PRAGMA user_version');
  const tables = numberFrom(database, 'SELECT count(*) FROM sqlite_schema');
  if (id === 0 && format === 0 && tables === 0) return 'empty';
  if (id !== APPLICATION_ID) {
    throw new OtherFile(
      `${path}: this is a SQLite database, but not a Stepgate store. Give the store a file that nothing else uses.`,
    );
  }
  if (format > FORMAT) {
    throw new OtherFile(
      `${path}: the file has format ${format}, and this version of @stepgate/sqlite reads format ${FORMAT}. Update @stepgate/sqlite, or give another path.`,
    );
  }
  return 'ours';
}

function numberFrom(database: DatabaseSync, sql: string): number {
  return Number(Object.values(database.prepare(sql).get() ?? {})[0]);
}

/** What is wrong, and the fix where there is a usual one. */
function adviceOn(error: unknown): string {
  const { code, errcode, message } = error as NodeJS.ErrnoException & { readonly errcode?: number };
  if (code === 'ENOENT') return 'its folder does not exist. Create the folder first.';
  if (code === 'EISDIR') return 'this is a folder. Give the path of a file.';
  if (code === 'EACCES' || code === 'EROFS') {
    return 'this process may not write there. Give it a file and a folder that it may write to.';
  }
  const NOT_A_DATABASE = 26;
  if (errcode === NOT_A_DATABASE) {
    return 'this is not a SQLite database. Give the store a file that nothing else uses.';
  }
  if (isBusy(error)) return 'another process keeps the file locked. Close what else has opened it.';
  return message;
}
