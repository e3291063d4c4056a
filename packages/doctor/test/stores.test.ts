import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createPostgresStore } from '@stepgate/postgres';
import { createSqliteStore } from '@stepgate/sqlite';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  createTemplate,
  type PostgresServer,
  postgresProgram,
  startPostgres,
} from '../../postgres/test/support/postgres-server.ts';
import { checkStore } from '../src/checks/stores/store.ts';
import type { Finding } from '../src/index.ts';

type Named = Parameters<typeof checkStore>[0];

async function found(options: Named): Promise<Record<string, Finding>> {
  return Object.fromEntries((await checkStore(options)).map((finding) => [finding.check, finding]));
}

const verdictsOf = (findings: Record<string, Finding>): Record<string, string> =>
  Object.fromEntries(Object.entries(findings).map(([check, { verdict }]) => [check, verdict]));

const HEALTHY = {
  store: 'ok',
  'store-eviction': 'ok',
  'store-durability': 'ok',
  'store-replication': 'ok',
  'store-clock': 'ok',
};

describe('the doctor, of a SQLite store', () => {
  async function place(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'stepgate-doctor-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return join(folder, 'stepgate.db');
  }

  async function openedStore(): Promise<string> {
    const path = await place();
    const store = createSqliteStore({ path });
    await store.write('key', { a: 1 }, { ifVersion: 0, ttlMs: 60_000 });
    onTestFinished(() => store.close());
    return path;
  }

  it('finds nothing wrong with one that is in use', async () => {
    expect(verdictsOf(await found({ sqlitePath: await openedStore() }))).toEqual(HEALTHY);
  });

  it.each<[string, (path: string) => Promise<unknown>, RegExp]>([
    ['is not there', (path) => rm(path, { force: true }), /the gate creates the file/],
    ['is of another program', async (path) => set(path, 'application_id = 7'), /nothing else uses/],
    ['has a newer format', async (path) => set(path, 'user_version = 99'), /update this doctor/],
    ['is not in WAL mode', async (path) => set(path, 'journal_mode = DELETE'), /sets journal_mode to WAL/],
    ['is no database', (path) => writeFile(path, 'no database'.repeat(100)), /give the path of a store/],
  ])('finds a file that %s', async (_fault, seed, fix) => {
    const path = await place();
    createSqliteStore({ path }).close();
    await seed(path);

    const findings = await found({ sqlitePath: path });

    expect(findings.store).toMatchObject({ verdict: 'fail', fix: expect.stringMatching(fix) });
    expect(findings['store-durability']).toMatchObject({ verdict: 'skipped' });
  });

  it('warns of a file that others may read', async () => {
    const path = await openedStore();
    await chmod(path, 0o644);

    expect((await found({ sqlitePath: path })).store).toMatchObject({
      verdict: 'warn',
      fix: 'chmod 600 the file',
    });
  });

  function set(path: string, pragma: string): void {
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA ${pragma}`);
    database.close();
  }
});

describe.skipIf(postgresProgram() === undefined)('the doctor, of a PostgreSQL store', () => {
  let template: string;
  let server: PostgresServer;
  beforeAll(async () => {
    template = await createTemplate();
    server = await startPostgres(template, { fsync: 'on' });
    const store = createPostgresStore({ url: server.url });
    await store.migrate();
    store.close();
  });
  afterAll(async () => {
    await server.stop();
    await rm(template, { recursive: true, force: true });
  });

  async function sql(text: string): Promise<void> {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    await client.query(text).finally(() => client.end());
  }

  it('finds nothing wrong with one that is migrated', async () => {
    expect(verdictsOf(await found({ postgresUrl: server.url }))).toEqual(HEALTHY);
  });

  it('finds one that does not answer, and shows no password', async () => {
    const { store } = await found({ postgresUrl: 'postgres://ada:hunter2@127.0.0.1:9/bank' });

    expect(store).toMatchObject({ verdict: 'fail', seen: 'ECONNREFUSED' });
    expect(JSON.stringify(store)).not.toContain('hunter2');
  });

  it('finds one that is not migrated, and a table of another format', async () => {
    await sql('CREATE TABLE other (id int); CREATE SEQUENCE other_version');
    onTestFinished(() => sql('DROP TABLE other; DROP SEQUENCE other_version'));

    const missing = await found({ postgresUrl: server.url, postgresTable: 'app.stepgate' });
    const foreign = await found({ postgresUrl: server.url, postgresTable: 'other' });

    expect(missing.store).toMatchObject({ verdict: 'fail', fix: expect.stringContaining('migrationSql()') });
    expect(foreign.store).toMatchObject({
      verdict: 'fail',
      seen: expect.stringContaining('not one of this format'),
    });
  });

  it('finds a user who may not use the table', async () => {
    await sql('CREATE ROLE guest LOGIN');
    const url = server.url.replace('stepgate@', 'guest@');

    expect((await found({ postgresUrl: url })).store).toMatchObject({
      verdict: 'fail',
      fix: expect.stringContaining('GRANT SELECT'),
    });
  });

  it('finds a server that forgets the last writes', async () => {
    await sql('ALTER ROLE stepgate SET synchronous_commit = off');
    onTestFinished(() => sql('ALTER ROLE stepgate RESET synchronous_commit'));

    expect((await found({ postgresUrl: server.url }))['store-durability']).toMatchObject({ verdict: 'warn' });
  });

  it('finds a server that does not wait for its disk', async () => {
    const careless = await startPostgres(template, { fsync: 'off' });
    onTestFinished(() => careless.stop());

    expect((await found({ postgresUrl: careless.url }))['store-durability']).toMatchObject({
      verdict: 'fail',
      seen: 'fsync off',
    });
  });

  it('takes one store, and a name for its table', async () => {
    await expect(checkStore({ postgresUrl: server.url, redisUrl: 'redis://127.0.0.1' })).rejects.toThrow(
      'name one store',
    );
    await expect(checkStore({ postgresUrl: server.url, postgresTable: 'a;b' })).rejects.toThrow(
      'postgresTable',
    );
  });
});
