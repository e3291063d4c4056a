/**
 * The time that every lifetime, limit and token of an emulator is measured in. To verify its tokens after `advance`, use
 * the same clock.
 */
export interface EmulatorClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Moves time forward; backwards is a `RangeError`. */
  advance(ms: number): void;
}

/** The last millisecond that a `Date` can be. */
const maxDateMs = 8_640_000_000_000_000;

/** A clock that runs with `base` and can be moved ahead of it; `reset` undoes what was advanced. */
export function createClock(base: { now(): number }): EmulatorClock & { reset(): void } {
  let offset = 0;
  return {
    now: () => base.now() + offset,
    advance(ms) {
      if (!Number.isSafeInteger(ms) || ms < 0) {
        throw new RangeError('the clock advances by a whole number of milliseconds, 0 or more');
      }
      if (base.now() + offset + ms > maxDateMs) throw new RangeError('the clock ends in the year 275760');
      offset += ms;
    },
    reset() {
      offset = 0;
    },
  };
}
