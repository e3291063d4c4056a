import { type CheckName, type Finding, skipped } from '../../finding.ts';
import type { DoctorOptions } from '../../options.ts';
import { checkPostgres } from './postgres.ts';
import { checkRedis } from './redis.ts';
import { checkSqlite } from './sqlite.ts';

const CHECKS: readonly CheckName[] = [
  'store',
  'store-eviction',
  'store-durability',
  'store-replication',
  'store-clock',
];

/** Checks the store that is named, and the settings that a gate's records depend on. Writes nothing. */
export async function checkStore(
  options: Pick<DoctorOptions, 'redisUrl' | 'sqlitePath' | 'postgresUrl' | 'postgresTable'>,
): Promise<readonly Finding[]> {
  const { redisUrl, sqlitePath, postgresUrl, postgresTable } = options;
  if ([redisUrl, sqlitePath, postgresUrl].filter((one) => one !== undefined).length > 1) {
    throw new TypeError('name one store: redisUrl, sqlitePath or postgresUrl');
  }
  if (redisUrl !== undefined) return checkRedis(redisUrl);
  if (sqlitePath !== undefined) return checkSqlite(sqlitePath);
  if (postgresUrl !== undefined) return checkPostgres(postgresUrl, postgresTable);
  const fix =
    'name it in REDIS_URL, POSTGRES_URL or SQLITE_PATH; a gate without a store keeps its records in memory';
  return CHECKS.map((check) => skipped(check, 'no store was named', fix));
}
