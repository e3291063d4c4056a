/** The server's time, from the answers that told it. */
export interface ServerClock {
  /** In whole milliseconds since the epoch. */
  now(): number;
  /** Whether it is time to ask the server again. */
  isStale(): boolean;
  /** The moment at which the server is asked. */
  ask(): Moment;
  /** `serverMs`: what the server said. */
  sample(serverMs: number, asked: Moment): void;
}

/** A moment by both of the machine's clocks, in milliseconds. */
interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** The machine's clocks, in milliseconds. */
export interface MachineClocks {
  /** Is never set, and stands still while the machine is suspended. */
  readonly monotonic: () => number;
  /** Goes on then, but may be set at any time. */
  readonly wall: () => number;
}

const FRESH_MS = 30_000;
/** How much two clocks may part, per millisecond. */
const DRIFT = 0.001;
/** How much the machine's own clocks may part, before it must have been suspended or its time was set. */
const MOST_PARTED_MS = 1_000;

const MACHINE: MachineClocks = { monotonic: () => performance.now(), wall: () => Date.now() };

/** Makes the clock. Goes by the machine's own until the server has answered. */
export function createServerClock({ monotonic, wall }: MachineClocks = MACHINE): ServerClock {
  const ask = (): Moment => ({ monotonic: monotonic(), wall: wall() });
  const made = ask();
  let best = {
    offset: made.wall - made.monotonic,
    error: Number.POSITIVE_INFINITY,
    asked: { monotonic: Number.NEGATIVE_INFINITY, wall: made.wall },
  };

  function hasStoodStill(): boolean {
    const { asked } = best;
    return Math.abs(wall() - asked.wall - (monotonic() - asked.monotonic)) > MOST_PARTED_MS;
  }

  return {
    now: () => Math.round(monotonic() + best.offset),
    isStale: () => monotonic() - best.asked.monotonic > FRESH_MS || hasStoodStill(),
    ask,
    sample(serverMs, asked) {
      const at = monotonic();
      // It was said at some time between: in the middle, give or take half of it.
      const error = (at - asked.monotonic) / 2;
      const grown = hasStoodStill()
        ? Number.POSITIVE_INFINITY
        : best.error + DRIFT * (at - best.asked.monotonic);
      const offset = error <= grown ? serverMs + error - at : best.offset;
      best = { offset, error: Math.min(error, grown), asked };
    },
  };
}
