import type { HostRequest } from '../../request/host-request.ts';

/** One request, and what the endpoint needs of it. */
export interface Call {
  readonly request: HostRequest;
  readonly web: () => Request | Promise<Request>;
  /** The last segment of the path, as sent, for a route that ends in `*`. */
  readonly name: string;
  /** The link that the path names, as sealed text. */
  readonly link?: string | undefined;
}

/** Answers one method of one path. */
export type Endpoint = (call: Call) => Promise<Response>;
