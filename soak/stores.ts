import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPostgresStore } from '@stepgate/postgres';
import type { StorePlace } from 'suites/stores/open-store.ts';
import {
  createTemplate,
  postgresProgram,
  startPostgres,
} from '../packages/postgres/test/support/postgres-server.ts';
import { redisProgram, startRedis } from '../packages/redis/test/support/redis-server.ts';

/** A store that a soak runs on. */
export interface SoakedStore {
  readonly place: StorePlace;
  /** The failures that it is put through, by name. */
  readonly blow: string;
  /** Makes the store fail for this long. It works again when the promise resolves. */
  strike(downMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** The stores that a soak can run on. */
export const STORES: Readonly<
  Record<string, { readonly isThere: () => boolean; readonly start: () => Promise<SoakedStore> }>
> = {
  redis: { isThere: () => redisProgram() !== undefined, start: startOnRedis },
  sqlite: { isThere: () => true, start: startOnSqlite },
  postgres: { isThere: () => postgresProgram() !== undefined, start: startOnPostgres },
};

const SERVER_KILLED = 'store: SIGKILL, and back after up to 3 s';

function placeOf(name: string, place: string): StorePlace {
  return { module: new URL(`../packages/${name}/test/support/open-store.ts`, import.meta.url).href, place };
}

async function killAndRestart(
  server: { readonly crash: () => Promise<void>; readonly start: () => Promise<void> },
  downMs: number,
): Promise<void> {
  await server.crash();
  await sleep(downMs);
  await server.start();
}

async function startOnRedis(): Promise<SoakedStore> {
  // With `everysec`, a busy disk may lose what was written within two seconds.
  const server = await startRedis('--appendonly', 'yes', '--appendfsync', 'always');
  return {
    place: placeOf('redis', server.url),
    blow: SERVER_KILLED,
    strike: (downMs) => killAndRestart(server, downMs),
    stop: () => server.stop('SIGKILL'),
  };
}

async function startOnPostgres(): Promise<SoakedStore> {
  const template = await createTemplate();
  const server = await startPostgres(template);
  const store = createPostgresStore({ url: server.url });
  await store.migrate();
  store.close();
  return {
    place: placeOf('postgres', server.url),
    blow: SERVER_KILLED,
    strike: (downMs) => killAndRestart(server, downMs),
    async stop() {
      await server.stop();
      await rm(template, { recursive: true, force: true });
    },
  };
}

async function startOnSqlite(): Promise<SoakedStore> {
  const folder = await mkdtemp(join(tmpdir(), 'stepgate-soak-'));
  const path = join(folder, 'stepgate.db');
  return {
    place: placeOf('sqlite', path),
    blow: 'store: locked by another program for up to 3 s',
    async strike(downMs) {
      const database = new DatabaseSync(path, { timeout: 1_000 });
      database.exec('BEGIN IMMEDIATE');
      await sleep(downMs);
      database.close();
    },
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}
