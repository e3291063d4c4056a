import { Client } from 'pg';
import { allBlocked, type CheckName, type Finding, fail, ok, warn } from '../../finding.ts';
import { clockOf, type StoreClock } from './clock.ts';

const TIMEOUT_MS = 3_000;
const REST: readonly CheckName[] = ['store-eviction', 'store-durability', 'store-replication', 'store-clock'];
const COLUMNS = 'key bytea, version bigint, expires timestamp with time zone, value text';
const NAME = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/;
const MIGRATE = 'run the SQL of `migrationSql()`, or call `store.migrate()`, in this database';

const FACTS = `
SELECT current_setting('server_version') AS version,
  pg_is_in_recovery() AS replica,
  to_regclass($1) IS NOT NULL AS has_table,
  to_regclass($2) IS NOT NULL AS has_sequence,
  current_setting('fsync') AS fsync,
  current_setting('synchronous_commit') AS commit,
  current_setting('synchronous_standby_names') AS standbys,
  (SELECT count(*)::int FROM pg_stat_replication) AS replicas,
  (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`;

const TABLE = `
SELECT (SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped) AS columns,
  t.relpersistence = 'u' AS is_unlogged,
  s.relpersistence = 'u' AS is_sequence_unlogged,
  has_table_privilege(t.oid, 'SELECT') AND has_table_privilege(t.oid, 'INSERT')
    AND has_table_privilege(t.oid, 'UPDATE') AND has_table_privilege(t.oid, 'DELETE')
    AND has_sequence_privilege(s.oid, 'USAGE') AS may_use
FROM pg_class t, pg_class s WHERE t.oid = to_regclass($1) AND s.oid = to_regclass($2)`;

interface Facts {
  readonly version: string;
  readonly replica: boolean;
  readonly has_table: boolean;
  readonly has_sequence: boolean;
  readonly fsync: string;
  readonly commit: string;
  readonly standbys: string;
  readonly replicas: number;
  readonly now: number;
}

interface Table {
  readonly columns: string;
  readonly is_unlogged: boolean;
  readonly is_sequence_unlogged: boolean;
  readonly may_use: boolean;
}

/** Checks a PostgreSQL, and what `@stepgate/postgres` needs in it. Writes nothing. */
export async function checkPostgres(url: string, table = 'stepgate'): Promise<readonly Finding[]> {
  if (!NAME.test(table)) {
    throw new TypeError("postgresTable: must be a table's name, like 'stepgate' or 'app.stepgate'");
  }
  const found = await read(url, table);
  if ('problem' in found) {
    const fix =
      'check POSTGRES_URL, postgres://[user[:password]@]host[:port]/database, and that its user may connect';
    return [fail('store', found.problem, fix), ...allBlocked(REST, 'store')];
  }
  const { facts, table: own, clock } = found;
  return [
    migrated(facts, own, table),
    ok('store-eviction', 'a database, which evicts nothing'),
    durability(facts, own),
    replication(facts),
    clockOf(clock),
  ];
}

async function read(
  url: string,
  table: string,
): Promise<
  | { readonly facts: Facts; readonly table: Table | undefined; readonly clock: StoreClock }
  | { readonly problem: string }
> {
  const client = clientOf(url);
  if (client === undefined) return { problem: 'not the address of a PostgreSQL' };
  const names = [table, `${table}_version`];
  try {
    await client.connect();
    const askedAt = Date.now();
    const facts = (await client.query<Facts>(FACTS, names)).rows[0] as Facts;
    const clock = { storeAt: facts.now, askedAt, answeredAt: Date.now() };
    const own = (await client.query<Table>(TABLE, names)).rows[0];
    return { facts, table: own, clock };
  } catch (error) {
    return { problem: wordsOf(error) };
  } finally {
    await client.end().catch(() => {});
  }
}

/** `undefined` for a malformed address. */
function clientOf(url: string): Client | undefined {
  try {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
      application_name: 'stepgate doctor',
    });
    // The failing call reports the error.
    client.on('error', () => {});
    return client;
  } catch {
    return undefined;
  }
}

/** The code of the error: a message may hold the address, and with it the password. */
function wordsOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^\w{1,20}$/.test(code) ? code : 'it does not answer';
}

function migrated(facts: Facts, own: Table | undefined, table: string): Finding {
  const { version } = facts;
  if (!facts.has_table || !facts.has_sequence || own === undefined) {
    return fail('store', `PostgreSQL ${version} answers, but has no table ${table}`, MIGRATE);
  }
  if (own.columns !== COLUMNS) {
    const fix = `give the store a table that nothing else uses: ${MIGRATE}`;
    return fail('store', `the table ${table} is not one of this format`, fix);
  }
  if (own.may_use) return ok('store', `PostgreSQL ${version} answers, and has the table`);
  const fix = `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} and USAGE ON SEQUENCE ${table}_version to its user`;
  return fail('store', `this user may not use the table ${table}`, fix);
}

function durability({ fsync, commit }: Facts, own: Table | undefined): Finding {
  if (own?.is_sequence_unlogged === true) {
    const fix = 'make the sequence a logged one: after a crash, versions would begin anew';
    return fail('store-durability', 'the sequence is unlogged', fix);
  }
  if (own?.is_unlogged === true) {
    return ok('store-durability', 'an unlogged table: a crash empties it, and users approve again');
  }
  if (fsync !== 'on') return fail('store-durability', `fsync ${fsync}`, 'set fsync on');
  if (commit === 'off') {
    const fix = 'set synchronous_commit on for the user of the store';
    return warn('store-durability', 'synchronous_commit off: a crash forgets the last writes', fix);
  }
  return ok('store-durability', `synchronous_commit ${commit}`);
}

function replication({ replica, replicas, standbys, commit }: Facts): Finding {
  if (replica) {
    return fail(
      'store-replication',
      'a replica',
      "give the primary's address, with target_session_attrs=read-write",
    );
  }
  if (replicas === 0) return ok('store-replication', 'a primary without replicas');
  if (standbys !== '' && commit !== 'local') {
    return ok('store-replication', `${replicas} replicas, and writes wait for them`);
  }
  return warn(
    'store-replication',
    `${replicas} replicas, but writes continue without them`,
    'name synchronous replicas in synchronous_standby_names: a fail-over to another one forgets the last writes',
  );
}
