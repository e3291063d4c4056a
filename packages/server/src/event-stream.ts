import type { Clock, FlowView } from '@stepgate/core';
import { PRIVATE_HEADERS } from './answer.ts';
import type { FlowDriver, FlowTarget } from './flow-driver.ts';

const HEARTBEAT_MS = 15_000;

/** The view as server-sent events: one at once, one for each change, heartbeats between, the end after the last. */
export function eventStream<Native>(options: {
  readonly driver: FlowDriver<Native>;
  readonly target: FlowTarget<Native>;
  readonly first: FlowView;
  readonly clock: Clock;
  readonly signals: readonly AbortSignal[];
}): Response {
  const { driver, target, first, clock } = options;
  const cancelled = new AbortController();
  const signal = AbortSignal.any([...options.signals, cancelled.signal]);
  const encoder = new TextEncoder();

  async function* events(): AsyncGenerator<string> {
    let view: FlowView | undefined = first;
    yield message(view);
    while (view !== undefined && !isFinal(view) && !signal.aborted) {
      const { version }: FlowView = view;
      view = await driver.watch(target, { version, until: clock.now() + HEARTBEAT_MS, signal });
      if (view !== undefined) yield view.version === version ? ': still here\n\n' : message(view);
    }
  }

  const source = events();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await source.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
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
