import { randomUUID } from 'node:crypto';
import type { StorePlace } from 'suites/stores/open-store.ts';
import { describe, inject, onTestFinished } from 'vitest';
import { createPostgresStore, type PostgresStore, type PostgresStoreOptions } from '../../src/index.ts';

/** The address of the test server; empty if this machine has none. */
export const postgresUrl = inject('postgresUrl');

/** The address of another database on that server. */
export function databaseUrl(name: string): string {
  return postgresUrl.replace(/\w+$/, name);
}

/** `describe`, skipped if this machine has no server. */
export const describeWithPostgres = describe.skipIf(postgresUrl === '');

/** A table that nothing else uses. */
export function newTable(): string {
  return `t_${randomUUID().replaceAll('-', '_')}`;
}

/** A store with a table of its own, until the test ends. */
export async function newStore(options: Partial<PostgresStoreOptions> = {}): Promise<PostgresStore> {
  const place = options.pool === undefined ? { url: postgresUrl } : {};
  const store = createPostgresStore({ table: newTable(), ...place, ...options });
  onTestFinished(() => store.close());
  await store.migrate();
  return store;
}

/** The store of the test server, for other processes. */
export async function postgresPlace(): Promise<StorePlace> {
  const store = createPostgresStore({ url: postgresUrl });
  await store.migrate();
  store.close();
  return { module: new URL('./open-store.ts', import.meta.url).href, place: postgresUrl };
}
