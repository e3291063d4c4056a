import { StepUpError } from '@stepgate/core';
import type { HostResponse } from './host-request.ts';

/** Headers of every response that holds a user's data. */
export const PRIVATE_HEADERS = { 'cache-control': 'no-store, no-transform' } as const;

/** A quoted-string of HTTP (RFC 9110, section 5.6.4), limited to the characters that RFC 6750 allows. */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '?')}"`;
}

/** The challenge of RFC 9470, section 3; with `acr_values` if a token with one of them would be accepted. */
export function stepUpChallenge(maxAgeSeconds: number, acrValues: readonly string[]): string {
  const description = 'A fresh approval by a second factor is required';
  const challenge = `Bearer error="insufficient_user_authentication", error_description=${quoted(description)}, max_age="${maxAgeSeconds}"`;
  return acrValues.length === 0 ? challenge : `${challenge}, acr_values=${quoted(acrValues.join(' '))}`;
}

/**
 * The body of {@link errorResponse} as an object, for refusals inside something else: the value of a Server Action,
 * the `extensions` of a GraphQL error, the result of a tool. It leaves out what only the log may see.
 */
export function errorBody(error: StepUpError): Readonly<Record<string, unknown>> {
  return {
    error: error.code,
    error_description:
      error.expose || error.status === 503 ? error.message : 'the server is not set up rightly',
    ...(error.retryAfterMs !== undefined && { retry_after_ms: error.retryAfterMs }),
    ...error.details,
  };
}

/**
 * The response to a request that failed, as the guard itself sends it. For an app's own error handler, which gets
 * what `gate.assert` throws. It leaves out what only the log may see.
 */
export function errorResponse(error: StepUpError): HostResponse {
  return json(error.status, errorBody(error), {
    ...error.headers,
    ...(error.retryAfterMs !== undefined && { 'retry-after': `${Math.ceil(error.retryAfterMs / 1_000)}` }),
  });
}

/** A JSON response that nobody stores. */
export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HostResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...PRIVATE_HEADERS, ...headers },
    body: JSON.stringify(body),
  };
}

/** Whether the error comes from the app's set-up, so that its log should show it. Passing faults do not count. */
export function isFault({ expose, code }: StepUpError): boolean {
  return !expose && code !== 'store_unavailable' && code !== 'overloaded';
}

/** Any thrown value as a `StepUpError`. An unknown one counts as a fault of the app's set-up. */
export function toStepUpError(error: unknown): StepUpError {
  if (error instanceof StepUpError) return error;
  const message = error instanceof Error ? error.message : 'something that is not an error was thrown';
  return new StepUpError('misconfigured', message);
}
