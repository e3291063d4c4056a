import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { createRequest } from '@remix-run/node-fetch-server';
import { StepUpError } from '@stepgate/core';
import { eventsOf } from './endpoints/event-stream.ts';
import { fieldsOf, type HostBody } from './request/form-body.ts';

/** What a web-standard request is made of. */
export interface NodeRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly protocol: string;
  readonly host: string;
  /** The path and query before any router cut a prefix off. */
  readonly url: string;
  /** What a body parser in front has already read; the stream is empty then. */
  readonly parsedBody: unknown;
}

/** A web-standard request of Node's, for hosts that stand on `node:http`. */
export function toWebRequest(options: NodeRequest): Request {
  const { req, res, protocol, host, parsedBody } = options;
  const request = createRequest(req, res, { protocol: `${protocol}:`, host });
  if (!req.readableEnded) return request;
  // Nothing comes out of a stream that has ended: the body is what a parser has kept of it.
  const mayHaveBody = request.method !== 'GET' && request.method !== 'HEAD';
  const headers = new Headers(request.headers);
  headers.delete('content-length');
  return new Request(new URL(options.url, request.url), {
    method: request.method,
    headers,
    body: mayHaveBody && parsedBody !== undefined ? written(parsedBody, headers) : null,
    signal: request.signal,
  });
}

/** The body for a guard to keep. `files`: where parsers put the files of a form, one or several of them. */
export function toHostBody(options: NodeRequest & { readonly files: readonly unknown[] }): HostBody {
  if (!options.req.readableEnded) return { raw: toWebRequest(options) };
  const hasFiles = options.files.some(
    (found) => typeof found === 'object' && Object.keys(found ?? {}).length > 0,
  );
  return { parsed: options.parsedBody, hasFiles };
}

/**
 * A parsed body as it was, near enough: the members of a form, or JSON.
 *
 * @throws StepUpError `invalid_request` (400) for one that is nested too deep to be written.
 */
function written(body: unknown, headers: Headers): string {
  const isForm = headers.get('content-type')?.toLowerCase().startsWith('application/x-www-form-urlencoded');
  try {
    return isForm === true
      ? new URLSearchParams(fieldsOf(body).map(([...field]) => field)).toString()
      : JSON.stringify(body);
  } catch {
    throw new StepUpError('invalid_request', 'the body is nested too deep', { status: 400 });
  }
}

/** A web-standard body as a stream of Node's. */
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
      if (stream.readableLength > MOST_BEHIND) stream.destroy();
    },
    end: () => stream.push(null),
    fail: (error) => stream.destroy(error as Error),
  });
  return stream;
}

/** So many bytes of events may wait for a client that has stopped reading; beyond them it has to come again. */
const MOST_BEHIND = 262_144;

/** Writes a web-standard body to an answer of Node's whose head is set. A client that goes away ends the body. */
export function writeBody(body: ReadableStream<Uint8Array>, res: ServerResponse): void {
  // The first of it must not wait for the second.
  res.flushHeaders();
  const events = eventsOf(body);
  if (events === undefined) {
    pipeline(toNodeStream(body), res, () => {});
    return;
  }
  events.open({
    write(text) {
      if (!res.writableEnded) res.write(text);
      if (res.writableLength > MOST_BEHIND) res.destroy();
    },
    end: () => res.end(),
    fail: () => res.destroy(),
  });
}

/** What an adapter says of a gate in the place of a guard, which would let everybody through. */
export const NO_GUARD =
  'the gate itself guards nothing: give the route gate.require(policy), and mount the gate with app.use(gate)';

/** Calls back when nobody reads the answer any more, or it has ended. */
export function whenGone(res: ServerResponse, callback: () => void): void {
  if (res.closed) callback();
  else res.once('close', callback);
}

/** A header's value as one string. */
export function headerOf(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

const REPEATABLE = new Set(['set-cookie', 'www-authenticate', 'vary', 'access-control-expose-headers']);

/** Headers of which a response can have several, and of which the app may have set some already. */
export function isRepeatable(name: string): boolean {
  return REPEATABLE.has(name);
}

/**
 * The object that holds a request's body, for policies to read: while no parser has filled it, reading the body throws.
 * `undefined > 1000` is false, and a policy that compares must not take that for an answer. `req`: Node's request, from
 * which parsers read.
 */
export function withGuardedBody<T extends object>(
  holder: T,
  req?: Pick<IncomingMessage, 'readableDidRead'>,
): T {
  const { body } = holder as { readonly body?: unknown };
  // Some parsers leave an empty object behind when the type is not their own: a later parser may fill it.
  const isLeftEmpty = req?.readableDidRead === false && isEmpty(body);
  if (body !== undefined && !isLeftEmpty) return holder;
  // A parser that has run and found a type that is not its own leaves the member behind.
  const isParsed = 'body' in holder;
  return Object.create(holder, {
    body: {
      get() {
        throw isParsed ? unreadableBody() : unparsedBody();
      },
    },
  }) as T;
}

function isEmpty(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.keys(body).length === 0;
}

function unreadableBody(): StepUpError {
  return new StepUpError('invalid_request', 'this needs a body, of a type that the app reads', {
    status: 400,
  });
}

function unparsedBody(): StepUpError {
  return new StepUpError(
    'misconfigured',
    'policy: the function reads the body, which no parser has filled: put the parser in front of the guard',
    { status: 500 },
  );
}
