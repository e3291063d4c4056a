import { setImmediate } from 'node:timers/promises';
import { isRecordKey } from 'suites/record-key.ts';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type Store } from '../../src/index.ts';
import { createCibaScene } from '../support/ciba-scene.ts';
import { storedRecord } from '../support/stored-record.ts';

/** Those that the flow can have when it begins to wait. */
const VERSIONS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

const ONE_WRONG_CODE = { codes: { perSession: { count: 1, windowMs: 3_600_000 } } };

/**
 * A store that calls `meanwhile` just before it is written that a push has gone out: what is read then is from before, and
 * arrives afterwards.
 */
function storeWithPause(memory: Store, meanwhile: () => void): Store {
  let written: Promise<void> | undefined;
  return {
    ...memory,
    async read(key) {
      const found = await memory.read(key);
      await written;
      return found;
    },
    async write(key, value, options) {
      if (storedRecord(value)?.flow?.state.context.shown === undefined)
        return memory.write(key, value, options);
      const { promise, resolve } = Promise.withResolvers<void>();
      written = promise;
      meanwhile();
      await setImmediate();
      const version = await memory.write(key, value, options);
      written = undefined;
      resolve();
      return version;
    },
  };
}

describe('a wrong push code', () => {
  it('counts when it arrives while the push is being sent, and nobody knows yet that a code is awaited', async () => {
    let early: Promise<unknown> | undefined;
    const store = storeWithPause(createMemoryStore(), () => {
      early ??= Promise.all(VERSIONS.map((version) => guess(version)));
    });
    const { client, events } = createCibaScene({ gate: { store, limits: ONE_WRONG_CODE } });
    const guess = (version: number): Promise<unknown> =>
      client.send('POST', '/step-up/flow/events', {
        headers: { 'if-match': `"${version}"` },
        body: { type: 'code.submit', code: 'BBBB' },
      });
    await client.start();
    await early;
    await client.event({ type: 'code.submit', code: 'CCCC' });
    await client.event({ type: 'code.submit', code: 'DDDD' });

    expect(events.filter(({ type }) => type === 'push_code.refused')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: 'limit.reached', limit: 'codes' });
  });

  it('counts when the store did not tell that it was compared', async () => {
    const memory = createMemoryStore();
    let isLost = false;
    const store: Store = {
      ...memory,
      async write(key, value, options) {
        const version = await memory.write(key, value, options);
        if (!isLost || !isRecordKey(key)) return version;
        isLost = false;
        throw new Error('the answer was lost');
      },
    };
    const { client } = createCibaScene({ gate: { store, limits: ONE_WRONG_CODE } });
    await client.start();

    isLost = true;
    expect(await client.event({ type: 'code.submit', code: 'BBBB' })).toMatchObject({
      error: 'store_unavailable',
    });
    expect(await client.view()).toMatchObject({ pushCode: { triesLeft: 2 } });
    expect(await client.event({ type: 'code.submit', code: 'CCCC' })).toMatchObject({
      error: 'too_many_attempts',
    });
  });
});
