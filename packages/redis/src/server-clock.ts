/** The server's time, from the answers that told it. */
export interface ServerClock {
  /** In whole milliseconds since the epoch. */
  now(): number;
  /** Whether it is time to ask the server again. */
  isStale(): boolean;
  /** `serverMs`: what the server said; `sentAt`: when it was asked, by `performance.now()`. */
  sample(serverMs: number, sentAt: number): void;
}

const FRESH_MS = 30_000;
/** How much two clocks may part, per millisecond. */
const DRIFT = 0.001;

/** Makes the clock. Goes by the machine's own until the server has answered. */
export function createServerClock(monotonic: () => number = () => performance.now()): ServerClock {
  // Not `Date.now()`: a machine's time may be set meanwhile, and the server's with it or not.
  let best = {
    offset: Date.now() - monotonic(),
    error: Number.POSITIVE_INFINITY,
    at: Number.NEGATIVE_INFINITY,
  };
  return {
    now: () => Math.round(monotonic() + best.offset),
    isStale: () => monotonic() - best.at > FRESH_MS,
    sample(serverMs, sentAt) {
      const at = monotonic();
      // It was said at some time between: in the middle, give or take half of it.
      const error = (at - sentAt) / 2;
      const grown = best.error + DRIFT * (at - best.at);
      const offset = error <= grown ? serverMs + error - at : best.offset;
      best = { offset, error: Math.min(error, grown), at };
    },
  };
}
