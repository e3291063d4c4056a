import type { FlowView } from '@stepgate/core';
import type { Runtime } from '../events/runtime.ts';
import type { FlowDriver } from '../flow/driver.ts';
import type { FlowTarget } from '../flow/parts.ts';
import type { Watch } from '../flow/watch.ts';
import { PRIVATE_HEADERS } from '../request/error-response.ts';
import type { WhenGone } from '../request/host-request.ts';

const HEARTBEAT_MS = 15_000;
/** How often to check that the login still lasts, while nothing happens. */
const ASK_AGAIN_MS = 5_000;
const COME_AGAIN_MS = 1_000;
/** The client then reconnects with a new request. */
const LONGEST_STREAM_MS = 60_000;

/** Where events go. It fails by itself when too many wait for a client that has stopped reading. */
export interface EventSink {
  readonly write: (text: string) => void;
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
}

/** The events of a stream. Nothing happens before they are opened. */
export interface EventSource {
  /** Writes the events as they come. Call it once. */
  open(sink: EventSink): void;
  /** Call it when the client no longer reads. */
  close(): void;
}

/** What a stream needs. */
export interface EventStreamOptions {
  readonly driver: Pick<FlowDriver, 'follow'>;
  readonly target: FlowTarget;
  readonly first: FlowView;
  readonly whenGone: WhenGone;
  /** Whether the login that the stream began with still lasts. */
  readonly isStillTheirs: () => Promise<boolean>;
  /** Called when the stream ends; may be called again. */
  readonly leave: () => void;
  /** `closing` ends the stream, with a hint to reconnect. */
  readonly runtime: Pick<Runtime, 'clock' | 'closing' | 'onError'>;
}

/** How many events may wait for their reader. */
const MOST_WAITING = 256;

const sources = new WeakMap<ReadableStream, EventSource>();

/**
 * The events behind a body, for hosts that can write them directly: a web-standard stream takes some 20 kB for as
 * long as it lasts.
 */
export function eventsOf(body: ReadableStream): EventSource | undefined {
  return sources.get(body);
}

/**
 * The view as server-sent events: one at once, one for each change, and heartbeats in between. It ends after the last
 * view, with the login, or after a minute, so that the client reconnects.
 */
export function eventStream(options: EventStreamOptions): Response {
  const source = createEventSource(options);
  const body = toBody(source);
  sources.set(body, source);
  return new Response(body, {
    headers: {
      ...PRIVATE_HEADERS,
      'content-type': 'text/event-stream; charset=utf-8',
      // Buffering proxies would hold the events back.
      'x-accel-buffering': 'no',
    },
  });
}

function createEventSource({ first, ...options }: EventStreamOptions): EventSource {
  const { driver, target, isStillTheirs, leave } = options;
  const { clock, closing, onError } = options.runtime;
  let latest: FlowView | undefined = first;
  let version = first.version;
  let sink: EventSink | undefined;
  let watch: Watch | undefined;
  let endsAt = 0;
  let wroteAt = 0;
  let timer: unknown;
  const listener = { seen: (view: FlowView | undefined) => void tell(view).catch(failed), failed };
  options.whenGone(end);

  function close(): void {
    sink = undefined;
    latest = undefined;
    clock.clearTimeout(timer);
    watch?.stop();
    leave();
  }

  function end(): void {
    const to = sink;
    close();
    to?.end();
  }

  function failed(error: unknown): void {
    const to = sink;
    close();
    to?.fail(error);
  }

  async function isTheirs(): Promise<boolean> {
    return (await isStillTheirs().catch(onError)) === true;
  }

  async function tell(view: FlowView | undefined): Promise<void> {
    // Before each view, which may hold a secret. If the check fails, nothing is sent.
    const isForThem = view !== undefined && (await isTheirs());
    if (sink === undefined) return;
    if (!isForThem) return end();
    if (view.version !== version) write(sink, message(view));
    version = view.version;
    goOn(view);
  }

  /** Ends the stream with the login, and shows proxies that it is alive. */
  async function ask(): Promise<void> {
    const isForThem = await isTheirs();
    await watch?.lookAgain();
    if (sink === undefined) return;
    if (!isForThem) return end();
    if (clock.now() - wroteAt >= HEARTBEAT_MS) write(sink, ': still here\n\n');
    askLater();
  }

  function askLater(): void {
    timer = clock.setTimeout(() => void ask().catch(failed), ASK_AGAIN_MS);
  }

  function write(to: EventSink, text: string): void {
    wroteAt = clock.now();
    to.write(text);
  }

  function goOn(view: FlowView): void {
    // The last write may have been one too many.
    if (sink === undefined) return;
    const isLast = isFinal(view);
    if (closing.aborted && !isLast) sink.write(`retry: ${COME_AGAIN_MS}\n\n`);
    const now = clock.now();
    if (isLast || closing.aborted || now >= endsAt) end();
    else watch = driver.follow(target, { version, until: endsAt }, listener);
  }

  return {
    open(to) {
      // The client may have gone before.
      if (latest === undefined) return to.end();
      const view = latest;
      latest = undefined;
      sink = to;
      endsAt = clock.now() + LONGEST_STREAM_MS;
      write(to, message(view));
      askLater();
      goOn(view);
    },
    close,
  };
}

/** The events as a body that any host can read. */
function toBody(source: EventSource): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let isOpen = false;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (isOpen) return;
        isOpen = true;
        source.open({
          write(text) {
            controller.enqueue(encoder.encode(text));
            if ((controller.desiredSize ?? 0) >= -MOST_WAITING) return;
            source.close();
            controller.error(new Error('the client has stopped reading'));
          },
          end: () => controller.close(),
          fail: (error) => controller.error(error),
        });
      },
      cancel: () => source.close(),
    },
    // Nothing is written before it is read, in either way.
    { highWaterMark: 0 },
  );
}

function message(view: FlowView): string {
  return `id: ${view.version}\nevent: view\ndata: ${JSON.stringify(view)}\n\n`;
}

function isFinal({ state }: FlowView): boolean {
  return state === 'approved' || state === 'cancelled';
}
