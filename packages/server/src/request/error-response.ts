import { StepUpError } from '@stepgate/core';
import type { HostResponse } from './host-request.ts';

/** Headers of every answer of ours that holds something of a user. */
export const PRIVATE_HEADERS = { 'cache-control': 'no-store, no-transform' } as const;

/** A quoted-string of HTTP (RFC 9110, section 5.6.4), of the characters that RFC 6750 allows in its parameters. */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '?')}"`;
}

/** The challenge of RFC 9470, section 3; with `acr_values` where a token with one of them is let through. */
export function stepUpChallenge(maxAgeSeconds: number, acrValues: readonly string[]): string {
  const description = 'A fresh approval by a second factor is required';
  const challenge = `Bearer error="insufficient_user_authentication", error_description=${quoted(description)}, max_age="${maxAgeSeconds}"`;
  return acrValues.length === 0 ? challenge : `${challenge}, acr_values=${quoted(acrValues.join(' '))}`;
}

/**
 * The body of {@link errorResponse} as an object, for refusals that are part of something else: the value of a Server
 * Action, the `extensions` of a GraphQL error, the result of a tool. What only the log may see is not in it.
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
 * The answer to a request that failed, as the guard itself gives it: for an app's own error handler, which hears of
 * what `gate.assert` throws. Words for the log alone are not in it.
 */
export function errorResponse(error: StepUpError): HostResponse {
  return json(error.status, errorBody(error), {
    ...error.headers,
    ...(error.retryAfterMs !== undefined && { 'retry-after': `${Math.ceil(error.retryAfterMs / 1_000)}` }),
  });
}

/** A JSON answer that nobody keeps. */
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

/** Whether it is a fault of the app's wiring, which its log is to hear of; what passes by itself is none. */
export function isFault({ expose, code }: StepUpError): boolean {
  return !expose && code !== 'store_unavailable' && code !== 'overloaded';
}

/** Any thrown thing as the one error of ours; what is unknown is a fault of the app's wiring. */
export function toStepUpError(error: unknown): StepUpError {
  if (error instanceof StepUpError) return error;
  const message = error instanceof Error ? error.message : 'something was thrown that is no error';
  return new StepUpError('misconfigured', message);
}
