import type { Names } from './migration.ts';

/** What the store asks of the server: each is one statement, and so one transaction. */
export interface Statements {
  /** $1 key. Always one row, with the server's time. */
  readonly read: string;
  /** $1 key, $2 value, $3 time to live in ms, $4 payload, $5 longest wait in ms. One row when it has written. */
  readonly create: string;
  /** The same, and $6 the version that must be there. */
  readonly replace: string;
  /** $1 key, $2 payload. */
  readonly delete: string;
  /** $1 how many at most. */
  readonly sweep: string;
  /** $1 payload. */
  readonly notify: string;
}

/** Some 95 years, since times that PostgreSQL cannot hold are errors. */
const LONGEST_TTL_MS = '3e12';

/**
 * Writes the statements. `clock_timestamp()` is the time as it is: `now()` stands still at the begin of the transaction.
 * A write is two statements, since one that serves both cases would decide by a snapshot, and create anew a record that
 * has been deleted meanwhile.
 */
export function createStatements({ table, sequence, channel }: Names): Statements {
  const expires = `clock_timestamp() + least($3::float8, ${LONGEST_TTL_MS}) * interval '1 millisecond'`;
  // One that has waited for a lock for longer was refused meanwhile, and must not be done any more.
  const inTime = "clock_timestamp() < now() + $5::float8 * interval '1 millisecond'";
  const version = `nextval('${sequence}')`;
  const told = (payload: string): string =>
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
) ${told('$4')}`,
    replace: `
WITH written AS (
  UPDATE ${table} SET value = $2, version = ${version}, expires = ${expires}
  WHERE key = $1 AND version = $6::bigint AND expires > clock_timestamp() AND ${inTime}
  RETURNING version
) ${told('$4')}`,
    delete: `
WITH written AS (DELETE FROM ${table} WHERE key = $1 RETURNING version) ${told('$2')}`,
    sweep: `
DELETE FROM ${table} WHERE key IN (
  SELECT key FROM ${table} WHERE expires < clock_timestamp() - interval '1 minute'
  LIMIT $1::int FOR UPDATE SKIP LOCKED
)`,
    notify: `SELECT pg_notify('${channel}', $1)`,
  };
}
