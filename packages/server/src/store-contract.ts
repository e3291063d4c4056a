import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json, Store } from './store/store.ts';

/** The two functions of a test runner, as `node:test`, vitest, Jest and Mocha all have them. */
export interface TestRunner {
  readonly describe: (title: string, body: () => void) => unknown;
  readonly it: (title: string, body: () => Promise<void>) => unknown;
}

/** A store, and what a test of it needs besides. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Another client of the same records, as in another process; the same store where there can be only one. */
  readonly other: Store;
  /** Lets the store's time pass; default: waits. */
  readonly passTime?: (ms: number) => Promise<void>;
  readonly close?: () => void | Promise<void>;
}

const TTL_MS = 60_000;
const SHORT_TTL_MS = 200;
const WRITERS = 50;

/** Values of every kind that JSON has, and some that careless encodings change. */
const VALUES: Readonly<Record<string, Json>> = {
  'an object': { a: { b: [1, 'two', null, true, { c: [] }] } },
  'empty objects and lists': { none: {}, list: [], nested: [[], {}] },
  'null at the top': null,
  'numbers at the edges': [0, -1, 0.1, 1e-7, 1e21, Number.MAX_SAFE_INTEGER, Number.MIN_VALUE],
  'text beyond ASCII': 'Grüße, 中文, 👩‍💻, \u0000, \u2028, "quoted", \\back, \ud800',
  'names of odd members': JSON.parse('{"__proto__": 1, "constructor": 2, "": 3, "1": 4}') as Json,
  'an empty string': '',
  false: false,
};

const KEYS: readonly string[] = [
  'with spaces and\nnew lines',
  'braces {in} {it}',
  '{}',
  '*[a-z]?',
  'ключ-鍵-🔑',
  'nul\u0000byte',
  'quotes \'"` and \\',
  `${'long'.repeat(200)}`,
];

/**
 * Tests that a store behaves as Stepgate needs it to, for any test runner. The suite uses `node:assert`, so testing your
 * own store needs no further dependency.
 *
 * @example
 * import { describe, it } from 'node:test';
 * describeStore('my store', async () => ({ store: await connect(), other: await connect() }), { describe, it });
 */
export function describeStore(
  name: string,
  open: () => StoreUnderTest | Promise<StoreUnderTest>,
  { describe, it }: TestRunner,
): void {
  function test(title: string, body: (scene: Scene) => Promise<void>): void {
    it(title, async () => {
      const under = await open();
      const passTime = under.passTime ?? ((ms: number) => sleep(ms));
      try {
        await body({ ...under, passTime, key: `contract:${randomUUID()}` });
      } finally {
        await under.close?.();
      }
    });
  }

  describe(name, () => {
    test('has nothing under a key that was never written', async ({ store, key }) => {
      assert.equal(await store.read(key), undefined);
    });

    test('returns what was written, to every client', async ({ store, other, key }) => {
      const version = await create(store, key, { n: 1 });

      for (const client of [store, other]) {
        assert.deepEqual(await stateOf(client, key), { value: { n: 1 }, version });
      }
    });

    for (const [title, value] of Object.entries(VALUES)) {
      test(`keeps ${title} exactly`, async ({ store, other, key }) => {
        await create(store, key, value);

        assert.equal(JSON.stringify((await other.read(key))?.value), JSON.stringify(value));
      });
    }

    test('keeps a value of a megabyte', async ({ store, other, key }) => {
      const value = 'é'.repeat(512 * 1024);
      await create(store, key, value);

      assert.equal((await other.read(key))?.value === value, true);
    });

    test('keeps a copy: later changes to the value do not reach it', async ({ store, key }) => {
      const value = { list: [1] };
      await create(store, key, value);
      value.list.push(2);

      assert.deepEqual((await store.read(key))?.value, { list: [1] });
    });

    test('tells keys apart, whatever characters they hold', async ({ store, other, key }) => {
      for (const odd of KEYS) await create(store, key + odd, odd);

      for (const odd of KEYS) assert.equal((await other.read(key + odd))?.value, odd);
    });

    test('accepts a write only over the version that was read', async ({ store, other, key }) => {
      const first = await create(store, key, 1);

      assert.equal(await write(other, key, 2, first + 1), undefined);
      assert.deepEqual(await stateOf(store, key), { value: 1, version: first });
      const second = await write(other, key, 3, first);
      assert.ok(second !== undefined && second > first);
      assert.equal(await write(store, key, 4, first), undefined);
      assert.deepEqual(await stateOf(store, key), { value: 3, version: second });
    });

    test('accepts version 0 for an absent key, and only for one', async ({ store, other, key }) => {
      assert.equal(await write(store, key, 1, 1), undefined);
      assert.equal(await store.read(key), undefined);
      const version = await create(store, key, 2);
      assert.equal(await write(other, key, 3, 0), undefined);
      assert.ok(Number.isSafeInteger(version) && version > 0);
    });

    for (const [title, prepare] of [
      ['create a record', async (): Promise<number> => 0],
      ['change one', (store: Store, key: string): Promise<number> => create(store, key, 'before')],
    ] as const) {
      test(`lets exactly one of ${WRITERS} writers at once ${title}`, async ({ store, other, key }) => {
        const ifVersion = await prepare(store, key);
        const written = await Promise.all(
          Array.from({ length: WRITERS }, (_, n) => write(n % 2 === 0 ? store : other, key, n, ifVersion)),
        );

        const winners = written.flatMap((version, n) =>
          version === undefined ? [] : [{ value: n, version }],
        );
        assert.equal(winners.length, 1);
        assert.deepEqual(await stateOf(store, key), winners[0]);
      });
    }

    test('loses no write of many clients that each read, decide and write', async ({ store, other, key }) => {
      await create(store, key, 0);
      async function increment(client: Store): Promise<void> {
        for (;;) {
          const { value, version } = await stateOf(client, key);
          if ((await write(client, key, Number(value) + 1, version)) !== undefined) return;
        }
      }

      await Promise.all(Array.from({ length: 20 }, (_, n) => increment(n % 2 === 0 ? store : other)));

      assert.equal((await store.read(key))?.value, 20);
    });

    test('deletes for every client, and accepts a delete of an absent key', async ({ store, other, key }) => {
      await create(store, key, 1);
      await other.delete(key);

      assert.equal(await store.read(key), undefined);
      await store.delete(key);
      await create(store, key, 2);
    });

    test('forgets a record when its time to live is over', async ({ store, other, key, passTime }) => {
      await create(store, key, 1, SHORT_TTL_MS);
      assert.equal((await other.read(key))?.value, 1);
      await passTime(2 * SHORT_TTL_MS);

      assert.equal(await other.read(key), undefined);
      await create(other, key, 2);
    });

    test('gives a record a new time to live with every write', async ({ store, key, passTime }) => {
      const first = await create(store, key, 1, SHORT_TTL_MS);
      await write(store, key, 2, first);
      await passTime(2 * SHORT_TTL_MS);
      const { value, version } = await stateOf(store, key);
      assert.equal(value, 2);

      await store.write(key, 3, { ifVersion: version, ttlMs: SHORT_TTL_MS });
      await passTime(2 * SHORT_TTL_MS);
      assert.equal(await store.read(key), undefined);
    });

    test('does not extend the time to live when a write loses', async ({ store, key, passTime }) => {
      const version = await create(store, key, 1, SHORT_TTL_MS);
      await write(store, key, 2, version + 1);
      await passTime(2 * SHORT_TTL_MS);

      assert.equal(await store.read(key), undefined);
    });

    test('accepts fractional and very long times to live', async ({ store, key }) => {
      const version = await create(store, key, 1, 60_000.5);
      assert.ok(await store.write(key, 2, { ifVersion: version, ttlMs: Number.MAX_SAFE_INTEGER }));
      assert.equal((await store.read(key))?.value, 2);
    });

    test('never gives out a version twice for a key, not even after deletes and expiry', async (scene) => {
      const { store, other, key, passTime } = scene;
      const versions: number[] = [];
      for (let life = 0; life < 20; life += 1) {
        versions.push(await create(life % 2 === 0 ? store : other, key, life));
        await store.delete(key);
      }
      versions.push(await create(store, key, 'short', SHORT_TTL_MS));
      await passTime(2 * SHORT_TTL_MS);
      versions.push(await create(other, key, 'last'));

      assert.equal(new Set(versions).size, versions.length);
      for (const old of versions.slice(0, -1)) assert.equal(await write(store, key, 'late', old), undefined);
    });

    test('wakes a watcher when another client writes or deletes', async ({ store, other, key }) => {
      if (store.subscribe === undefined) return;
      const bell = createBell();
      const leave = store.subscribe(key, bell.ring);
      try {
        let version = 0;
        for (const value of ['created', 'changed']) {
          await bell.isQuiet();
          await bell.rungBy(async () => {
            version = (await write(other, key, value, version)) ?? 0;
          });
          assert.equal((await store.read(key))?.value, value);
        }
        await bell.isQuiet();
        await bell.rungBy(() => other.delete(key));
      } finally {
        leave();
      }
    });

    test('wakes all watchers of a key, and none that has left', async ({ store, other, key }) => {
      if (store.subscribe === undefined) return;
      const [here, there, gone] = [createBell(), createBell(), createBell()];
      const leaves = [store.subscribe(key, here.ring), other.subscribe?.(key, there.ring)];
      store.subscribe(key, gone.ring)();
      try {
        await Promise.all([here.isQuiet(), there.isQuiet()]);
        const before = gone.rings();
        await here.rungBy(() => there.rungBy(() => create(store, key, 1)));
        assert.equal(gone.rings(), before);
      } finally {
        for (const leave of leaves) leave?.();
      }
    });

    test('keeps a watcher when another one of the same key leaves', async ({ store, other, key }) => {
      if (store.subscribe === undefined) return;
      const [stays, leaves] = [createBell(), createBell()];
      const leave = store.subscribe(key, stays.ring);
      const leaveToo = store.subscribe(key, leaves.ring);
      leaveToo();
      leaveToo();
      try {
        await stays.isQuiet();
        await stays.rungBy(() => create(other, key, 1));
      } finally {
        leave();
      }
    });

    test("if it tells the time, tells one that passes as fast as the machine's", async ({ store, key }) => {
      if (store.now === undefined) return;
      await store.read(key);
      const before = store.now();
      await sleep(20);
      const passed = store.now() - before;
      assert.ok(passed > 5 && passed < 5_000, `${passed} ms passed in 20`);
    });
  });
}

interface Scene extends StoreUnderTest {
  readonly passTime: (ms: number) => Promise<void>;
  /** A key of this test alone. */
  readonly key: string;
}

function write(store: Store, key: string, value: Json, ifVersion: number): Promise<number | undefined> {
  return store.write(key, value, { ifVersion, ttlMs: TTL_MS });
}

async function create(store: Store, key: string, value: Json, ttlMs = TTL_MS): Promise<number> {
  const version = await store.write(key, value, { ifVersion: 0, ttlMs });
  assert.ok(version !== undefined, 'a write of an absent key with version 0 must win');
  return version;
}

async function stateOf(store: Store, key: string): Promise<{ value: Json; version: number }> {
  const record = await store.read(key);
  assert.ok(record !== undefined, 'the record must be there');
  return { value: record.value, version: record.version };
}

/** A watcher that counts how often it is woken. */
interface Bell {
  readonly ring: () => void;
  rings(): number;
  /** Does the work; rejects when it fails, or when the bell does not ring soon. */
  rungBy(work: () => Promise<unknown>): Promise<void>;
  /** Resolves when it has not rung for a moment: a watcher may be woken without a change, most of all at its start. */
  isQuiet(): Promise<void>;
}

const QUIET_MS = 50;
const RING_WITHIN_MS = 5_000;

function createBell(): Bell {
  let rings = 0;
  let wake: () => void = () => {};
  return {
    ring: () => {
      rings += 1;
      wake();
    },
    rings: () => rings,
    async rungBy(work) {
      const { promise: rung, resolve, reject } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(() => reject(new Error('no watcher was woken')), RING_WITHIN_MS);
      try {
        await Promise.all([rung, work()]);
      } finally {
        clearTimeout(timer);
      }
    },
    async isQuiet() {
      for (let before = -1; before !== rings; await sleep(QUIET_MS)) before = rings;
    },
  };
}
