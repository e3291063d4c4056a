import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type Store } from '../../src/index.ts';
import { createSealer } from '../../src/lib/seal.ts';
import type { HandleRecord } from '../../src/records/handle-record.ts';
import { type CachedRecord, createRecordCache } from '../../src/records/record-cache.ts';
import { createRecords, type Records } from '../../src/records/records.ts';
import { SECRET } from '../support/gate-client.ts';

const RECORD: HandleRecord = { subject: 'ada', session: 's', approvals: [] };

/** A store that counts what it is asked for. */
function counted(store: Store): Store & { readonly asked: { read: number; write: number } } {
  const asked = { read: 0, write: 0 };
  return {
    ...store,
    asked,
    read(key) {
      asked.read += 1;
      return store.read(key);
    },
    write(...request) {
      asked.write += 1;
      return store.write(...request);
    },
  };
}

describe('a record', () => {
  const recordsOf = (store: Store): Records =>
    createRecords({ store, sealer: createSealer(SECRET, randomBytes), now: Date.now });
  const subjectTo =
    (subject: string) =>
    (found: HandleRecord = RECORD) => ({ record: { ...found, subject }, result: found.subject });

  it('is changed without another read by the process that last saw it', async () => {
    const store = counted(createMemoryStore());
    const records = recordsOf(store);
    await records.update('k', subjectTo('ada'));

    expect(await records.updateSeen('k', subjectTo('bob'))).toBe('ada');
    expect(await records.updateSeen('k', subjectTo('eve'))).toBe('bob');

    expect(store.asked).toEqual({ read: 1, write: 3 });
  });

  it('is read again when another process has changed it, or nothing is to be written', async () => {
    const memory = createMemoryStore();
    const [here, there] = [recordsOf(memory), recordsOf(memory)];
    await here.update('k', subjectTo('ada'));
    await there.update('k', subjectTo('bob'));

    const found = await here.updateSeen('k', (record) => ({ result: record?.subject }));
    await there.update('k', subjectTo('eve'));
    const before = await here.updateSeen('k', subjectTo('zoe'));

    expect([found, before]).toEqual(['bob', 'eve']);
  });

  it('is read again after a write with an unknown outcome', async () => {
    const memory = createMemoryStore();
    let isAnswered = true;
    const records = recordsOf({
      ...memory,
      async write(...request) {
        const version = await memory.write(...request);
        if (isAnswered) return version;
        throw new Error('the answer was lost');
      },
    });
    await records.update('k', subjectTo('ada'));
    isAnswered = false;
    await expect(records.updateSeen('k', subjectTo('bob'))).rejects.toThrow('store');
    isAnswered = true;
    const found: (string | undefined)[] = [];

    await records.updateSeen('k', (record = RECORD) => {
      found.push(record.subject);
      return { record, result: undefined };
    });

    expect(found).toEqual(['bob']);
  });

  it('does not count with another signature, even if it is known', async () => {
    const store = createMemoryStore();
    const records = recordsOf(store);
    await records.update('k', subjectTo('ada'));
    const { value = {}, version = 0 } = (await store.read('k')) ?? {};
    const forged = { ...(value as object), signature: 'A'.repeat(48) };
    await store.write('k', forged, { ifVersion: version, ttlMs: 60_000 });

    expect((await records.read('k')).record).toBeUndefined();
  });
});

it('the cache of records forgets the longest unused first', () => {
  const seen = createRecordCache(30);
  const tenChars: CachedRecord = {
    value: { format: 1, text: '0123456789', signature: '' },
    version: 1,
    record: RECORD,
  };
  for (const key of ['a', 'b', 'c']) seen.set(key, tenChars);
  seen.get('a');
  for (const key of ['d', 'e', 'f']) seen.set(key, tenChars);

  expect([seen.get('a'), seen.get('b'), seen.get('c')]).toEqual([tenChars, undefined, undefined]);
});
