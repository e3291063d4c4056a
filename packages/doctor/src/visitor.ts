import type { DoctorApp } from './options.ts';
import { member } from './wire.ts';

/** A response of the app. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON body, if there was one. */
  readonly body: unknown;
  readonly error: string | undefined;
}

/** A caller that is not a browser, and names its origin. `undefined` means that there was no response. */
export interface Visitor {
  read(path: string, headers: HeadersInit): Promise<Answer | undefined>;
  post(path: string, body: unknown, headers: HeadersInit): Promise<Answer | undefined>;
  delete(path: string, headers: HeadersInit): Promise<Answer | undefined>;
  /** The headers of an event stream and its first event, if it comes in time. */
  listen(
    path: string,
    headers: HeadersInit,
  ): Promise<{ readonly headers: Headers; readonly firstEvent: string | undefined } | undefined>;
}

const LONGEST_WAIT_MS = 10_000;

/** Makes the caller of a gate's endpoints. */
export function createVisitor(
  { url, basePath = '/step-up', timeoutMs = LONGEST_WAIT_MS }: DoctorApp,
  fetch: typeof globalThis.fetch,
): Visitor {
  const base = new URL(basePath, url).href;

  async function call<T>(
    path: string,
    init: RequestInit,
    read: (response: Response) => Promise<T>,
  ): Promise<T | undefined> {
    const leaving = new AbortController();
    const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      return await read(await fetch(base + path, { redirect: 'manual', ...init, signal }));
    } catch {
      return undefined;
    } finally {
      leaving.abort();
    }
  }

  return {
    read: (path, headers) => call(path, { headers }, answerOf),
    post: (path, body, headers) =>
      call(path, { method: 'POST', headers, body: JSON.stringify(body) }, answerOf),
    delete: (path, headers) => call(path, { method: 'DELETE', headers }, answerOf),
    listen: (path, headers) =>
      call(path, { headers }, async (response) => ({
        headers: response.headers,
        firstEvent: await firstOf(response).catch(() => undefined),
      })),
  };
}

async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const body: unknown = await response.json().catch(() => undefined);
  return { status, headers, body, error: member(body, 'error') };
}

async function firstOf({ body }: Response): Promise<string | undefined> {
  const first = await body?.getReader().read();
  return first?.value && new TextDecoder().decode(first.value);
}
