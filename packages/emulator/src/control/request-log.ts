/** One request the tenant got; the control API's own are not among them. Holds no secrets. */
export interface LoggedRequest {
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  /** Of `/oauth/token` only. */
  readonly grantType?: string;
  /** The end user's address that the client passed on as `auth0-forwarded-for`. */
  readonly forwardedFor?: string;
  /** Arrival, in epoch milliseconds. */
  readonly at: number;
  /** Missing while the request is under way and when its connection was dropped. */
  readonly status?: number;
  /** The fault that dropped the connection, before or after the emulator acted. */
  readonly dropped?: 'before' | 'after';
}

/** The requests so far, oldest first. */
export interface RequestLog {
  readonly entries: readonly LoggedRequest[];
  /** Adds a request; the function returned adds how it ended. */
  add(request: LoggedRequest): (end: Pick<LoggedRequest, 'status' | 'dropped'>) => void;
  clear(): void;
}

/** An empty log. */
export function createRequestLog(): RequestLog {
  let entries: LoggedRequest[] = [];
  return {
    get entries() {
      return entries;
    },
    add(request) {
      const list = entries;
      const index = list.push(request) - 1;
      return (end) => {
        list[index] = { ...request, ...end };
      };
    },
    clear() {
      entries = [];
    },
  };
}
