import { randomUUID } from 'node:crypto';
import type { ClientLike } from './pool.ts';

/** A connection that is listened on. */
export interface Line {
  readonly client: ClientLike;
  readonly end: () => void;
}

/** Hears notifications. */
export interface Listening {
  /** Begins, if it has not begun yet. */
  start(): void;
  close(): void;
}

/** Options of {@link createListening}. */
export interface ListeningOptions {
  readonly open: () => Promise<Line>;
  readonly channel: string;
  readonly timeoutMs: number;
  /** Sends a payload to everyone who listens, by another connection. */
  readonly notify: (payload: string) => Promise<unknown>;
  readonly onPayload: (payload: string) => void;
  /** Called every second while notifications may be missed, and once when that is over. */
  readonly onGap: () => void;
  readonly onHeard: () => void;
  readonly onError: (error: unknown) => void;
}

const NOT_HEARD =
  'postgres: LISTEN was accepted, but notifications do not arrive, so watchers read every second. A pooler in transaction mode does this: give `listen` the address of the server itself, or false';
const LOOK_EVERY_MS = 1_000;
const PROBE = 'probe ';

/**
 * Makes the listener. Its connection is renewed when it breaks, and when the server does not answer on it: a server that
 * has lost its power tells nobody. It counts as heard once a test message has arrived. Behind a pooler that lends
 * connections by the transaction, LISTEN succeeds and nothing ever comes.
 */
export function createListening(options: ListeningOptions): Listening {
  const { open, channel, timeoutMs, notify, onPayload, onGap, onHeard, onError } = options;
  const probe = `${PROBE}${randomUUID()}`;
  let timer: NodeJS.Timeout | undefined;
  let line: Line | undefined;
  let listeningSince = 0;
  let isLooking = false;
  let isHeard = false;
  let isClosed = false;

  function hangUp(): void {
    line?.end();
    line = undefined;
    isHeard = false;
  }

  function receive(payload: string): void {
    if (payload.startsWith(PROBE)) {
      if (payload !== probe || isHeard) return;
      isHeard = true;
      onHeard();
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
    line = fresh;
    const lose = (): void => {
      if (line === fresh) hangUp();
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
      if (line === undefined) await connect();
      else await line.client.query({ text: 'SELECT 1', query_timeout: timeoutMs });
      if (isHeard || isClosed) return;
      if (performance.now() - listeningSince > timeoutMs) onError(new Error(NOT_HEARD));
      await notify(probe);
    } catch (error) {
      hangUp();
      onError(error);
    } finally {
      isLooking = false;
    }
  }

  return {
    start() {
      if (timer !== undefined || isClosed) return;
      timer = setInterval(() => {
        if (!isHeard) onGap();
        void look();
      }, LOOK_EVERY_MS);
      timer.unref();
      void look();
    },
    close() {
      isClosed = true;
      clearInterval(timer);
      hangUp();
    },
  };
}
