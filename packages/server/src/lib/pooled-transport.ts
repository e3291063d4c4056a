import {
  isRedirect,
  type ResponseHeaders,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@stepgate/core';
import { type Dispatcher, getGlobalDispatcher } from 'undici';
import { MOST_BYTES, tooLarge } from './bounded-fetch.ts';

/** Some firewalls refuse requests without a user agent. */
const COMMON = { accept: '*/*', 'user-agent': 'stepgate' };

/** Bun replaces `undici` with a version whose dispatchers send nothing. The Workers runtime has no sockets for it. */
export const HAS_UNDICI =
  process.versions.bun === undefined && globalThis.navigator?.userAgent !== 'Cloudflare-Workers';

/**
 * Makes a transport over undici's connection pool, without the streams and objects of `fetch`, which takes a third of
 * the CPU time. Like Node's `fetch`, it uses the dispatcher that the app has set with `setGlobalDispatcher`, for a
 * proxy or a certificate. A response beyond 1 MB fails: an endless one would fill the memory.
 */
export function createPooledTransport(): Transport {
  return (request) =>
    new Promise((resolve, reject) => {
      const { origin, pathname, search } = addressOf(request.url);
      const { method, headers, body } = request;
      getGlobalDispatcher().dispatch(
        { origin, path: pathname + search, method, headers: { ...COMMON, ...headers }, body: body ?? null },
        createExchange(request, resolve, reject),
      );
    });
}

/** A tenant has few addresses, and each is parsed once. */
const addresses = new Map<string, URL>();
const MOST_ADDRESSES = 100;

function addressOf(url: string): URL {
  const known = addresses.get(url);
  if (known !== undefined) return known;
  const address = new URL(url);
  if (addresses.size >= MOST_ADDRESSES) addresses.clear();
  addresses.set(url, address);
  return address;
}

/** Collects one response. undici calls these methods; its newer names would cost an adapter for each request. */
function createExchange(
  { timeoutMs, signal }: TransportRequest,
  resolve: (response: TransportResponse) => void,
  reject: (error: unknown) => void,
): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = [];
  let size = 0;
  let status = 0;
  let received: readonly Buffer[] = [];
  let ended: Error | undefined;
  let disconnect: ((error: Error) => void) | undefined;
  const timer = setTimeout(() => fail(new Error('No response in time.')), timeoutMs);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted === true) abort();

  function end(): void {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }

  /** Drops the connection: what is still under way on it would be taken for the next response. */
  function fail(error: Error): void {
    if (ended !== undefined) return;
    ended = error;
    end();
    reject(error);
    disconnect?.(error);
  }

  function abort(): void {
    fail(new Error('aborted'));
  }

  return {
    onConnect(breakOff) {
      disconnect = breakOff;
      if (ended !== undefined) breakOff(ended);
    },
    onHeaders(statusCode, headers) {
      status = statusCode;
      received = headers;
      if (isRedirect(statusCode)) fail(new Error('redirected'));
      return true;
    },
    onData(chunk) {
      size += chunk.length;
      if (size > MOST_BYTES) fail(tooLarge());
      else chunks.push(chunk);
      return true;
    },
    onComplete() {
      end();
      resolve({ status, headers: headersIn(received), text: Buffer.concat(chunks).toString('utf8') });
    },
    onError(error) {
      fail(error);
    },
  };
}

/** The headers as they came: names and values in turn. */
function headersIn(raw: readonly Buffer[]): ResponseHeaders {
  return {
    get(name) {
      const values: string[] = [];
      for (let index = 0; index < raw.length; index += 2) {
        if (raw[index]?.length === name.length && raw[index]?.toString('latin1').toLowerCase() === name) {
          values.push(raw[index + 1]?.toString('latin1') ?? '');
        }
      }
      return values.length === 0 ? null : values.join(', ');
    },
  };
}
