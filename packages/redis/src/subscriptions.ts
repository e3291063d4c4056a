import { createConnection } from './connection.ts';
import type { RedisClientLike } from './redis-client.ts';

/** Who wants to hear of which channel. */
export interface Subscriptions {
  add(channel: string, listener: () => void): () => void;
  close(): void;
}

/** One channel that somebody listens to, or has until a moment ago. */
interface Channel {
  readonly name: string;
  readonly listeners: Set<() => void>;
  readonly wake: () => void;
  isActive: boolean;
  timer?: NodeJS.Timeout | undefined;
}

/** Watchers come back at once after they were woken: their channel is kept for so long. */
const LINGER_MS = 10_000;
/** How often watchers look for themselves while nobody can call them. */
const RETRY_MS = 1_000;

/**
 * Makes the subscriptions, on a connection of their own that is opened with the first. A channel's watchers are woken
 * once when it begins to be heard, and again whenever something may have been missed.
 */
export function createSubscriptions(options: {
  readonly open: () => RedisClientLike;
  readonly timeoutMs: number;
  readonly onError: (error: unknown) => void;
}): Subscriptions {
  const { onError } = options;
  const channels = new Map<string, Channel>();
  /** The one that is subscribed on. */
  let client: RedisClientLike | undefined;
  let isClosed = false;
  const connection = createConnection({
    ...options,
    onConnected(fresh) {
      client = fresh;
      for (const channel of channels.values()) channel.isActive = false;
      // Subscriptions that were there before are there again by then.
      for (const event of ['ready', 'node-ready']) fresh.on(event, () => fresh === client && catchUp());
      catchUp();
    },
  });

  function catchUp(): void {
    for (const channel of channels.values()) {
      channel.wake();
      if (!channel.isActive) void activate(channel);
    }
  }

  async function activate(channel: Channel): Promise<void> {
    clearTimeout(channel.timer);
    if (client === undefined) {
      connection.connect().catch(onError);
      retryLater(channel);
      return;
    }
    let asked: RedisClientLike | undefined;
    try {
      await connection.run((current) => {
        asked = current;
        return current.sSubscribe(channel.name, channel.wake);
      });
    } catch (error) {
      onError(error);
      retryLater(channel);
      return;
    }
    // Another one has taken its place meanwhile, and is asked as well.
    if (asked !== client) return;
    channel.isActive = true;
    channel.wake();
    if (channel.listeners.size === 0) linger(channel);
  }

  function retryLater(channel: Channel): void {
    if (isClosed) return;
    channel.timer = setTimeout(() => {
      channel.wake();
      if (channel.listeners.size === 0) channels.delete(channel.name);
      else void activate(channel);
    }, RETRY_MS);
    channel.timer.unref();
  }

  function open(name: string): Channel {
    const listeners = new Set<() => void>();
    const wake = (): void => {
      for (const listener of listeners) listener();
    };
    const channel: Channel = { name, listeners, wake, isActive: false };
    channels.set(name, channel);
    void activate(channel);
    return channel;
  }

  function linger(channel: Channel): void {
    clearTimeout(channel.timer);
    channel.timer = setTimeout(() => {
      channels.delete(channel.name);
      client?.sUnsubscribe(channel.name, channel.wake).catch(onError);
    }, LINGER_MS);
    channel.timer.unref();
  }

  return {
    add(name, listener) {
      const channel = channels.get(name) ?? open(name);
      // The same function may be added twice.
      const own = (): void => listener();
      channel.listeners.add(own);
      if (channel.isActive) clearTimeout(channel.timer);
      return () => {
        if (!channel.listeners.delete(own) || channel.listeners.size > 0) return;
        if (channel.isActive) linger(channel);
      };
    },
    close() {
      isClosed = true;
      for (const { timer } of channels.values()) clearTimeout(timer);
      channels.clear();
      connection.close();
    },
  };
}
