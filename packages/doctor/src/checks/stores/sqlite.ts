import { stat, statfs } from 'node:fs/promises';
import { allBlocked, type Finding, fail, ok, warn } from '../../finding.ts';

/** As `@stepgate/sqlite` marks its files ("STGP"). */
const APPLICATION_ID = 0x53544750;
const FORMAT = 1;
const OTHERS = 0o077;

/** The file systems of a network, by what `statfs` calls them: SQLite's locks do not hold there. */
const NETWORKS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x01021997, '9p'],
]);

/** Checks a file of `@stepgate/sqlite`. Opens it for reading only. */
export async function checkSqlite(path: string): Promise<readonly Finding[]> {
  const store = await checkFile(path);
  if (store.verdict === 'fail') {
    return [
      store,
      ...allBlocked(['store-eviction', 'store-durability', 'store-replication', 'store-clock'], 'store'),
    ];
  }
  return [
    store,
    ok('store-eviction', 'a file, which evicts nothing'),
    await durability(path),
    ok('store-replication', 'a file without replicas'),
    ok('store-clock', "this machine's own clock"),
  ];
}

async function checkFile(path: string): Promise<Finding> {
  const file = await stat(path).catch(() => undefined);
  if (file === undefined || !file.isFile()) {
    return fail(
      'store',
      'there is no such file',
      'check SQLITE_PATH: the gate creates the file when it starts',
    );
  }
  const found = await read(path);
  if ('problem' in found) return fail('store', found.problem, found.fix);
  const { application, format, journal } = found;
  if (application !== APPLICATION_ID) {
    return fail('store', 'the database of something else', 'give the store a file that nothing else uses');
  }
  if (format > FORMAT) {
    return fail(
      'store',
      `format ${format}, of a newer version`,
      'update this doctor, or go back to that version',
    );
  }
  if (journal !== 'wal') {
    const fix = 'let the gate open the file, which sets journal_mode to WAL, and let nothing change it';
    return fail('store', `journal_mode ${journal}`, fix);
  }
  if (process.platform !== 'win32' && (file.mode & OTHERS) !== 0) {
    return warn('store', 'other users of the machine may open the file', 'chmod 600 the file');
  }
  return ok('store', `a store of format ${format}`);
}

async function read(
  path: string,
): Promise<
  | { readonly application: number; readonly format: number; readonly journal: string }
  | { readonly problem: string; readonly fix: string }
> {
  const sqlite = await import('node:sqlite').catch(() => undefined);
  if (sqlite === undefined) {
    return { problem: 'this Node has no node:sqlite', fix: 'run the doctor on Node 22.13 or newer' };
  }
  let database: InstanceType<typeof sqlite.DatabaseSync> | undefined;
  try {
    database = new sqlite.DatabaseSync(path, { readOnly: true });
    const pragma = (name: string): unknown =>
      Object.values(database?.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    return {
      application: Number(pragma('application_id')),
      format: Number(pragma('user_version')),
      journal: String(pragma('journal_mode')),
    };
  } catch {
    const fix = 'run the doctor as a user who may read the file, and give the path of a store';
    return { problem: 'it cannot be opened as a SQLite database', fix };
  } finally {
    database?.close();
  }
}

/** What a connection writes through cannot be seen from another one. */
async function durability(path: string): Promise<Finding> {
  const { type } = await statfs(path);
  const network = NETWORKS.get(type);
  if (network !== undefined) {
    const fix = 'put the file on a disk of this machine, or use PostgreSQL or Redis';
    return fail('store-durability', `the file is on ${network}, where locks do not hold`, fix);
  }
  return ok(
    'store-durability',
    'a disk of this machine; writes are lost at power loss only with durable: false',
  );
}
