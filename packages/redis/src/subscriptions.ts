import { createListeners } from '@stepgate/server/store-kit';
import { createConnection } from './connection.ts';
import type { RedisClientLike } from './redis-client.ts';

/** The watchers of channels. */
export interface Subscriptions {
  /** Adds one; the function that is returned removes it. */
  add(channel: string, listener: (version?: number) => void): () => void;
  close(): void;
}

/** A channel that has watchers, or had some a moment ago. */
interface Channel {
  readonly name: string;
  /** `message`: the version that was written; empty for a record that was deleted. */
  readonly wake: (message?: unknown) => void;
  /** Whether the server has confirmed the subscription. */
  isActive: boolean;
  timer?: NodeJS.Timeout | undefined;
}

/** How long a channel without watchers is kept: a watcher that was woken usually comes back at once. */
const LINGER_MS = 10_000;
/** How often watchers are woken while there is no subscription. */
const RETRY_MS = 1_000;

/**
 * Makes the subscriptions, on a connection that opens with the first one. A channel's watchers are woken once when its
 * subscription begins, and again whenever a message may have been missed.
 */
export function createSubscriptions(options: {
  readonly open: () => RedisClientLike;
  readonly timeoutMs: number;
  readonly onError: (error: unknown) => void;
}): Subscriptions {
  const { onError } = options;
  const listeners = createListeners();
  const channels = new Map<string, Channel>();
  /** The client that holds the subscriptions. */
  let client: RedisClientLike | undefined;
  let isClosed = false;
  const connection = createConnection({
    ...options,
    onConnected(fresh) {
      client = fresh;
      for (const channel of channels.values()) channel.isActive = false;
      // By the time of these events, the client has renewed the subscriptions that it had.
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
    // If another client has taken over meanwhile, `catchUp` subscribes on that one.
    if (asked !== client) return;
    channel.isActive = true;
    channel.wake();
    if (!listeners.has(channel.name)) linger(channel);
  }

  function retryLater(channel: Channel): void {
    if (isClosed) return;
    channel.timer = setTimeout(() => {
      channel.wake();
      if (listeners.has(channel.name)) void activate(channel);
      else channels.delete(channel.name);
    }, RETRY_MS);
    channel.timer.unref();
  }

  function open(name: string): Channel {
    const wake: Channel['wake'] = (message) => listeners.wake(name, Number(message) || undefined);
    const channel: Channel = { name, wake, isActive: false };
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
      const remove = listeners.add(name, listener);
      const channel = channels.get(name) ?? open(name);
      if (channel.isActive) clearTimeout(channel.timer);
      return () => {
        remove();
        const isKept = channels.get(name) === channel && channel.isActive;
        if (isKept && !listeners.has(name)) linger(channel);
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
