/** How many events may wait for a reader. */
const mostUnread = 10_000;

/** A stream to one reader. */
export interface EventStreamWriter {
  readonly send: (event: string, data: unknown) => void;
  /** Writes a comment, which keeps the connection alive. */
  readonly stillHere: () => void;
}

/**
 * An answer of server-sent events. `follow` is called when somebody reads; what it returns is called when they stop. A
 * reader that falls 10,000 events behind is sent away, and begins anew when it comes back, a second later.
 */
export function eventStreamResponse(follow: (writer: EventStreamWriter) => () => void): Response {
  const encoder = new TextEncoder();
  let stop = (): void => undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (text: string): void => {
        if ((controller.desiredSize ?? 0) >= -mostUnread) {
          controller.enqueue(encoder.encode(text));
        } else {
          stop();
          controller.close();
        }
      };
      write('retry: 1000\n\n');
      stop = follow({
        send: (event, data) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
        stillHere: () => write(': still here\n\n'),
      });
    },
    cancel: () => stop(),
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
}
