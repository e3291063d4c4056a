// Writes until there is no room on the disk, and prints which writes were reported as done.
import { createSqliteStore } from '../../src/index.ts';

const store = createSqliteStore({ path: process.argv[2] ?? '', onError: () => {} });
const reported: string[] = [];
let error = '';
for (let n = 0; n < 1_000 && error === ''; n += 1) {
  try {
    const version = await store.write(`k${n}`, 'x'.repeat(3_000), { ifVersion: 0, ttlMs: 60_000 });
    if (version !== undefined) reported.push(`k${n}`);
  } catch (caught) {
    error = String(caught);
  }
}
console.log(JSON.stringify({ reported, error }));
