import type { HostRequest, WhenGone } from '../request/host-request.ts';

/** One request, and what the endpoint needs of it. */
export interface Call<Native> {
  readonly request: HostRequest<Native>;
  readonly web: () => Request;
}

/** Answers one method of one path. */
export type Endpoint<Native> = (call: Call<Native>) => Promise<Response>;

/** How to hear of a client that goes away. */
export function whenGone({ request, web }: Call<unknown>): WhenGone {
  return (callback) => {
    if (request.whenGone !== undefined) return request.whenGone(callback);
    const { signal } = web();
    if (signal.aborted) callback();
    else signal.addEventListener('abort', callback, { once: true });
  };
}
