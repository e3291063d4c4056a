import type { ResponseHeaders } from './transport.ts';

/** Longer than any flow. Infinity would become null in JSON, and so no wait at all. */
export const LONGEST_WAIT_MS = 86_400_000;

/**
 * How long the provider wants us to wait, at most a day: `Retry-After` (seconds or a date), else `x-ratelimit-reset`
 * (UNIX time) when nothing is left. Both are compared with the response's own `Date`, since clocks differ.
 */
export function retryAfter({
  isLimited,
  headers,
  now,
}: {
  /** Whether the response says that a limit was reached. A reset time means nothing otherwise. */
  readonly isLimited: boolean;
  readonly headers: ResponseHeaders;
  readonly now: number;
}): number | undefined {
  const sentAt = Date.parse(headers.get('date') ?? '');
  const reference = Number.isNaN(sentAt) ? now : sentAt;
  const waitUntil = (until: number): number => Math.min(LONGEST_WAIT_MS, Math.max(0, until - reference));
  const header = headers.get('retry-after');
  if (header !== null) {
    const until = /^\d+$/.test(header) ? reference + Number(header) * 1_000 : Date.parse(header);
    if (!Number.isNaN(until)) return waitUntil(until);
  }
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
  if (!isLimited || Number.isNaN(reset)) return undefined;
  return waitUntil(reset * 1_000);
}
