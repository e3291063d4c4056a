import { randomUUID } from 'node:crypto';
import type { ClientLike } from './pool.ts';

/** A connection for LISTEN. */
export interface ListenConnection {
  readonly client: ClientLike;
  readonly end: () => void;
}

/** Receives notifications. */
export interface Listening {
  /** Starts listening, unless it listens already. */
  start(): void;
  close(): void;
}

/** Options of {@link createListening}. */
export interface ListeningOptions {
  readonly open: () => Promise<ListenConnection>;
  readonly channel: string;
  readonly timeoutMs: number;
  /** Sends a payload to every listener, on another connection. */
  readonly notify: (payload: string) => Promise<unknown>;
  readonly onPayload: (payload: string) => void;
  /** Called every second while notifications may be missed, and once when that is over. */
  readonly onGap: () => void;
  readonly onReceiving: () => void;
  readonly onError: (error: unknown) => void;
}

const NOT_RECEIVING =
  'postgres: LISTEN was accepted, but notifications do not arrive, so watchers read every second. A pooler in transaction mode does this: give `listen` the address of the server itself, or false';
const LOOK_EVERY_MS = 1_000;
const PROBE = 'probe ';

/**
 * Makes the listener. Its connection is renewed when it breaks, and when the server does not answer on it: a server that
 * has lost its power sends no sign. It counts as working once a test message has arrived: behind a pooler in transaction
 * mode, LISTEN succeeds and no notification ever arrives.
 */
export function createListening(options: ListeningOptions): Listening {
  const { open, channel, timeoutMs, notify, onPayload, onGap, onReceiving, onError } = options;
  const probe = `${PROBE}${randomUUID()}`;
  let timer: NodeJS.Timeout | undefined;
  let connection: ListenConnection | undefined;
  let listeningSince = 0;
  let isLooking = false;
  let isReceiving = false;
  let isClosed = false;

  function disconnect(): void {
    connection?.end();
    connection = undefined;
    isReceiving = false;
  }

  function receive(payload: string): void {
    if (payload.startsWith(PROBE)) {
      if (payload !== probe || isReceiving) return;
      isReceiving = true;
      onReceiving();
      onGap();
    } else {
      onPayload(payload);
    }
  }

  async function connect(): Promise<void> {
    const fresh = await open();
    if (isClosed) {
      fresh.end();
      return;
    }
    connection = fresh;
    const lose = (): void => {
      if (connection === fresh) disconnect();
    };
    fresh.client.on('error', lose);
    fresh.client.on('end', lose);
    fresh.client.on('notification', ({ payload = '' }) => receive(payload));
    await fresh.client.query({ text: `LISTEN "${channel}"`, query_timeout: timeoutMs });
    listeningSince = performance.now();
  }

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      if (connection === undefined) await connect();
      else await connection.client.query({ text: 'SELECT 1', query_timeout: timeoutMs });
      if (isReceiving || isClosed) return;
      if (performance.now() - listeningSince > timeoutMs) onError(new Error(NOT_RECEIVING));
      await notify(probe);
    } catch (error) {
      disconnect();
      onError(error);
    } finally {
      isLooking = false;
    }
  }

  return {
    start() {
      if (timer !== undefined || isClosed) return;
      timer = setInterval(() => {
        if (!isReceiving) onGap();
        void look();
      }, LOOK_EVERY_MS);
      timer.unref();
      void look();
    },
    close() {
      isClosed = true;
      clearInterval(timer);
      disconnect();
    },
  };
}
