/** Runs work as soon as there is room for it, in the order in which it came. */
export type Lane = <T>(work: () => Promise<T>) => Promise<T>;

/** A lane for so many at a time. */
export function createLane(width: number): Lane {
  const waiting: (() => void)[] = [];
  let free = width;

  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
