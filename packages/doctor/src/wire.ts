import { isStepUpError, type StepUpErrorCode } from '@stepgate/core';

/** One request and its response, as sent. For checks, never for printing: it holds secrets. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  /** The JSON body, if there was one. */
  readonly body: unknown;
  /** Milliseconds since the epoch, by this machine's clock. */
  readonly sentAt: number;
  readonly receivedAt: number;
}

/** A `fetch` that remembers its last exchange. */
export interface Wire {
  readonly fetch: typeof globalThis.fetch;
  /** The last exchange; `undefined` if there was no response. */
  last(): Exchange | undefined;
}

/** Watches a `fetch`, one request at a time. */
export function createWire(fetch: typeof globalThis.fetch = globalThis.fetch, now = Date.now): Wire {
  let last: Exchange | undefined;
  return {
    last: () => last,
    async fetch(input, init) {
      last = undefined;
      const request = new Request(input, init);
      const sentAt = now();
      const response = await fetch(request);
      const receivedAt = now();
      const text = await response.clone().text();
      const { method, url } = request;
      const { status, headers } = response;
      const path = new URL(url).pathname;
      last = { method, path, status, headers, body: parse(text), sentAt, receivedAt };
      return response;
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** How a call of Stepgate's own client went, and its exchange. */
export type Outcome<T> =
  | { readonly isDone: true; readonly value: T; readonly exchange: Exchange | undefined }
  | { readonly isDone: false; readonly code: StepUpErrorCode; readonly exchange: Exchange | undefined };

/** Makes a call, and returns how it went. Throws only what is not a `StepUpError`. */
export async function observe<T>(wire: Wire, call: () => Promise<T>): Promise<Outcome<T>> {
  try {
    const value = await call();
    return { isDone: true, value, exchange: wire.last() };
  } catch (error) {
    if (!isStepUpError(error)) throw error;
    return { isDone: false, code: error.code, exchange: wire.last() };
  }
}

/** The `error` of a response, if it looks like an error name: anything else could be an echo of what was sent. */
export function errorOf({ exchange }: { readonly exchange: Exchange | undefined }): string | undefined {
  const error = member(exchange?.body, 'error');
  return error !== undefined && /^[a-z_]{1,40}$/.test(error) ? error : undefined;
}

/** Whether the text of a response matches. It is never shown. */
export function says({ exchange }: { readonly exchange: Exchange | undefined }, words: RegExp): boolean {
  return words.test(member(exchange?.body, 'error_description') ?? '');
}

/** A response in a few words: `403 unauthorized_client`. */
export function inWords(outcome: { readonly exchange: Exchange | undefined }): string {
  const { exchange } = outcome;
  if (exchange === undefined) return 'no answer';
  return [exchange.status, errorOf(outcome)].filter((word) => word !== undefined).join(' ');
}

/** A text member of a JSON object, if there is one. */
export function member(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value = (body as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : undefined;
}
