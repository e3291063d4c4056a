import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';

/** What the store uses of a client of the `redis` package: of `createClient`, `createCluster` and `createSentinel`. */
export interface RedisClientLike {
  readonly options?: { readonly keyPrefix?: unknown } | undefined;
  /** Not of clusters. */
  readonly isReady?: boolean;
  ping(): Promise<unknown>;
  connect(): Promise<unknown>;
  destroy(): unknown;
  duplicate(): RedisClientLike;
  withCommandOptions(options: { timeout: number; typeMapping: Record<never, never> }): RedisClientLike;
  on(event: string, listener: (error: unknown) => void): unknown;
  hmGet(key: string, fields: string[]): Promise<unknown>;
  evalSha(sha1: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  time(): Promise<unknown>;
  sSubscribe(channel: string, listener: () => void): Promise<unknown>;
  sUnsubscribe(channel: string, listener: () => void): Promise<unknown>;
}

const LONGEST_RETRY_MS = 2_000;

/** A client that never gives up. */
export function createOwnClient(url: string, timeoutMs: number): RedisClientLike {
  return createClient({
    url,
    socket: {
      connectTimeout: timeoutMs,
      reconnectStrategy: (retries) =>
        Math.min(LONGEST_RETRY_MS, 50 * 2 ** Math.min(retries, 10)) + Math.floor(Math.random() * 100),
    },
  });
}

/**
 * Notices a connection that has died without a word, which the operating system would keep for minutes: by a ping
 * that is not answered. Answers with what ends the watch.
 */
export function watchOver(client: RedisClientLike, everyMs: number, onDead: () => void): () => void {
  async function look(): Promise<void> {
    // While it reconnects, it takes care of itself.
    if (client.isReady !== true) return;
    const pinging = client.ping().then(
      () => true,
      () => true,
    );
    const isAlive = await Promise.race([pinging, sleep(everyMs, false, { ref: false })]);
    if (!isAlive) onDead();
  }
  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
