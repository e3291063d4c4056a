import type { Clock, FlowView } from '@stepgate/core';
import { PRIVATE_HEADERS } from './answer.ts';
import type { FlowDriver } from './flow-driver.ts';
import type { FlowTarget } from './flow-target.ts';

const HEARTBEAT_MS = 15_000;
const COME_AGAIN_MS = 1_000;
/** A stream's request is as old as the stream: who asks is found out anew from the next one's. */
const LONGEST_STREAM_MS = 60_000;

/**
 * The view as server-sent events: one at once, one for each change, heartbeats between, the end after the last, or
 * with the login. After a minute it ends too, for the client to come again.
 */
export function eventStream<Native>(options: {
  readonly driver: FlowDriver<Native>;
  readonly target: FlowTarget<Native>;
  readonly first: FlowView;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Ends the stream, with a hint to come again. */
  readonly closing: AbortSignal;
  /** Whether the flow is still that of whoever asks. */
  readonly isStillTheirs: () => Promise<boolean>;
  /** Called when the stream is over; may be called again. */
  readonly leave: () => void;
  readonly onError: (error: unknown) => void;
}): Response {
  const { driver, target, first, clock, closing, isStillTheirs, leave, onError } = options;
  const cancelled = new AbortController();
  const signal = AbortSignal.any([options.signal, closing, cancelled.signal]);
  const encoder = new TextEncoder();

  async function* events(): AsyncGenerator<string> {
    let view: FlowView | undefined = first;
    yield message(view);
    const end = clock.now() + LONGEST_STREAM_MS;
    while (!isFinal(view) && !signal.aborted && clock.now() < end) {
      const { version }: FlowView = view;
      view = await driver.watch(target, { version, until: clock.now() + HEARTBEAT_MS, signal });
      if (view === undefined || !(await isStillTheirs().catch(report))) return;
      yield view.version === version ? ': still here\n\n' : message(view);
    }
    if (closing.aborted && !isFinal(view)) yield `retry: ${COME_AGAIN_MS}\n\n`;
  }

  /** Nobody knows who is asking: nobody gets anything. */
  function report(error: unknown): false {
    onError(error);
    return false;
  }

  function fail(error: unknown): never {
    end();
    throw error;
  }

  function end(): void {
    signal.removeEventListener('abort', end);
    leave();
  }

  // Who has gone reads nothing on, to find the end.
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  const source = events();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      // A stream that fails is not cancelled by anybody: it has to leave by itself.
      const { value, done } = await source.next().catch(fail);
      if (done !== true) return controller.enqueue(encoder.encode(value));
      end();
      controller.close();
    },
    cancel() {
      cancelled.abort();
    },
  });
  return new Response(body, {
    headers: {
      ...PRIVATE_HEADERS,
      'content-type': 'text/event-stream; charset=utf-8',
      // Proxies that buffer would keep the news to themselves.
      'x-accel-buffering': 'no',
    },
  });
}

function message(view: FlowView): string {
  return `id: ${view.version}\nevent: view\ndata: ${JSON.stringify(view)}\n\n`;
}

function isFinal({ state }: FlowView): boolean {
  return state === 'approved' || state === 'cancelled';
}
