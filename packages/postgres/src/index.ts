export { migrationSql } from './migration.ts';
export type { PoolLike } from './pool.ts';
export { createPostgresStore, type PostgresStore, type PostgresStoreOptions } from './postgres-store.ts';
