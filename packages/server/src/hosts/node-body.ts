import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequest } from '@remix-run/node-fetch-server';
import { StepUpError } from '@stepgate/core';
import { fieldsOf, type HostBody } from '../request/form-body.ts';

/** What a web-standard request is made of. */
export interface NodeRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly protocol: string;
  readonly host: string;
  /** The path and query before any router cut a prefix off. */
  readonly url: string;
  /** What a body parser has already read. The stream is then empty. */
  readonly parsedBody: unknown;
}

/**
 * Makes a web-standard request from Node's own.
 *
 * @throws StepUpError `invalid_request` (400) when the parsed body is nested too deep to be written again.
 */
export function toWebRequest(options: NodeRequest): Request {
  const { req, res, protocol, host, parsedBody } = options;
  const request = createRequest(req, res, { protocol: `${protocol}:`, host });
  if (!req.readableEnded) return request;
  // A stream that has ended gives nothing more: the body is what a parser kept.
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

/** The body for a guard to keep. `files`: the members in which parsers leave the files of a form. */
export function toHostBody(options: NodeRequest & { readonly files: readonly unknown[] }): HostBody {
  if (!options.req.readableEnded) return { raw: toWebRequest(options) };
  const hasFiles = options.files.some(
    (found) => typeof found === 'object' && Object.keys(found ?? {}).length > 0,
  );
  return { parsed: options.parsedBody, hasFiles };
}

/** Serialises a parsed body again: as a form if it was one, else as JSON. */
function written(body: unknown, headers: Headers): string {
  const isForm = headers.get('content-type')?.toLowerCase().startsWith('application/x-www-form-urlencoded');
  try {
    return isForm === true
      ? new URLSearchParams(fieldsOf(body).map(([...field]) => field)).toString()
      : JSON.stringify(body);
  } catch {
    throw new StepUpError('invalid_request', 'The body is nested too deep: send a flatter one.');
  }
}
