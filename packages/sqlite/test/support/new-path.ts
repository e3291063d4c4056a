import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorePlace } from 'suites/stores/open-store.ts';
import { afterAll } from 'vitest';

/** A folder for the files of one test file. */
const folder = mkdtempSync(join(tmpdir(), 'stepgate-sqlite-'));
let paths = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The path of a file that does not exist yet. */
export function newPath(): string {
  paths += 1;
  return join(folder, `${paths}.db`);
}

/** A new store, for other processes. */
export function newPlace(): StorePlace {
  return { module: new URL('./open-store.ts', import.meta.url).href, place: newPath() };
}
