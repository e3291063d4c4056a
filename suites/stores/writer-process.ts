// One of several processes that count in the same record until they are killed. It reports each number that it has written.
import { openStoreOfProcess } from './open-store.ts';

const store = await openStoreOfProcess();
const { KEY = '' } = process.env;
const TTL_MS = 600_000;

// The test that started it is gone.
process.once('disconnect', () => process.exit());
process.send?.('ready');
for (;;) {
  const record = await store.read(KEY);
  const number = Number(record?.value ?? 0) + 1;
  const version = await store.write(KEY, number, { ifVersion: record?.version ?? 0, ttlMs: TTL_MS });
  if (version !== undefined) process.send?.(number);
}
