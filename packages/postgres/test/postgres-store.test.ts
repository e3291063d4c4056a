import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Client, Pool } from 'pg';
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createPostgresStore,
  migrationSql,
  type PostgresStore,
  type PostgresStoreOptions,
} from '../src/index.ts';
import {
  databaseUrl,
  describeWithPostgres,
  newStore as newStoreAt,
  newTable,
  postgresUrl,
} from './support/describe-with-postgres.ts';

const RECORD = { ifVersion: 0, ttlMs: 60_000 };
/** Other test files use the same server at the same time. */
const ownUrl = databaseUrl('own');
const TERMINATE_OTHERS =
  'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
const URL_OF_NOTHING = 'postgres://stepgate@127.0.0.1/postgres';

beforeAll(async () => {
  if (postgresUrl === '') return;
  const client = new Client({ connectionString: postgresUrl });
  await client.connect();
  await client.query('CREATE DATABASE own');
  await client.end();
});

function newStore(options: Partial<PostgresStoreOptions> = {}): Promise<PostgresStore> {
  return newStoreAt({ ...(options.pool === undefined && { url: ownUrl }), ...options });
}

async function admin(url = ownUrl): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

function poolOf(max: number): Pool {
  const pool = new Pool({ connectionString: ownUrl, max });
  onTestFinished(() => pool.end());
  return pool;
}

/** Subscribes, and answers with how often the watcher was woken. */
function countCalls(store: PostgresStore, key: string): () => number {
  let calls = 0;
  onTestFinished(
    store.subscribe?.(key, () => {
      calls += 1;
    }) ?? (() => {}),
  );
  return () => calls;
}

/** Resolves when every write wakes the watchers, and not only the timer each second. */
async function untilNotified(store: PostgresStore, calls: () => number): Promise<void> {
  await expect
    .poll(async () => {
      const before = calls();
      await store.write('other', 1, RECORD);
      await store.write('k', 1, RECORD);
      await store.delete('k');
      await sleep(50);
      return calls() - before;
    })
    .toBe(2);
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('createPostgresStore', () => {
  const pool = { connect: () => {}, on: () => {} };

  it.each<[RegExp, unknown]>([
    [/^options:/, undefined],
    [/^url, pool:/, {}],
    [/^url, pool:/, { url: URL_OF_NOTHING, pool }],
    [/^url:/, { url: 'http://localhost' }],
    [/^pool: .*package pg/, { pool: { query: () => {} } }],
    [/^pool: needs a max of 2 or more/, { pool: { ...pool, options: { max: 1 } } }],
    [/^listen:/, { url: URL_OF_NOTHING, listen: true }],
    [/^table:/, { url: URL_OF_NOTHING, table: 'Stepgate' }],
    [/^table:/, { url: URL_OF_NOTHING, table: 'a.b.c' }],
    [/^table:/, { url: URL_OF_NOTHING, table: 'a"; DROP TABLE users' }],
    [/^timeoutMs:/, { url: URL_OF_NOTHING, timeoutMs: 0 }],
    [/^onError:/, { url: URL_OF_NOTHING, onError: true }],
    [/^timeout: is not an option/, { url: URL_OF_NOTHING, timeout: 1_000 }],
  ])('names the option that is wrong: %s', (words, options) => {
    expect(() => createPostgresStore(options as PostgresStoreOptions)).toThrow(words);
    expect(() => createPostgresStore(options as PostgresStoreOptions)).toThrow(TypeError);
  });
});

describeWithPostgres('the table of a PostgreSQL store', () => {
  it('is missing at first, and the error says so with the fix', async () => {
    const faults: unknown[] = [];
    const store = createPostgresStore({
      url: ownUrl,
      table: newTable(),
      onError: (error) => faults.push(error),
    });
    onTestFinished(() => store.close());

    await expect(store.read('k')).rejects.toThrow(/there is no table t_.*Run `await store.migrate\(\)`/);
    await expect(store.write('k', 1, RECORD)).rejects.toThrow(/migrationSql/);
    expect(faults).toHaveLength(1);

    await store.migrate();
    expect(await store.write('k', 1, RECORD)).toBeDefined();
  });

  it('can be made by many processes at the same time, and any number of times', async () => {
    const table = newTable();
    const stores = Array.from({ length: 8 }, () => createPostgresStore({ url: ownUrl, table }));
    onTestFinished(() => {
      for (const store of stores) store.close();
    });

    await Promise.all(stores.map((store) => store.migrate()));
    await stores[0]?.write('k', 'kept', RECORD);
    await stores[1]?.migrate();

    expect((await stores[1]?.read('k'))?.value).toBe('kept');
  });

  it("can be made by the app's own migrations, in a schema", async () => {
    const client = await admin();
    const table = `app.${newTable()}`;
    await client.query('CREATE SCHEMA IF NOT EXISTS app');
    await client.query(migrationSql(table));
    const store = createPostgresStore({ url: ownUrl, table });
    onTestFinished(() => store.close());

    const calls = countCalls(store, 'k');
    await untilNotified(store, calls);
    expect(await store.write('k', 1, RECORD)).toBeDefined();
  });

  it('is swept of what has expired a minute ago', async () => {
    const client = await admin();
    const table = newTable();
    vi.spyOn(Math, 'random').mockReturnValue(0);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const store = await newStore({ table, listen: false });
    await store.write('old', 1, RECORD);
    await store.write('lives', 1, RECORD);
    await client.query(
      `UPDATE ${table} SET expires = clock_timestamp() - interval '2 minutes' WHERE key = 'old'`,
    );

    vi.advanceTimersByTime(30_000);
    vi.useRealTimers();

    const keys = async (): Promise<unknown> => (await client.query(`SELECT key::text FROM ${table}`)).rows;
    await expect.poll(keys).toEqual([{ key: `\\x${Buffer.from('lives').toString('hex')}` }]);
  });
});

describeWithPostgres('a PostgreSQL store', () => {
  it("works on the app's pool, listens on one of its connections, and leaves it open", async () => {
    const pool = poolOf(2);
    const store = await newStore({ pool });
    await untilNotified(store, countCalls(store, 'k'));

    store.close();

    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await expect.poll(() => pool.totalCount).toBe(1);
    await expect(store.read('k')).rejects.toThrow('postgres: the store is closed');
  });

  it('reads every second, without notifications, where that is wanted', async () => {
    const store = await newStore({ listen: false });

    expect('subscribe' in store).toBe(false);
  });

  it('wakes watchers every second where notifications do not arrive, and says what to do', async () => {
    const client = await admin();
    await client.query('CREATE DATABASE elsewhere');
    const faults: unknown[] = [];
    // Behind a pooler in transaction mode, LISTEN succeeds in the same way.
    const listen = databaseUrl('elsewhere');
    const store = await newStore({ listen, timeoutMs: 1_000, onError: (error) => faults.push(error) });

    const calls = countCalls(store, 'k');

    await expect.poll(calls).toBeGreaterThan(1);
    await expect
      .poll(() => faults.map(String))
      .toEqual([expect.stringMatching(/pooler.*give `listen` the address/)]);
  });

  it('refuses within its time when a pool has no connection left, and does not do it later', async () => {
    const pool = poolOf(2);
    const store = await newStore({ pool, listen: false, timeoutMs: 1_000, onError: () => {} });
    const others = [await pool.connect(), await pool.connect()];

    await expect(store.write('k', 1, RECORD)).rejects.toThrow('postgres: no connection within 1000 ms');
    for (const other of others) other.release();

    expect(await store.read('k')).toBeUndefined();
    expect(await store.write('k', 1, RECORD)).toBeDefined();
  });

  it('refuses within its time when the table is locked, and does not do it later', async () => {
    const table = newTable();
    const store = await newStore({ table, timeoutMs: 1_000, onError: () => {} });
    const version = await store.write('changed', 'before', RECORD);
    const client = await admin();
    await client.query(`BEGIN; LOCK TABLE ${table}`);

    const refused = await Promise.allSettled([
      store.write('created', 1, RECORD),
      store.write('changed', 'late', { ...RECORD, ifVersion: version ?? -1 }),
    ]);
    expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    // The server counts from when a statement arrives, which is a little later.
    await sleep(1_300);
    await client.query('COMMIT');

    // It gets the lock after those that have waited for longer.
    await client.query(`BEGIN; LOCK TABLE ${table}; COMMIT`);
    expect(await store.read('created')).toBeUndefined();
    expect(await store.read('changed')).toEqual({ value: 'before', version });
  });

  it('is correct when the database isolates transactions more strictly', async () => {
    const client = await admin();
    await client.query('CREATE DATABASE strict');
    await client.query("ALTER DATABASE strict SET default_transaction_isolation = 'serializable'");
    const store = await newStore({ url: databaseUrl('strict') });
    await store.write('count', 0, RECORD);
    async function increment(): Promise<void> {
      for (;;) {
        const { value, version = 0 } = (await store.read('count')) ?? {};
        const written = await store.write('count', Number(value) + 1, { ...RECORD, ifVersion: version });
        if (written !== undefined) return;
      }
    }

    await Promise.all(Array.from({ length: 30 }, increment));

    expect((await store.read('count'))?.value).toBe(30);
    await store.delete('count');
  });

  it('survives idle connections that the server ends, on its own pool and on that of the app', async () => {
    const client = await admin();
    for (const place of [{}, { pool: poolOf(3) }]) {
      const store = await newStore({ ...place, onError: () => {} });
      const calls = countCalls(store, 'k');
      await untilNotified(store, calls);

      await client.query(TERMINATE_OTHERS);

      await untilNotified(store, calls);
    }
  });

  it('keeps the password out of what it reports', async () => {
    const faults: unknown[] = [];
    const url = ownUrl.replace('stepgate@', 'stepgate:battery-staple@');
    const store = await newStore({ url, timeoutMs: 1_000, onError: (error) => faults.push(error) });
    await store.read('k');
    const client = await admin();

    await client.query(TERMINATE_OTHERS);
    await expect.poll(() => faults.length).toBeGreaterThan(0);
    const nowhere = createPostgresStore({
      url: url.replace(/:\d+/, ':1'),
      onError: (error) => faults.push(error),
    });
    await expect(nowhere.read('k')).rejects.toThrow();
    nowhere.close();

    expect(faults.length).toBeGreaterThan(1);
    const told = inspect(faults, { depth: 20, showHidden: true });
    expect(told).not.toContain('battery-staple');
  });

  it("tells the server's time, whatever this machine's clock says", async () => {
    const store = await newStore();
    await store.read('k');
    const { rows } = await (await admin()).query(
      'SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now',
    );

    expect(Math.abs(store.now() - Number(rows[0]?.now))).toBeLessThan(1_000);
  });

  it('leaves no connection behind', async () => {
    const client = await admin();
    const connections = async (): Promise<unknown> => {
      const { rows } = await client.query(
        "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ 'stepgate'",
      );
      return rows[0]?.count;
    };
    await expect.poll(connections).toBe(0);
    const store = await newStore();
    const calls = countCalls(store, 'k');
    await untilNotified(store, calls);

    store.close();

    await expect.poll(connections).toBe(0);
  });
});
