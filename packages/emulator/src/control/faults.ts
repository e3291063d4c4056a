/** Which requests a fault hits; a member left out matches everything. */
export interface FaultMatch {
  readonly method?: string;
  /** The whole path, or its beginning with a `*` at the end: `/mfa/*`. */
  readonly path?: string;
  readonly grantType?: string;
  /** Only requests that belong to this user, as far as the emulator knows. */
  readonly username?: string;
}

/** A response that replaces the emulator's own. */
export interface FaultResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown;
}

/** How the next matching requests fail. */
export interface Fault {
  readonly match?: FaultMatch;
  /** How many requests are hit. Default 1. */
  readonly times?: number;
  readonly respond?: FaultResponse;
  /** The connection breaks: `before` the emulator acted, or `after` it, so that the answer is lost. */
  readonly drop?: 'before' | 'after';
  /** The request waits this long, in real milliseconds, before anything else happens. */
  readonly delayMs?: number;
}

/** A fault that waits, with the number of requests it still hits. */
export interface WaitingFault extends Fault {
  readonly left: number;
}

/** The faults that wait for their requests. */
export interface Faults {
  /** Those that wait, oldest first. */
  list(): WaitingFault[];
  /** Adds a fault; a `TypeError` names what is wrong with it. */
  add(fault: Fault): void;
  clear(): void;
}

/** What {@link FaultBook.take} looks at. */
export interface FaultTarget {
  readonly method: string;
  readonly path: string;
  readonly grantType?: string | undefined;
  readonly username?: string | undefined;
}

/** Faults with the one thing only the emulator does: using them up. */
export interface FaultBook extends Faults {
  /** The oldest fault that matches, used once. */
  take(target: FaultTarget): Fault | undefined;
}

/** A book with no faults. */
export function createFaultBook(): FaultBook {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  return {
    add(fault) {
      assertFault(fault);
      waiting.push({ fault, left: fault.times ?? 1 });
    },
    clear() {
      waiting = [];
    },
    list: () => waiting.map(({ fault, left }) => ({ ...fault, left })),
    take(target) {
      const entry = waiting.find(({ fault }) => isMatch(fault.match ?? {}, target));
      if (entry === undefined) return undefined;
      entry.left -= 1;
      waiting = waiting.filter(({ left }) => left > 0);
      return entry.fault;
    },
  };
}

function isMatch(match: FaultMatch, target: FaultTarget): boolean {
  const { method, path, grantType, username } = match;
  if (method !== undefined && method.toUpperCase() !== target.method) return false;
  if (grantType !== undefined && grantType !== target.grantType) return false;
  if (username !== undefined && username !== target.username) return false;
  if (path === undefined) return true;
  return path.endsWith('*') ? target.path.startsWith(path.slice(0, -1)) : path === target.path;
}

function assertFault({ match, times, respond, drop, delayMs }: Fault): void {
  if (respond === undefined && drop === undefined && delayMs === undefined) {
    throw new TypeError('a fault has one of respond, drop or delay_ms');
  }
  if (respond !== undefined && drop !== undefined) throw new TypeError('a fault has either respond or drop');
  if (match !== undefined) assertMatch(match);
  if (times !== undefined && !isWholeNumber(times, 1)) throw new TypeError('times is a whole number from 1');
  if (delayMs !== undefined && !isWholeNumber(delayMs, 0)) {
    throw new TypeError('delay_ms is a whole number of milliseconds');
  }
  if (drop !== undefined && drop !== 'before' && drop !== 'after') {
    throw new TypeError('drop is "before" or "after"');
  }
  if (respond !== undefined) assertResponse(respond);
}

const matchMembers = ['method', 'path', 'grantType', 'username'];

function assertMatch(match: FaultMatch): void {
  if (!isTextRecord(match)) throw new TypeError('match holds strings');
  const unknown = Object.keys(match).find((name) => !matchMembers.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(`match has no member ${unknown}; it takes ${matchMembers.join(', ')}`);
}

function assertResponse({ status, headers }: FaultResponse): void {
  if (!isWholeNumber(status, 200) || status > 599) throw new TypeError('respond.status is from 200 to 599');
  if (headers !== undefined && !isTextRecord(headers)) throw new TypeError('respond.headers holds strings');
  try {
    new Headers(headers);
  } catch {
    throw new TypeError('respond.headers has a name or value that HTTP does not allow');
  }
}

function isWholeNumber(value: unknown, min: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min;
}

function isTextRecord(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((member) => member === undefined || typeof member === 'string')
  );
}
