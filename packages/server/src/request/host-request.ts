/** Calls back when the client has gone, at once if it already has. May also call back when the response has ended. */
export type WhenGone = (callback: () => void) => void;

/** A request as the guard needs it. Adapters make it from their host's request, cheaply. */
export interface HostRequest<Native = unknown> {
  readonly native: Native;
  readonly method: string;
  /** The path and query that the client asked for, before any router cut a prefix off. */
  readonly url: string;
  /** `http` or `https`; the app decides which proxy to trust. */
  readonly protocol: string;
  /** Host and port; the app decides which proxy to trust. */
  readonly host: string;
  header(name: string): string | undefined;
  /** The host's own request for a policy to read. Its body throws until a parser has filled it. */
  forPolicy(): Native;
  /**
   * The body as the handler finds it, for policies that bind its members.
   *
   * @throws StepUpError `misconfigured` (500) until a parser has filled it, `invalid_request` (400) when it cannot be
   * read.
   */
  parsedBody(): unknown;
  /** Calls back when the client has gone, at once if it already has. May also call back when the response has ended. */
  whenGone(callback: () => void): void;
}

/** A response of the guard. */
export interface HostResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The same response as a web `Response`. */
export function toResponse({ status, headers, body }: HostResponse): Response {
  return new Response(body, { status, headers });
}

/** The origin that the client sees. */
export function originOf({ protocol, host }: HostRequest): string {
  return `${protocol}://${host}`;
}

/** The path without its query. */
export function pathOf({ url }: HostRequest): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/** Whether a path is `base` or below it. */
export function isUnder(path: string, base: string): boolean {
  return path === base || path.startsWith(`${base}/`);
}

/** Calls back when the signal aborts, at once if it already has. */
export function whenAborted(signal: AbortSignal, callback: () => void): void {
  if (signal.aborted) callback();
  else signal.addEventListener('abort', callback, { once: true });
}
