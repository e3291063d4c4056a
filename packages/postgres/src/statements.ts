import type { Names } from './migration.ts';

/** What the store sends. Each is one statement, and therefore one transaction. */
export interface Statements {
  /** $1 key. Always one row, with the server's time. */
  readonly read: string;
  /** $1 key, $2 value, $3 time to live in ms, $4 payload, $5 longest wait in ms. Returns a row if it has written. */
  readonly create: string;
  /** The same, and $6 the version that must be there. */
  readonly replace: string;
  /** $1 key, $2 payload. */
  readonly delete: string;
  /** $1 the largest number of rows. */
  readonly sweep: string;
  /** $1 payload. */
  readonly notify: string;
}

/** About 95 years. PostgreSQL rejects times that it cannot represent. */
const LONGEST_TTL_MS = '3e12';

/**
 * Writes the statements. `clock_timestamp\(\)` is the present time, while `now\(\)` is the start of the transaction. There are
 * two kinds of write: a single statement for both would decide by its snapshot, and re-create a record that was deleted
 * meanwhile.
 */
export function createStatements({ table, sequence, channel }: Names): Statements {
  const expires = `clock_timestamp() + least($3::float8, ${LONGEST_TTL_MS}) * interval '1 millisecond'`;
  // A write that had to wait for a lock for longer was already refused, so it must not happen.
  const inTime = "clock_timestamp() < now() + $5::float8 * interval '1 millisecond'";
  const version = `nextval('${sequence}')`;
  const notified = (payload: string): string =>
    `SELECT version::text, pg_notify('${channel}', ${payload}) FROM written`;
  return {
    read: `
SELECT record.version::text, record.value, pg_is_in_recovery() AS "isReplica",
  (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now
FROM (SELECT) AS always LEFT JOIN ${table} AS record ON record.key = $1 AND record.expires > clock_timestamp()`,
    create: `
WITH written AS (
  INSERT INTO ${table} AS record (key, value, version, expires)
  SELECT $1::bytea, $2::text, ${version}, ${expires} WHERE ${inTime}
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version, expires = excluded.expires
  WHERE record.expires <= clock_timestamp() AND ${inTime}
  RETURNING version
) ${notified('$4')}`,
    replace: `
WITH written AS (
  UPDATE ${table} SET value = $2, version = ${version}, expires = ${expires}
  WHERE key = $1 AND version = $6::bigint AND expires > clock_timestamp() AND ${inTime}
  RETURNING version
) ${notified('$4')}`,
    delete: `
WITH written AS (DELETE FROM ${table} WHERE key = $1 RETURNING version) ${notified('$2')}`,
    sweep: `
DELETE FROM ${table} WHERE key IN (
  SELECT key FROM ${table} WHERE expires < clock_timestamp() - interval '1 minute'
  LIMIT $1::int FOR UPDATE SKIP LOCKED
)`,
    notify: `SELECT pg_notify('${channel}', $1)`,
  };
}
