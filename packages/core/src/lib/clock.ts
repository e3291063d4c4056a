/** Time, as an option: milliseconds since the epoch, and one-shot timers. */
export interface Clock {
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** The platform's own time and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

/** Platform timers hold 31 bits of milliseconds; a longer one fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls back at a time of the clock, and returns what `clock.clearTimeout` takes. A time that is further away than a
 * timer can hold (25 days) calls back early: look at the clock, and set the timer again.
 */
export function setTimer(clock: Clock, callback: () => void, at: number): unknown {
  return clock.setTimeout(callback, Math.min(LONGEST_TIMER_MS, Math.max(0, at - clock.now())));
}
