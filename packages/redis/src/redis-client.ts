import { createClient } from '@redis/client';

/** The part of a `redis` client that the store uses: of `createClient`, `createCluster` and `createSentinel`. */
export interface RedisClientLike extends RedisNode {
  readonly options?: { readonly keyPrefix?: unknown } | undefined;
  readonly isOpen: boolean;
  /** Only on a cluster's client. */
  readonly masters?: readonly {
    readonly client?: RedisNode | undefined;
    readonly pubSub?: { readonly client: RedisNode } | undefined;
  }[];
  connect(): Promise<unknown>;
  destroy(): unknown;
  duplicate(overrides?: object): RedisClientLike;
  withCommandOptions(options: { timeout: number; typeMapping: Record<never, never> }): RedisClientLike;
  on(event: string, listener: (error: unknown) => void): unknown;
  hmGet(key: string, fields: string[]): Promise<unknown>;
  evalSha(sha1: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  time(): Promise<unknown>;
  sSubscribe(channel: string, listener: () => void): Promise<unknown>;
  sUnsubscribe(channel: string, listener: () => void): Promise<unknown>;
}

/** A connection to one server. */
interface RedisNode {
  /** Missing on cluster nodes of older clients. */
  readonly isReady?: boolean;
  ping(): Promise<unknown>;
}

const LONGEST_RETRY_MS = 2_000;

/** A client that reconnects for as long as it lives. */
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

/** Whether the client is connected, as far as it knows. */
export function isUp({ isOpen, isReady }: RedisClientLike): boolean {
  return isOpen && isReady !== false;
}

/** The servers that the client is connected to, as far as it knows. */
export function nodesOf(client: RedisClientLike): readonly RedisNode[] {
  const nodes = client.masters?.flatMap((master) => [master.client, master.pubSub?.client]) ?? [client];
  return nodes.filter((node) => node !== undefined).filter(({ isReady }) => isReady === true);
}
