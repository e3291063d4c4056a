import { parseJson, stringMember } from '../lib/json.ts';
import { StepUpError } from '../terms/step-up-error.ts';
import { type ResponseReport, reportOf } from './response-report.ts';
import { retryAfter } from './retry-after.ts';
import { createFetchTransport, type Transport } from './transport.ts';

/** How to send requests. */
export interface HttpOptions<Call extends string> {
  /** How long a request may take, in milliseconds; default 10 000. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof globalThis.fetch;
  /** Sends the requests in place of `fetch`. */
  readonly transport?: Transport | undefined;
  /** The clock that `x-ratelimit-reset` is compared with when a response has no `Date`. */
  readonly now?: () => number;
  /** Called with every response, refusals included, for budgets and metrics. What it throws is ignored. */
  readonly onResponse?: (report: ResponseReport<Call>) => void;
}

/** One request. */
export interface HttpRequest<Call extends string> {
  /** What the request is for, for reports. */
  readonly call: Call;
  readonly method: 'get' | 'post' | 'delete';
  readonly url: string;
  /** What an error calls the request; no secrets. */
  readonly path: string;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Overrides the option. */
  readonly timeoutMs?: number | undefined;
}

/** A response, whatever its status. */
export interface HttpResponse {
  readonly status: number;
  /** JSON; `undefined` when the body was not JSON. */
  readonly body: unknown;
  /** Whether there was no body. */
  readonly isEmpty: boolean;
  /** The `error` member of the body. */
  readonly error: string | undefined;
  /** How long the provider wants us to wait, when it says so. */
  readonly retryAfterMs: number | undefined;
  /** The response's own `Date`, in milliseconds since the epoch. */
  readonly date: number | undefined;
}

/** Sends one request. Throws `provider_unavailable` when there is no response. */
export type Http<Call extends string> = (request: HttpRequest<Call>) => Promise<HttpResponse>;

const LONGEST_TIMEOUT_MS = 600_000;
const DEEPEST_CAUSE = 4;

/**
 * Sends requests to a provider, one for each call: no retries, no redirects.
 *
 * @throws TypeError when an option is wrong.
 */
export function createHttp<Call extends string>(options: HttpOptions<Call>): Http<Call> {
  const { timeoutMs = 10_000, now = Date.now } = options;
  assertTimeout('timeoutMs', timeoutMs);
  const send = options.transport ?? createFetchTransport(options.fetch);

  function tell(report: ResponseReport<Call>): void {
    try {
      options.onResponse?.(report);
    } catch {
      // A listener that throws must not fail the request.
    }
  }

  return async ({ call, method, url, path, json, form, headers, signal, timeoutMs: own }) => {
    const verb = method.toUpperCase() as Uppercase<typeof method>;
    const {
      status,
      headers: received,
      text,
    } = await send({
      method: verb,
      url,
      headers: { ...typeOf(json, form), ...headers },
      body: json === undefined ? form && new URLSearchParams(form).toString() : JSON.stringify(json),
      timeoutMs: own ?? timeoutMs,
      signal,
    }).catch((failure: unknown) => {
      // The failure may hold the request, and so its secrets: keep only the system's error code.
      const word = networkCode(failure);
      const why = word === undefined ? '' : `: ${word}`;
      throw new StepUpError('provider_unavailable', `no response to ${verb} ${path}${why}`);
    });
    tell(reportOf(call, status, received));
    const body = parseJson(text);
    const error = stringMember(body, 'error');
    const isLimited = status === 429 || error === 'slow_down';
    const retryAfterMs = retryAfter({ isLimited, headers: received, now: now() });
    const date = Date.parse(received.get('date') ?? '');
    return {
      status,
      body,
      isEmpty: text === '',
      error,
      retryAfterMs,
      date: Number.isNaN(date) ? undefined : date,
    };
  };
}

function typeOf(json: unknown, form: unknown): Record<string, string> {
  if (json !== undefined) return { 'content-type': 'application/json' };
  return form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' };
}

/** @throws TypeError when the time is not between 0 and 10 minutes. */
export function assertTimeout(name: string, ms: number): void {
  if (!(ms > 0 && ms <= LONGEST_TIMEOUT_MS)) {
    throw new TypeError(`${name}: must be a number of milliseconds, at most 10 minutes`);
  }
}

/** The system's error code among the causes: `ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED` and so on. */
function networkCode(failure: unknown): string | undefined {
  let cause = failure;
  for (let depth = 0; depth < DEEPEST_CAUSE && cause instanceof Error; depth += 1) {
    const { code } = cause as { readonly code?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z\d_]{2,40}$/.test(code)) return code;
    cause = cause.cause;
  }
  return undefined;
}
