/** Runs work as soon as there is room for it, in the order in which it came; not at all when it leaves the line before. */
export type Lane = <T>(work: () => Promise<T>, leaves: AbortSignal) => Promise<T | undefined>;

/** A lane for so many at a time. */
export function createLane(width: number): Lane {
  const line = new Set<() => void>();
  let free = width;

  /** Whether its turn came before it left. */
  function turn(leaves: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const go = (): void => {
      leaves.removeEventListener('abort', leave);
      resolve(true);
    };
    const leave = (): void => {
      if (line.delete(go)) resolve(false);
    };
    line.add(go);
    leaves.addEventListener('abort', leave, { once: true });
    return promise;
  }

  return async (work, leaves) => {
    if (free > 0) free -= 1;
    else if (!(await turn(leaves))) return undefined;
    try {
      return await work();
    } finally {
      const [next] = line;
      if (next === undefined) free += 1;
      else {
        line.delete(next);
        next();
      }
    }
  };
}
