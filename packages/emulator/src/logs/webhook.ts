import type { LogStreamOptions } from '../directory/log-stream.ts';
import type { LogEvent } from '../state/event-log.ts';
import type { LogStreamState } from '../state/log-streams.ts';
import type { TenantFrame } from '../state/tenant.ts';

/** What a webhook sends with and waits with. */
export interface WebhookSeams {
  readonly fetch: TenantFrame['fetch'];
  /** Resolves after so many real milliseconds. */
  wait(this: void, ms: number): Promise<void>;
}

/** A webhook that gets events. */
export interface Webhook {
  /** Takes an event; it is sent soon. */
  deliver(event: LogEvent): void;
  state(): LogStreamState;
  /** Sends nothing more. */
  stop(): void;
}

/** Events that happen within this time go into one request. */
const batchMs = 200;
const mostInBatch = 100;
/** How long an endpoint may take to answer. */
const patienceMs = 10_000;
/** More events than this do not wait: the oldest are lost. */
const mostWaiting = 5_000;
/** How long it waits before each further try of a batch. */
const retriesMs = [1_000, 2_000, 4_000];

/** Sends events to an endpoint in batches, in their order, each batch up to four times. */
export function createWebhook(options: LogStreamOptions, { fetch, wait }: WebhookSeams): Webhook {
  const { name, endpoint, types } = options;
  const waiting: LogEvent[] = [];
  const batchSize = options.contentFormat === 'JSONOBJECT' ? 1 : mostInBatch;
  let counts = { sent: 0, lost: 0 };
  let lastError: string | undefined;
  let isSending = false;
  let isStopped = false;

  async function post(batch: readonly LogEvent[]): Promise<boolean> {
    try {
      const response = await fetch(endpoint, toRequest(options, batch));
      await response.body?.cancel();
      lastError = response.ok ? undefined : `answered ${response.status}`;
    } catch (error) {
      lastError = messageOf(error);
    }
    return lastError === undefined;
  }

  async function sendBatch(batch: readonly LogEvent[]): Promise<boolean> {
    if (await post(batch)) return true;
    for (const ms of retriesMs) {
      await wait(ms);
      if (isStopped) return false;
      if (await post(batch)) return true;
    }
    return false;
  }

  async function sendAll(): Promise<void> {
    isSending = true;
    while (waiting.length > 0 && !isStopped) {
      if (waiting.length < batchSize) await wait(batchMs);
      const batch = waiting.splice(0, batchSize);
      if (batch.length === 0) break;
      const isSent = await sendBatch(batch);
      counts = isSent
        ? { ...counts, sent: counts.sent + batch.length }
        : { ...counts, lost: counts.lost + batch.length };
    }
    isSending = false;
  }

  return {
    deliver(event) {
      if (isStopped || types?.includes(event.type) === false) return;
      waiting.push(event);
      if (waiting.length > mostWaiting) {
        waiting.shift();
        counts = { ...counts, lost: counts.lost + 1 };
      }
      if (!isSending) void sendAll();
    },
    state: () => ({
      name,
      endpoint,
      contentFormat: options.contentFormat ?? 'JSONARRAY',
      types,
      waiting: waiting.length,
      ...counts,
      ...(lastError !== undefined && { lastError }),
    }),
    stop() {
      isStopped = true;
      waiting.length = 0;
    },
  };
}

/** A batch as a custom webhook of the tenant writes it. */
function toRequest(
  { authorization, contentFormat = 'JSONARRAY' }: LogStreamOptions,
  batch: readonly LogEvent[],
): RequestInit {
  const entries = batch.map((event) => ({ log_id: event.log_id, data: event }));
  const body =
    contentFormat === 'JSONARRAY'
      ? JSON.stringify(entries)
      : entries.map((entry) => JSON.stringify(entry)).join('\n');
  return {
    method: 'POST',
    redirect: 'error',
    signal: AbortSignal.timeout(patienceMs),
    headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
    body,
  };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}
