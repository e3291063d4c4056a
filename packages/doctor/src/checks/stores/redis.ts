import { createClient } from '@redis/client';
import { allBlocked, type CheckName, type Finding, fail, ok, skipped, warn } from '../../finding.ts';
import { clockOf, type StoreClock } from './clock.ts';

const SETTINGS: readonly CheckName[] = [
  'store-eviction',
  'store-durability',
  'store-replication',
  'store-clock',
];
const TIMEOUT_MS = 3_000;
const OLDEST_VERSION = 7;
/** A record that does not exist, under the store's usual prefix. */
const NOBODYS_KEY = 'stepgate:doctor';

/** The fields of Redis's `INFO`, and one setting that `INFO` lacks. */
type Facts = ReadonlyMap<string, string>;

/** Checks a Redis or Valkey, and the settings that a gate's records depend on. Writes nothing. */
export async function checkRedis(redisUrl: string): Promise<readonly Finding[]> {
  const read = await readFacts(redisUrl);
  if ('problem' in read) {
    const fix =
      'check REDIS_URL, redis[s]://[[user][:password]@]host[:port][/db], and that its user may +ping and +hmget ~stepgate:*';
    return [fail('store', read.problem, fix), ...allBlocked(SETTINGS, 'store')];
  }
  const { facts } = read;
  if (facts === undefined) {
    const fix = 'let its user +info and +config|get, for the doctor only, or check the settings yourself';
    const untold = SETTINGS.map((check) => skipped(check, 'this user may not read the settings', fix));
    return [ok('store', 'it answers, but does not show its version'), ...untold];
  }
  return [version(facts), eviction(facts), durability(facts), replication(facts), clockOf(read.clock)];
}

/** `facts` are `undefined` if the user may read records, but not settings. */
async function readFacts(
  url: string,
): Promise<
  { readonly facts: Facts | undefined; readonly clock: StoreClock | undefined } | { readonly problem: string }
> {
  const client = clientOf(url);
  if (client === undefined) return { problem: 'not the address of a Redis' };
  try {
    await client.connect();
    await client.ping();
    await client.hmGet(NOBODYS_KEY, ['version']);
    const info = await client.info().catch(forbidden);
    if (info === undefined) return { facts: undefined, clock: undefined };
    const facts = new Map(parseInfo(info));
    const askedAt = Date.now();
    const clock = await client.time().then(
      ([seconds, microseconds]) => ({
        storeAt: Number(seconds) * 1_000 + Number(microseconds) / 1_000,
        askedAt,
        answeredAt: Date.now(),
      }),
      () => undefined,
    );
    // Managed servers may lack CONFIG: then the finding says what it does not know.
    const config = await client.configGet('appendfsync').catch(() => undefined);
    if (config?.appendfsync !== undefined) facts.set('appendfsync', config.appendfsync);
    return { facts, clock };
  } catch (error) {
    return { problem: wordsOf(error) };
  } finally {
    if (client.isOpen) client.destroy();
  }
}

function forbidden(error: unknown): undefined {
  if (wordsOf(error) === 'NOPERM') return undefined;
  throw error;
}

/** `undefined` for a malformed address. */
function clientOf(url: string) {
  try {
    const client = createClient({
      url,
      socket: { connectTimeout: TIMEOUT_MS, reconnectStrategy: false },
      commandOptions: { timeout: TIMEOUT_MS },
    });
    // The failing call reports the error.
    client.on('error', () => {});
    return client;
  } catch {
    return undefined;
  }
}

function parseInfo(text: string): [string, string][] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.includes(':'))
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
}

/** The name of the error: a message may hold the address, and with it the password. */
function wordsOf(error: unknown): string {
  const { code, message = '' } = error as { readonly code?: unknown; readonly message?: string };
  if (typeof code === 'string') return code;
  return /^[A-Z]{3,20}(?= )/.exec(message)?.[0] ?? 'it does not answer';
}

function version(facts: Facts): Finding {
  const number = facts.get('valkey_version') ?? facts.get('redis_version') ?? '';
  const name = facts.has('valkey_version') ? 'Valkey' : 'Redis';
  if (Number.parseInt(number, 10) >= OLDEST_VERSION) return ok('store', `${name} ${number} answers`);
  return fail(
    'store',
    `${name} ${number} answers`,
    `use version ${OLDEST_VERSION} or newer: the store subscribes by shard`,
  );
}

function eviction(facts: Facts): Finding {
  const policy = facts.get('maxmemory_policy') ?? 'unknown';
  const fix = 'set maxmemory-policy noeviction: a full server then refuses writes, and the gate answers 503';
  if (policy === 'noeviction') return ok('store-eviction', 'maxmemory-policy noeviction');
  if (facts.get('maxmemory') === '0') {
    return warn('store-eviction', `maxmemory-policy ${policy}, without effect until maxmemory is set`, fix);
  }
  return fail('store-eviction', `maxmemory-policy ${policy}`, fix);
}

function durability(facts: Facts): Finding {
  const fix = 'set appendonly yes and appendfsync always';
  if (facts.get('aof_enabled') !== '1') return warn('store-durability', 'appendonly no', fix);
  const fsync = facts.get('appendfsync');
  if (fsync === 'always') return ok('store-durability', 'appendonly yes, appendfsync always');
  return warn(
    'store-durability',
    `appendonly yes, appendfsync ${fsync ?? 'unknown'}${fsync === 'everysec' ? ': up to a second is lost' : ''}`,
    fix,
  );
}

function replication(facts: Facts): Finding {
  if (facts.get('role') !== 'master') {
    return fail(
      'store-replication',
      'a replica',
      "give the primary's address, or a client that finds the primary",
    );
  }
  const replicas = Number(facts.get('connected_slaves') ?? 0);
  // INFO shows the number of good replicas only if writes wait for some.
  const isGuarded = facts.has('min_slaves_good_slaves');
  if (replicas === 0 && !isGuarded) return ok('store-replication', 'a primary without replicas');
  if (isGuarded) return ok('store-replication', `${replicas} replicas, and writes wait for them`);
  return warn(
    'store-replication',
    `${replicas} replicas, but writes continue without them`,
    'set min-replicas-to-write 1 and min-replicas-max-lag 1: a primary that is cut off then stops within a second',
  );
}
