import { type Finding, fail, ok, skipped, warn } from '../finding.ts';
import type { Exchange } from '../wire.ts';

/** A `Date` header has whole seconds, and a response takes time. */
const WORTH_A_WORD_MS = 5_000;
/** The tolerance of the `id_token` check. */
const FORGIVEN_MS = 60_000;

/** How far the tenant's clock is ahead of this machine's, by a response's `Date`; `undefined` if it has none. */
export function skewOf(exchange: Exchange | undefined): number | undefined {
  const date = Date.parse(exchange?.headers.get('date') ?? '');
  if (exchange === undefined || Number.isNaN(date)) return undefined;
  // The header's second is rounded down: on average the real time is half a second later.
  return date + 500 - (exchange.sentAt + exchange.receivedAt) / 2;
}

/** Compares the clocks. */
export function checkClock(exchange: Exchange | undefined): Finding {
  const skewMs = skewOf(exchange);
  if (skewMs === undefined) {
    return skipped('clock', "the tenant's response has no Date", "check this machine's time yourself");
  }
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  const seen = `this machine is ${seconds} s ${skewMs > 0 ? 'behind' : 'ahead of'} the tenant`;
  const fix = "set this machine's clock by NTP (chrony, systemd-timesyncd, the host of a container)";
  if (Math.abs(skewMs) >= FORGIVEN_MS) return fail('clock', seen, fix);
  if (Math.abs(skewMs) >= WORTH_A_WORD_MS) return warn('clock', seen, fix);
  return ok('clock', "the same time as the tenant's");
}
