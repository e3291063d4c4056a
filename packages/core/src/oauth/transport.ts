import ky from 'ky';
import { setDeadline } from '../lib/deadline.ts';

/** One request, ready to be sent. */
export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** How long it may take, until the last byte of its response. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A whole response, whatever its status. */
export interface TransportResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly text: string;
}

/** The headers of a response. */
export interface ResponseHeaders {
  get(name: string): string | null;
}

/**
 * Sends one request, once. Rejects when no whole response has come within the time, when the signal aborts, and when the
 * response is a redirect, which would send the credentials to another address.
 */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** Whether `fetch` would follow a response with this status. No answer of a provider's endpoint is one. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.includes(status);
}

/** The transport for any runtime: ky over `fetch`. */
export function createFetchTransport(fetch: typeof globalThis.fetch | undefined): Transport {
  const send = ky.create({
    // The machine does all the waiting. ky would sleep through a 429, for an hour if the header says so.
    retry: 0,
    throwHttpErrors: false,
    // ky's own timeout ends with the headers, but a body can stall too.
    timeout: false,
    // Not 'error', which the Workers runtime does not know.
    redirect: 'manual',
    ...(fetch && { fetch }),
  });
  return async ({ method, url, headers, body, timeoutMs, signal }) => {
    const deadline = setDeadline(timeoutMs, signal);
    try {
      const response = await send(url, {
        method,
        headers,
        ...(body !== undefined && { body }),
        signal: deadline.signal,
      });
      // Browsers hide the status.
      if (response.type === 'opaqueredirect' || isRedirect(response.status)) {
        throw new TypeError('The response is a redirect.');
      }
      return { status: response.status, headers: response.headers, text: await response.text() };
    } finally {
      deadline.end();
    }
  };
}
