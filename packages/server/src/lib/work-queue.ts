import { type Clock, setTimer } from '@stepgate/core';

/**
 * Runs work as soon as there is room for it, in the order in which it came, but for what is in a hurry; not at all when
 * it leaves the line before.
 */
export type WorkQueue = <T>(work: () => Promise<T>, place: Place) => Promise<T | undefined>;

/** How work stands in line. */
export interface Place {
  /** From then on it goes before all that is in no hurry. */
  readonly hurriesAt: number;
  readonly leaves: AbortSignal;
}

/** A lane for so many at a time. */
export function createWorkQueue(width: number, clock: Clock): WorkQueue {
  const hurried = new Set<() => void>();
  const line = new Set<() => void>();
  let free = width;

  /** Whether its turn came before it left. */
  function turn({ hurriesAt, leaves }: Place): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const end = (isTurn: boolean): void => {
      clock.clearTimeout(timer);
      leaves.removeEventListener('abort', leave);
      resolve(isTurn);
    };
    const go = (): void => end(true);
    const leave = (): void => {
      if (line.delete(go) || hurried.delete(go)) end(false);
    };
    const hurry = (): void => {
      if (line.delete(go)) hurried.add(go);
    };
    line.add(go);
    const timer = hurriesAt > clock.now() ? setTimer(clock, hurry, hurriesAt) : hurry();
    leaves.addEventListener('abort', leave, { once: true });
    return promise;
  }

  function letNextGo(): void {
    const waiting = hurried.size > 0 ? hurried : line;
    const [next] = waiting;
    if (next === undefined) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  }

  return async (work, place) => {
    if (free > 0) free -= 1;
    else if (!(await turn(place))) return undefined;
    try {
      return await work();
    } finally {
      letNextGo();
    }
  };
}
