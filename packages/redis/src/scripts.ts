import { hash } from 'node:crypto';
import type { RedisClientLike } from './redis-client.ts';

/** A script that the server runs as one step. It touches one key only, as a cluster requires. */
export interface Script {
  readonly text: string;
  readonly sha1: string;
}

function script(text: string): Script {
  return { text, sha1: hash('sha1', text) };
}

/**
 * ARGV: the version that must be there, the value, its time to live in ms. The new version is the server's time in
 * microseconds. That is greater than any version the key ever had, and nothing has to be kept about deleted keys.
 */
export const WRITE = script(`
local current = tonumber(redis.call('HGET', KEYS[1], 'version') or 0)
if current ~= tonumber(ARGV[1]) then return false end
local time = redis.call('TIME')
local version = string.format('%.0f', math.max(current + 1, time[1] * 1000000 + time[2]))
redis.call('HSET', KEYS[1], 'version', version, 'value', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('SPUBLISH', KEYS[1], version)
return version
`);

export const DELETE = script(`
if redis.call('DEL', KEYS[1]) == 1 then redis.call('SPUBLISH', KEYS[1], '') end
return 1
`);

/** Runs a script by its digest, or by its text if the server does not have it. */
export async function run(
  client: RedisClientLike,
  { text, sha1 }: Script,
  key: string,
  args: string[] = [],
): Promise<unknown> {
  const options = { keys: [key], arguments: args };
  try {
    return await client.evalSha(sha1, options);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return client.eval(text, options);
  }
}
