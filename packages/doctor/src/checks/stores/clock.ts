import { type Finding, fail, ok, skipped, warn } from '../../finding.ts';

/** The store's time, and this machine's before and after it was asked. In milliseconds since the epoch. */
export interface StoreClock {
  readonly storeAt: number;
  readonly askedAt: number;
  readonly answeredAt: number;
}

const WARN_MS = 5_000;
const FAIL_MS = 60_000;

/** How far the store's clock is from this machine's. */
export function clockOf(clock: StoreClock | undefined): Finding {
  if (clock === undefined) {
    return skipped(
      'store-clock',
      'the store does not tell its time',
      'let its user +time, or compare the clocks',
    );
  }
  const { storeAt, askedAt, answeredAt } = clock;
  const away = Math.max(0, askedAt - storeAt, storeAt - answeredAt);
  const seen = `${(away / 1_000).toFixed(1)} s from this machine's clock`;
  const fix = 'run NTP on the store’s server and on this machine';
  if (away >= FAIL_MS) return fail('store-clock', seen, fix);
  return away >= WARN_MS ? warn('store-clock', seen, fix) : ok('store-clock', seen);
}
