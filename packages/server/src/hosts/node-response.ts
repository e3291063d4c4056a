import type { ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { eventsOf } from '../endpoints/event-stream.ts';
import type { HostResponse } from '../request/host-request.ts';

/** A response of the gate: from its endpoints, or from a guard that refuses. */
export type GateResponse = Response | HostResponse;

/**
 * Sends a response of the gate through Node's own. Headers that the app has set stay; for headers that can occur
 * several times, the gate's are added. Does nothing when the client has gone, or the response was already sent.
 */
export function sendResponse(res: ServerResponse, { status, headers, body }: GateResponse): void {
  if (!isOpen(res)) {
    if (body instanceof ReadableStream) void body.cancel();
    return;
  }
  res.statusCode = status;
  writeHeaders(res, headers);
  if (body instanceof ReadableStream) writeBody(body, res);
  else res.end(body ?? undefined);
}

/**
 * What a guarded handler answers is for this user, after this approval. Nobody may store it, unless the handler says
 * so.
 */
export const NOT_KEPT = ['cache-control', 'no-store'] as const;

/** Sets these headers before the handler runs. */
export function keepOutOfCaches(res: ServerResponse): void {
  if (!res.headersSent && !res.hasHeader(NOT_KEPT[0])) res.setHeader(...NOT_KEPT);
}

/** Whether the response can still be written: the client is there, and nothing was sent yet. */
export function isOpen(res: ServerResponse): boolean {
  return !res.destroyed && !res.headersSent;
}

/** Sets headers. Those that can occur several times are added to what the app has set. */
export function writeHeaders(res: ServerResponse, headers: GateResponse['headers']): void {
  for (const [name, value] of headersOf(headers)) {
    if (isRepeatable(name)) res.appendHeader(name, value);
    else res.setHeader(name, value);
  }
}

/** The headers of a response, one pair each. */
export function headersOf(headers: GateResponse['headers']): Iterable<readonly [string, string]> {
  return headers instanceof Headers ? headers : Object.entries(headers);
}

/**
 * The headers of an answer, for a framework that sets them by its own reply: with what the app has set (`own`) of those
 * that a response can have several times, except cookies, which such frameworks add by themselves.
 */
export function mergedHeaders(
  headers: GateResponse['headers'],
  own: (name: string) => string | number | string[] | undefined,
): Record<string, string | string[]> {
  const merged: Record<string, string | string[]> = {};
  for (const [name, value] of headersOf(headers)) {
    if (name === 'set-cookie') merged[name] = [merged[name] ?? [], value].flat();
    else if (isRepeatable(name)) merged[name] = [...new Set([own(name) ?? [], value].flat())].join(', ');
    else merged[name] = value;
  }
  return merged;
}

const REPEATABLE = new Set(['set-cookie', 'www-authenticate', 'vary', 'access-control-expose-headers']);

/** Whether a header can occur several times in a response, so that the app may have set it already. */
export function isRepeatable(name: string): boolean {
  return REPEATABLE.has(name);
}

/** Calls back when the response has ended or nobody reads it any more, at once if that is already so. */
export function whenGone(res: ServerResponse, callback: () => void): void {
  if (res.closed) callback();
  else res.once('close', callback);
}

/** A client that stops reading is dropped when this many bytes of events wait for it. It has to reconnect. */
const MOST_BEHIND_BYTES = 262_144;

/** Makes a Node stream from a web-standard body. */
export function toNodeStream(body: ReadableStream<Uint8Array>): Readable {
  const events = eventsOf(body);
  // The same object under two declarations, the browser's and Node's.
  if (events === undefined) return Readable.fromWeb(body as NodeReadableStream<Uint8Array>);
  const stream = new Readable({
    read() {},
    destroy(error, done) {
      events.close();
      done(error);
    },
  });
  events.open({
    write(text) {
      stream.push(text);
      if (stream.readableLength > MOST_BEHIND_BYTES) stream.destroy();
    },
    end: () => stream.push(null),
    fail: (error) => stream.destroy(error as Error),
  });
  return stream;
}

/** Writes a web-standard body to a response whose head is set. A client that leaves ends the body. */
export function writeBody(body: ReadableStream<Uint8Array>, res: ServerResponse): void {
  // The head must not wait for the first bytes of the body.
  res.flushHeaders();
  const events = eventsOf(body);
  if (events === undefined) {
    pipeline(toNodeStream(body), res, () => {});
    return;
  }
  events.open({
    write(text) {
      if (!res.writableEnded) res.write(text);
      if (res.writableLength > MOST_BEHIND_BYTES) res.destroy();
    },
    end: () => res.end(),
    fail: () => res.destroy(),
  });
}
