const NAME = /^[a-z_][a-z0-9_]*$/;
/** PostgreSQL cuts longer names off; the sequence's name is the table's with a suffix. */
const LONGEST_NAME = 50;

/** The names of what the store uses in the database, quoted. */
export interface Names {
  readonly table: string;
  readonly sequence: string;
  /** Not quoted. Channels belong to the database and not to a schema. */
  readonly channel: string;
}

/**
 * Reads the `table` option: a name, or a schema and a name.
 *
 * @throws TypeError when it is neither.
 */
export function namesOf(table: unknown): Names {
  const parts = typeof table === 'string' ? table.split('.') : [];
  const isValid = parts.every((part) => NAME.test(part) && part.length <= LONGEST_NAME);
  if (parts.length < 1 || parts.length > 2 || !isValid) {
    throw new TypeError(
      `table: must be a name of lower-case letters, digits and underscores, at most ${LONGEST_NAME} characters long, like 'stepgate', or a schema and a name, like 'app.stepgate'`,
    );
  }
  const quoted = parts.map((part) => `"${part}"`).join('.');
  return { table: quoted, sequence: `${quoted.slice(0, -1)}_version"`, channel: parts.join('.') };
}

/**
 * The SQL that makes what the store needs: one table and one sequence. It can run any number of times. Give it to the
 * migrations of your app, or let `migrate` of the store run it.
 *
 * Versions come from a sequence, since they must never be given out twice for a key, not even after a delete or a crash.
 * Keys may hold any character, and `text` has no NUL. Half of each page stays free, and there is no index on `expires`,
 * so that updates stay in their page.
 *
 * @param table As in the options of the store; default `stepgate`.
 */
export function migrationSql(table = 'stepgate'): string {
  const names = namesOf(table);
  return `CREATE SEQUENCE IF NOT EXISTS ${names.sequence};
CREATE TABLE IF NOT EXISTS ${names.table} (
  key bytea PRIMARY KEY,
  version bigint NOT NULL,
  expires timestamptz NOT NULL,
  value text NOT NULL
) WITH (fillfactor = 50);
`;
}

/** The same for processes that run it at the same time: in one message, and therefore one transaction. */
export function migrationInTurn(table: string): string {
  const lock = `SELECT pg_advisory_xact_lock(hashtext('stepgate migration'))`;
  return `${lock};\n${migrationSql(table)}`;
}
