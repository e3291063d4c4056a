/** A store server's time, known from its answers. */
export interface ServerClock {
  /** In whole milliseconds since the epoch. */
  now(): number;
  /** Whether to ask the server again. */
  isStale(): boolean;
  /** The moment at which the server is asked; give it to `sample` with the answer. */
  ask(): Moment;
  /** `serverMs`: the time in the server's answer. */
  sample(serverMs: number, asked: Moment): void;
}

/** A moment on both of the machine's clocks, in milliseconds. */
export interface Moment {
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
/** How far two clocks may drift apart, per millisecond. */
const DRIFT = 0.001;
/** If the machine's own clocks disagree by more, the machine was suspended or its time was set. */
const LARGEST_DISAGREEMENT_MS = 1_000;

const MACHINE: MachineClocks = { monotonic: () => performance.now(), wall: () => Date.now() };

/** Makes the clock. It shows the machine's own time until the server has answered. */
export function createServerClock({ monotonic, wall }: MachineClocks = MACHINE): ServerClock {
  const ask = (): Moment => ({ monotonic: monotonic(), wall: wall() });
  const made = ask();
  let best = {
    offset: made.wall - made.monotonic,
    error: Number.POSITIVE_INFINITY,
    asked: { monotonic: Number.NEGATIVE_INFINITY, wall: made.wall },
  };

  function wasSuspended(): boolean {
    const { asked } = best;
    return Math.abs(wall() - asked.wall - (monotonic() - asked.monotonic)) > LARGEST_DISAGREEMENT_MS;
  }

  return {
    now: () => Math.round(monotonic() + best.offset),
    isStale: () => monotonic() - best.asked.monotonic > FRESH_MS || wasSuspended(),
    ask,
    sample(serverMs, asked) {
      const at = monotonic();
      // The server read its clock between the question and the answer: take the middle, give or take half of it.
      const error = (at - asked.monotonic) / 2;
      const grown = wasSuspended()
        ? Number.POSITIVE_INFINITY
        : best.error + DRIFT * (at - best.asked.monotonic);
      const offset = error <= grown ? serverMs + error - at : best.offset;
      best = { offset, error: Math.min(error, grown), asked };
    },
  };
}
