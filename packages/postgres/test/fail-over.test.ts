import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { layWire } from 'suites/stores/wire.ts';
import { inject, it, type TestContext } from 'vitest';
import { createPostgresStore, type PostgresStore, type PostgresStoreOptions } from '../src/index.ts';
import { describeWithPostgres } from './support/describe-with-postgres.ts';
import { type PostgresServer, startPostgres, startReplica } from './support/postgres-server.ts';

const TIMEOUT_MS = 1_500;
/** What a busy machine may add. */
const SLACK_MS = 3_000;
const RECORD = { ifVersion: 0, ttlMs: 60_000 };

async function newServer({ onTestFinished }: TestContext, settings = {}): Promise<PostgresServer> {
  const server = await startPostgres(inject('postgresTemplate'), settings);
  onTestFinished(() => server.stop());
  return server;
}

function storeAt(
  url: string,
  { onTestFinished }: TestContext,
  options: Partial<PostgresStoreOptions> = {},
): PostgresStore {
  const store = createPostgresStore({ url, timeoutMs: TIMEOUT_MS, onError: () => {}, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** The same address by way of another port. */
function through(url: string, port: number): string {
  return Object.assign(new URL(url), { port: String(port) }).href;
}

/** How long it took to be refused. */
async function refused(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  const { status } = await Promise.allSettled([work()]).then(([result]) => result);
  if (status === 'fulfilled') throw new Error('it was not refused');
  return performance.now() - start;
}

/** Tries until it works. */
async function recovered<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await sleep(20);
    }
  }
}

function countCalls(store: PostgresStore, { onTestFinished }: TestContext): () => number {
  let calls = 0;
  const leave = store.subscribe?.('k', () => {
    calls += 1;
  });
  onTestFinished(() => leave?.());
  return () => calls;
}

/** Resolves when every write wakes the watchers, and not only the timer each second. */
async function untilNotified(
  store: PostgresStore,
  calls: () => number,
  { expect }: TestContext,
): Promise<void> {
  await expect
    .poll(
      async () => {
        const before = calls();
        await recovered(() => store.delete('k'));
        for (let n = 0; n < 5; n += 1) {
          await recovered(() => store.write('k', n, RECORD));
          await recovered(() => store.delete('k'));
        }
        await sleep(50);
        return calls() - before;
      },
      { timeout: 15_000 },
    )
    .toBeGreaterThanOrEqual(10);
}

// Concurrent, since the tests wait more than they work.
describeWithPostgres.concurrent('when a server is gone, a PostgreSQL store', () => {
  it('rejects within its time, reports that once, loses no reported write, and works again', async (context) => {
    const { expect } = context;
    const server = await newServer(context);
    const faults: unknown[] = [];
    const store = storeAt(server.url, context, { onError: (error) => faults.push(error) });
    await store.migrate();
    const calls = countCalls(store, context);
    await untilNotified(store, calls, context);
    let version = await store.write('count', 0, RECORD);
    let written = 0;
    // The server is killed in the middle of writes.
    const writing = (async () => {
      for (;;) {
        version = await store.write('count', written + 1, { ...RECORD, ifVersion: version ?? -1 });
        written += 1;
      }
    })();
    const crashing = expect.poll(() => written, { interval: 1 }).toBeGreaterThan(20);
    await Promise.all([expect(writing).rejects.toThrow(), crashing.then(() => server.crash())]);

    for (const work of [
      () => store.read('k'),
      () => store.write('late', 1, RECORD),
      () => store.delete('k'),
    ]) {
      expect(await refused(work)).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    }
    const told = faults.length;
    await Promise.allSettled(Array.from({ length: 50 }, () => store.read('k')));
    expect(told).toBeGreaterThan(0);
    expect(faults.length - told).toBeLessThan(3);

    await server.start();
    const record = await recovered(() => store.read('count'));
    // The last one may have been written, and its answer lost.
    expect([written, written + 1]).toContain(record?.value);
    expect(await store.read('late')).toBeUndefined();
    expect(await store.write('new', 1, RECORD)).toBeGreaterThan(record?.version ?? 0);
    await untilNotified(store, calls, context);
  });

  it('treats one that has not started yet like one that is away', async (context) => {
    const { expect } = context;
    const server = await newServer(context);
    await server.crash();
    const store = storeAt(server.url, context);

    await refused(() => store.read('k'));
    await server.start();

    await recovered(() => store.migrate());
    expect(await store.write('k', 1, RECORD)).toBeDefined();
  });

  it('notices a connection that has fallen silent, for its statements and for its watchers', async (context) => {
    const { expect } = context;
    const server = await newServer(context);
    const wire = await layWire(server.port);
    context.onTestFinished(() => wire.close());
    const store = storeAt(through(server.url, wire.port), context);
    await store.migrate();
    const calls = countCalls(store, context);
    await untilNotified(store, calls, context);

    wire.freeze();

    expect(await refused(() => store.read('k'))).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    await recovered(() => store.read('k'));
    await untilNotified(store, calls, context);
  });

  it('moves to the replica that takes over, without a restart, and wakes its watchers', async (context) => {
    const { expect } = context;
    const primary = await newServer(context, { synchronous_standby_names: '*' });
    const replica = await startReplica(primary);
    context.onTestFinished(() => replica.stop());
    const wire = await layWire(primary.port);
    context.onTestFinished(() => wire.close());
    const store = storeAt(through(primary.url, wire.port), context);
    await store.migrate();
    const calls = countCalls(store, context);
    await untilNotified(store, calls, context);
    const onReplica = storeAt(replica.url, context, { listen: false });
    await recovered(() => store.write('kept', 'used', RECORD));
    const admin = new Client({ connectionString: replica.url });
    await admin.connect();
    context.onTestFinished(() => admin.end());

    await expect(onReplica.read('kept')).rejects.toThrow(/is a replica.*Give the address of the primary/);
    await expect(onReplica.write('kept', 'again', RECORD)).rejects.toThrow(/read-only/);
    await primary.crash();
    await admin.query('SELECT pg_promote()');
    wire.leadTo(replica.port);

    expect((await recovered(() => store.read('kept')))?.value).toBe('used');
    await untilNotified(store, calls, context);
    expect((await onReplica.read('kept'))?.value).toBe('used');
  });
});
