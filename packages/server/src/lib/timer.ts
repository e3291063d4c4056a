import type { Clock } from '@stepgate/core';

/** The longest that timers can wait: 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls back at a time of the clock, or after the longest that a timer can wait; answers with what clears it. */
export function setTimer(clock: Clock, callback: () => void, at: number): unknown {
  return clock.setTimeout(callback, Math.min(LONGEST_TIMER_MS, Math.max(0, at - clock.now())));
}
