/** What the tenant answered. Secrets are masked. */
export interface LoggedAnswer {
  readonly headers: Readonly<Record<string, string>>;
  /** JSON as it is, a page as its title. */
  readonly body?: unknown;
  /** The claims of the JWTs in the body, by the name of their member. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** What a finished request adds to its entry. */
export interface RequestEnd {
  /** Missing when the connection was dropped. */
  readonly status?: number;
  /** The fault that dropped the connection, before or after the emulator acted. */
  readonly dropped?: 'before' | 'after';
  /** How long the answer took, in real milliseconds. */
  readonly durationMs?: number;
  readonly answer?: LoggedAnswer;
}

/** The user and the client of a request, as far as the emulator knows. */
export interface Belonging {
  readonly username?: string;
  readonly clientId?: string;
  /** A number that all requests of one login share: from the password or the redirect to the tokens. */
  readonly flow?: number;
}

/**
 * One request to the tenant; those to the control API are not logged. Secrets are masked: a token shows as
 * `[hidden 3f9a12]`, which is the same for the same token, a password or code as `[hidden]`.
 */
export interface LoggedRequest extends RequestEnd, Belonging {
  /** Counts up, and goes on after a reset. */
  readonly id: number;
  /** The name of the named tenant that got it. */
  readonly tenant?: string;
  readonly method: string;
  /** Path without query, and without the path of a named tenant. */
  readonly path: string;
  /** Of `/oauth/token` only. */
  readonly grantType?: string;
  /** The end user's address that the client passed on as `auth0-forwarded-for`. */
  readonly forwardedFor?: string;
  /** Arrival, in epoch milliseconds of the emulator's clock. */
  readonly at: number;
  /** Whether a fault hit it. */
  readonly isFault?: true;
  /** Query and body. Only the last 1,000 requests keep parameters, headers and answer. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}
