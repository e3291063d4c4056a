import ky from 'ky';
import { setDeadline } from '../lib/deadline.ts';
import { parseJson, stringMember } from '../lib/json.ts';
import { StepUpError } from '../terms/step-up-error.ts';
import { type ResponseReport, reportOf } from './response-report.ts';
import { retryAfter } from './retry-after.ts';

/** How to send requests. */
export interface HttpOptions<Call extends string> {
  /** How long a request may take, in milliseconds; default 10 000. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof globalThis.fetch;
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
  const send = ky.create({
    // The machine does all the waiting. ky would sleep through a 429, for an hour if the header says so.
    retry: 0,
    throwHttpErrors: false,
    // ky's own timeout ends with the headers, but a body can stall too.
    timeout: false,
    // A redirect would send the credentials to another address.
    redirect: 'error',
    ...(options.fetch && { fetch: options.fetch }),
  });

  function tell(report: ResponseReport<Call>): void {
    try {
      options.onResponse?.(report);
    } catch {
      // A listener that throws must not fail the request.
    }
  }

  return async ({ call, method, url, path, json, form, headers, signal, timeoutMs: own }) => {
    const deadline = setDeadline(own ?? timeoutMs, signal);
    const { status, responseHeaders, text } = await send(url, {
      method,
      ...(json !== undefined && { json }),
      ...(form && { body: new URLSearchParams(form) }),
      ...(headers && { headers }),
      signal: deadline.signal,
    })
      .then(async (response) => ({
        status: response.status,
        responseHeaders: response.headers,
        text: await response.text(),
      }))
      .catch((failure: unknown) => {
        // ky's errors hold the request, and so its secrets: keep only the system's error code.
        const word = networkCode(failure);
        const why = word === undefined ? '' : `: ${word}`;
        throw new StepUpError('provider_unavailable', `no response to ${method.toUpperCase()} ${path}${why}`);
      })
      .finally(() => deadline.end());
    tell(reportOf(call, status, responseHeaders));
    const body = parseJson(text);
    const error = stringMember(body, 'error');
    const isLimited = status === 429 || error === 'slow_down';
    const retryAfterMs = retryAfter({ isLimited, headers: responseHeaders, now: now() });
    return { status, body, isEmpty: text === '', error, retryAfterMs };
  };
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
