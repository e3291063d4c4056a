import type { StepUpErrorCode } from '@stepgate/core';
import { isOfNetwork, reportFault } from './report-fault.ts';

/**
 * Why a call to the endpoints failed: one of the server's codes, `overloaded` when a proxy turns calls away (429 or
 * 503), or `unreachable` when no answer of Stepgate came at all (no network, a proxy's error page, a fault of the app's own
 * `fetch`, which the console shows). `unreachable` says nothing about the flow.
 */
export interface RemoteError {
  readonly code: StepUpErrorCode | 'unreachable';
  /** For the developer; a UI has a sentence for each code. */
  readonly message: string;
  /** How long to wait before the next try, if the server said so. */
  readonly retryAfterMs?: number | undefined;
}

/** A refused or lost call. The actor's snapshots show it as a {@link RemoteError}. */
export class EndpointFailure extends Error implements RemoteError {
  readonly code: RemoteError['code'];
  readonly retryAfterMs: number | undefined;
  /** The server answered that it has no room now: that is not a lost connection. */
  readonly isBusy: boolean;
  /** The same call may succeed later. */
  readonly isTransient: boolean;

  constructor({
    code = 'unreachable',
    message = 'no answer',
    retryAfterMs,
    status,
  }: Partial<FailedCall> = {}) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
    this.isBusy = isBusyStatus(status);
    this.isTransient = code === 'unreachable' || this.isBusy || (status ?? 0) >= 500;
  }
}

interface FailedCall extends RemoteError {
  readonly status: number | undefined;
}

function isBusyStatus(status: number | undefined): boolean {
  return status === 429 || status === 503;
}

/** Reads why a response is not a success. */
export async function failureOf(response: Response): Promise<EndpointFailure> {
  const { status, headers } = response;
  const { error, error_description: description } = parseJson(await response.text());
  // Only seconds are read. The other form of the header, a date, is of no use where the clock is wrong.
  const retryAfterMs = Number(headers.get('retry-after')) * 1_000 || undefined;
  // An answer without a code comes from a proxy or is the app's error page.
  if (typeof error !== 'string' || !/^[a-z_]+$/.test(error)) {
    const code = isBusyStatus(status) ? 'overloaded' : 'unreachable';
    return new EndpointFailure({ code, message: `status ${status}`, retryAfterMs, status });
  }
  const message = typeof description === 'string' ? description : error;
  return new EndpointFailure({ code: error as StepUpErrorCode, message, retryAfterMs, status });
}

/**
 * The failure of a call. Anything else that was thrown means that no answer came. If it is no error of the network, it is a
 * fault of the app's `fetch` or of ours: the failure names it, and the console shows it.
 */
export function toFailure(error: unknown): EndpointFailure {
  if (error instanceof EndpointFailure) return error;
  if (!(error instanceof Error) || isOfNetwork(error)) return new EndpointFailure();
  reportFault(error);
  return new EndpointFailure({ message: `no answer: ${error}` });
}

/** The members of a JSON object; an empty object for everything else. */
export function parseJson(text: string): Readonly<Record<string, unknown>> {
  try {
    return { ...JSON.parse(text) };
  } catch {
    return {};
  }
}
