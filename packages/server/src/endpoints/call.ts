import type { HostRequest, WhenGone } from '../request/host-request.ts';

/** One request, and what the endpoint needs of it. */
export interface Call {
  readonly request: HostRequest;
  readonly web: () => Request;
}

/** Answers one method of one path. */
export type Endpoint = (call: Call) => Promise<Response>;

/** How to hear of a client that goes away. */
export function whenGone({ request, web }: Call): WhenGone {
  return (callback) => {
    if (request.whenGone !== undefined) return request.whenGone(callback);
    const { signal } = web();
    if (signal.aborted) callback();
    else signal.addEventListener('abort', callback, { once: true });
  };
}
