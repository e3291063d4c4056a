import { createMemoryStore, type Store } from '../../src/index.ts';

/** Draws a whole number below `count`. */
export type Draw = (count: number) => number;

/**
 * A store on a network at its worst: what is asked of it is done, and answered, in any order, and now and then it is not
 * done, or its answer is lost. With `isStale` some reads tell of a moment ago, as a replica does.
 */
export interface UnrulyStore {
  readonly store: Store;
  /** From now on it is unruly: until then it does what it should. */
  unleash(): void;
  /** Lets one of those go on that wait for it. */
  step(): void;
  /** From now on it does what it should again. */
  calm(): void;
}

/** Makes the store, around one in memory. */
export function createUnrulyStore(options: {
  readonly draw: Draw;
  readonly now: () => number;
  readonly isStale: boolean;
}): UnrulyStore {
  const { draw, now, isStale } = options;
  const memory = createMemoryStore({ now });
  const before = new Map<string, Awaited<ReturnType<Store['read']>>>();
  const waiting: (() => void)[] = [];
  let isCalm = true;

  const turn = (): Promise<void> =>
    isCalm ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve));

  async function unruly<T>(work: () => Promise<T>): Promise<T> {
    await turn();
    if (!isCalm && draw(25) === 0) throw new Error('it was not done');
    const done = await work();
    await turn();
    if (!isCalm && draw(20) === 0) throw new Error('the answer was lost');
    return done;
  }

  return {
    store: {
      read: (key) =>
        unruly(async () => {
          if (isStale && !isCalm && draw(8) === 0 && before.has(key)) return before.get(key);
          return memory.read(key);
        }),
      write: (key, value, rest) =>
        unruly(async () => {
          before.set(key, await memory.read(key));
          return memory.write(key, value, rest);
        }),
      delete: (key) => unruly(() => memory.delete(key)),
    },
    unleash() {
      isCalm = false;
    },
    step() {
      const [next] = waiting.splice(draw(Math.max(1, waiting.length)), 1);
      next?.();
    },
    calm() {
      isCalm = true;
      for (const next of waiting.splice(0)) next();
    },
  };
}
