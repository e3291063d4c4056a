import type { RequestLog } from './request-log.ts';
import { toWireRequest } from './wire-request.ts';

const heartbeatMs = 15_000;

/** How many requests a reader is told of that came before it. */
const mostAtStart = 1_000;

/** How many events may wait for a reader. */
const mostUnread = 10_000;

/**
 * The log as server-sent events: first the last 1,000 requests, then each one when it arrives and again when it is
 * answered, with the same `id`. The event `reset` says that the log was cleared.
 */
export function eventStreamResponse(log: RequestLog): Response {
  const encoder = new TextEncoder();
  let stop = (): void => undefined;
  const end = (controller: ReadableStreamDefaultController): void => {
    stop();
    controller.close();
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (text: string): void => {
        // A reader that fell far behind is sent away, and begins anew when it comes back.
        if ((controller.desiredSize ?? 0) < -mostUnread) end(controller);
        else controller.enqueue(encoder.encode(text));
      };
      const send = (event: string, data: unknown): void =>
        write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
      write('retry: 1000\n\n');
      // A page that has lost its connection begins anew.
      send('reset', {});
      for (const entry of log.entries.slice(-mostAtStart)) send('request', toWireRequest(entry));
      const unsubscribe = log.subscribe((entry) =>
        entry === undefined ? send('reset', {}) : send('request', toWireRequest(entry)),
      );
      const heartbeat: unknown = setInterval(() => write(': still here\n\n'), heartbeatMs);
      (heartbeat as { unref?: () => unknown }).unref?.();
      stop = () => {
        unsubscribe();
        clearInterval(heartbeat as ReturnType<typeof setInterval>);
      };
    },
    cancel: () => stop(),
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
}
