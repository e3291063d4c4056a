import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createSqliteStore, type SqliteStore, type SqliteStoreOptions } from '../src/index.ts';
import { newPath } from './support/new-path.ts';

const RECORD = { ifVersion: 0, ttlMs: 60_000 };

function storeAt(path: string, options: Partial<SqliteStoreOptions> = {}): SqliteStore {
  const store = createSqliteStore({ path, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** The file as any SQLite client sees it. */
function rawDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  onTestFinished(() => {
    if (database.isOpen) database.close();
  });
  return database;
}

afterEach(() => vi.useRealTimers());

describe('createSqliteStore', () => {
  it.each<[RegExp, unknown]>([
    [/^options:/, undefined],
    [/^path: .*createMemoryStore/, {}],
    [/^path:/, { path: '' }],
    [/^path:/, { path: ':memory:' }],
    [/^path:/, { path: 'file:stepgate.db?mode=memory' }],
    [/^timeoutMs:/, { path: 'stepgate.db', timeoutMs: 0 }],
    [/^durable:/, { path: 'stepgate.db', durable: 'no' }],
    [/^onError:/, { path: 'stepgate.db', onError: true }],
    [/^file: is not an option/, { path: 'stepgate.db', file: 'stepgate.db' }],
  ])('names the option that is wrong: %s', (words, options) => {
    expect(() => createSqliteStore(options as SqliteStoreOptions)).toThrow(words);
    expect(() => createSqliteStore(options as SqliteStoreOptions)).toThrow(TypeError);
  });

  it('says what to do when there is no such folder, or when the path is one', () => {
    const path = newPath();
    expect(() => createSqliteStore({ path: `${path}/stepgate.db` })).toThrow(/Create the folder first/);
    mkdirSync(path);
    expect(() => createSqliteStore({ path })).toThrow(/Give the path of a file/);
  });

  it('refuses a file of a newer format, and leaves it as it is', () => {
    const path = newPath();
    createSqliteStore({ path }).close();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 2');
    database.close();
    const before = readFileSync(path);

    expect(() => createSqliteStore({ path })).toThrow(
      /has format 2.*reads format 1. Update @stepgate\/sqlite/,
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("refuses another app's database, and leaves it as it is", () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE customers (name TEXT)');
    database.close();
    const before = readFileSync(path);

    expect(() => createSqliteStore({ path })).toThrow(/not a Stepgate store/);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  it('refuses a file that is not a database, and leaves it as it is', () => {
    const path = newPath();
    const text = 'Dear Ada, '.repeat(200);
    writeFileSync(path, text);

    expect(() => createSqliteStore({ path })).toThrow(/not a SQLite database/);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});

describe('a SQLite store', () => {
  it('keeps its records and continues its versions after a restart', async () => {
    const path = newPath();
    const before = createSqliteStore({ path });
    const version = await before.write('k', 'kept', RECORD);
    await before.write('deleted', 1, RECORD);
    await before.delete('deleted');
    before.close();

    const store = storeAt(path);
    expect(await store.read('k')).toEqual({ value: 'kept', version });
    expect(await store.read('deleted')).toBeUndefined();
    expect(await store.write('k', 'late', RECORD)).toBeUndefined();
    expect(await store.write('new', 1, RECORD)).toBeGreaterThan(version ?? 0);
  });

  it('keeps its files from other users', async () => {
    const path = newPath();
    await storeAt(path).write('k', 1, RECORD);

    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('deletes what has expired, and gives the space back', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
    const path = newPath();
    const store = storeAt(path, { durable: false });
    const database = rawDatabase(path);
    const count = (): unknown => database.prepare('SELECT count(*) AS rows FROM stepgate').get()?.rows;
    for (let n = 0; n < 1_200; n += 1) await store.write(`k${n}`, 'x'.repeat(2_000), RECORD);
    await store.write('lives', 1, { ...RECORD, ttlMs: 600_000 });
    await store.write('deleted', 1, { ...RECORD, ttlMs: 600_000 });
    await store.delete('deleted');
    const pages = (): number => Number(database.prepare('PRAGMA page_count').get()?.page_count);
    const before = pages();

    vi.setSystemTime(Date.now() + 180_000);
    vi.advanceTimersByTime(60_000);

    await expect.poll(count).toBe(1);
    await expect.poll(pages).toBeLessThan(before / 20);
    expect((await store.read('lives'))?.value).toBe(1);
  });

  it('waits for another process that is writing, without stopping this one', async () => {
    const path = newPath();
    const store = storeAt(path, { timeoutMs: 5_000 });
    const other = rawDatabase(path);
    other.exec('BEGIN IMMEDIATE');
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 1);
    onTestFinished(() => clearInterval(timer));

    const written = store.write('k', 1, RECORD);
    await sleep(300);
    expect(await store.read('k')).toBeUndefined();
    other.exec('COMMIT');

    expect(await written).toBeDefined();
    // SQLite's own wait would have stopped everything for 300 ms.
    expect(ticks).toBeGreaterThan(5);
  });

  it('refuses a write within its time when another process keeps the lock, reports that once, and does not do it later', async () => {
    const path = newPath();
    const faults: unknown[] = [];
    const store = storeAt(path, { timeoutMs: 100, onError: (error) => faults.push(error) });
    const other = rawDatabase(path);
    other.exec('BEGIN IMMEDIATE');

    const start = performance.now();
    const writes = await Promise.allSettled(['a', 'b', 'c'].map((key) => store.write(key, 1, RECORD)));
    expect(performance.now() - start).toBeLessThan(5_000);
    other.exec('ROLLBACK');
    await sleep(30);

    expect(writes.map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
    expect(faults.map(String)).toEqual(['Error: sqlite: other processes kept the file locked for 100 ms']);
    expect(await store.read('a')).toBeUndefined();
    expect(await store.write('a', 2, RECORD)).toBeDefined();
  });

  it('wakes every watcher after a pause in which changes may have been swept unseen', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
    const store = storeAt(newPath());
    let calls = 0;
    onTestFinished(
      store.subscribe('k', () => {
        calls += 1;
      }),
    );
    vi.advanceTimersByTime(1_000);
    expect(calls).toBe(0);

    vi.setSystemTime(Date.now() + 120_000);
    vi.advanceTimersByTime(100);

    expect(calls).toBe(1);
  });

  it('does not look for changes while there are no watchers', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const store = storeAt(newPath());
    const before = vi.getTimerCount();
    const leaves = [store.subscribe('a', () => {}), store.subscribe('b', () => {})];
    expect(vi.getTimerCount()).toBe(before + 1);

    for (const leave of leaves) leave();

    expect(vi.getTimerCount()).toBe(before);
  });

  it('brings no deleted record back when the clock goes back', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
    const store = storeAt(newPath());
    await store.write('k', { approvals: [] }, RECORD);
    await store.delete('k');
    vi.setSystemTime(Date.now() - 30_000);

    expect(await store.read('k')).toBeUndefined();
    expect(await store.write('k', 'new', RECORD)).toBeTypeOf('number');
    expect(await store.read('k')).toMatchObject({ value: 'new' });
  });

  it('reports no write that the disk had no room for', async () => {
    const path = newPath();
    const program = fileURLToPath(new URL('./support/fill-disk.ts', import.meta.url));
    // Files of this process cannot grow beyond 1 MB. Without the trap, the process would be killed.
    const command = `trap '' XFSZ; ulimit -f 2000; exec "$0" --no-warnings "$1" "$2"`;
    const child = spawn('sh', ['-c', command, process.execPath, program, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    await once(child, 'close');

    const { reported, error } = JSON.parse(output) as { reported: string[]; error: string };
    expect(error).toMatch(/disk/);
    expect(reported.length).toBeGreaterThan(5);
    const store = storeAt(path);
    for (const key of reported) expect((await store.read(key))?.value).toBeDefined();
    expect(await store.read(`k${reported.length}`)).toBeUndefined();
  });

  it('refuses everything after it was closed, reports nothing then, and can be closed twice', async () => {
    const faults: unknown[] = [];
    const store = storeAt(newPath(), { onError: (error) => faults.push(error) });
    store.subscribe('k', () => {});
    store.close();
    store.close();

    await expect(store.read('k')).rejects.toThrow('sqlite: the store is closed');
    await expect(store.write('k', 1, RECORD)).rejects.toThrow('sqlite: the store is closed');
    await expect(store.delete('k')).rejects.toThrow('sqlite: the store is closed');
    store.subscribe('k', () => {})();
    expect(faults).toEqual([]);
  });
});
