/** How many events may wait for a reader. */
const mostUnread = 10_000;

/** A stream to one reader. */
export interface EventStreamWriter {
  readonly send: (event: string, data: unknown) => void;
  /** Writes a comment, which keeps the connection alive. */
  readonly stillHere: () => void;
}

/** The event streams of one tenant. */
export interface EventStreams {
  /**
   * An answer of server-sent events. `follow` is called when somebody reads; what it returns is called when they stop. A
   * reader that falls 10,000 events behind is sent away, and begins anew when it comes back, a second later.
   */
  open(this: void, follow: (writer: EventStreamWriter) => () => void): Response;
  /** Ends all of them, and at once those that are opened later. */
  end(): void;
}

/** No stream yet. */
export function createEventStreams(): EventStreams {
  const encoder = new TextEncoder();
  const open = new Set<() => void>();
  let hasEnded = false;
  return {
    open(follow) {
      let stop = (): void => undefined;
      let close = (): void => undefined;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          if (hasEnded) return controller.close();
          close = () => {
            open.delete(close);
            stop();
            controller.close();
          };
          const write = (text: string): void => {
            if ((controller.desiredSize ?? 0) < -mostUnread) close();
            else controller.enqueue(encoder.encode(text));
          };
          write('retry: 1000\n\n');
          stop = follow({
            send: (event, data) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
            stillHere: () => write(': still here\n\n'),
          });
          open.add(close);
        },
        cancel() {
          open.delete(close);
          stop();
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
    },
    end() {
      hasEnded = true;
      for (const close of open) close();
    },
  };
}
