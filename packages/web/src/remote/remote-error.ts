import type { StepUpErrorCode } from '@stepgate/core';

/**
 * Why a call to the endpoints did not do what it should: one of the server's codes, or `unreachable` when there was
 * no answer, or none of Stepgate's (offline, a proxy's error page). `unreachable` says nothing about the flow.
 */
export interface RemoteError {
  readonly code: StepUpErrorCode | 'unreachable';
  /** For the developer; a UI has its own sentence for each code. */
  readonly message: string;
  /** How long the server wants to be left alone. */
  readonly retryAfterMs?: number | undefined;
}

/** A refused or lost call. What the actor shows of it is a {@link RemoteError}. */
export class EndpointFailure extends Error implements RemoteError {
  declare readonly code: RemoteError['code'];
  declare readonly retryAfterMs: number | undefined;
  /** Whether the same call may well succeed later. */
  declare readonly isPassing: boolean;

  constructor(
    code: RemoteError['code'] = 'unreachable',
    message = 'no answer',
    isPassing = true,
    retryAfterMs?: number,
  ) {
    super(message);
    this.code = code;
    this.isPassing = isPassing;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What an answer that is none of success says. */
export async function failureOf(response: Response): Promise<EndpointFailure> {
  const { status, headers } = response;
  const { error, error_description: message = error } = parseJson(await response.text());
  // Seconds only: the other form, a date, would need a clock that is right.
  const retryAfterMs = Number(headers.get('retry-after')) * 1_000 || undefined;
  // Whatever does not speak in codes is a proxy, or the app's own error page.
  const isOurs = typeof error === 'string' && /^[a-z_]+$/.test(error);
  return new EndpointFailure(
    isOurs ? (error as StepUpErrorCode) : undefined,
    isOurs ? (message as string) : `status ${status}`,
    !isOurs || status >= 500 || status === 429,
    retryAfterMs,
  );
}

/** The failure of a call; what is not ours is `fetch`'s, which has found nobody. */
export function toFailure(error: unknown): EndpointFailure {
  return error instanceof EndpointFailure ? error : new EndpointFailure();
}

/** The members of a JSON object; none of anything else. */
export function parseJson(text: string): Readonly<Record<string, unknown>> {
  try {
    return { ...JSON.parse(text) };
  } catch {
    return {};
  }
}
