/** Knows of work that is done on other threads, which a busy machine lets wait for any number of the event loop's turns. */
export interface UnderWay {
  /** The same function; what it does counts until it is done. */
  track<Args extends readonly unknown[], T>(
    work: (...args: Args) => Promise<T>,
  ): (...args: Args) => Promise<T>;
  isAny(): boolean;
}

/** Knows of nothing yet. */
export function createUnderWay(): UnderWay {
  let count = 0;
  return {
    track:
      (work) =>
      async (...args) => {
        count += 1;
        try {
          return await work(...args);
        } finally {
          count -= 1;
        }
      },
    isAny: () => count > 0,
  };
}
