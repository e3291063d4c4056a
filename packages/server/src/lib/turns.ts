/** Work on things with keys: for each key one piece at a time, in the order in which it came. */
export interface Turns {
  /** Does the work when its turn comes. Rejects as it does, also where nobody waits for it. */
  take(key: string, work: () => Promise<void>): Promise<void>;
  /**
   * Does the same work once for everyone who asks before it begins, so that many viewers of a thing do not delay its
   * user.
   */
  share(key: string, work: () => Promise<void>): Promise<void>;
  /** Whether there is work for the key. */
  isBusy(key: string): boolean;
  /** Resolves when all the work there is now is done. */
  idle(): Promise<void>;
}

/** Creates them. */
export function createTurns(): Turns {
  const lasts = new Map<string, Promise<void>>();
  const shared = new Map<string, Promise<void>>();

  function take(key: string, work: () => Promise<void>): Promise<void> {
    const before = lasts.get(key) ?? Promise.resolve();
    // An earlier failure is no reason to leave undone what was committed since.
    const settled = before.catch(() => {});
    const after = settled.then(work).finally(() => {
      if (lasts.get(key) === after) lasts.delete(key);
    });
    // Waiting callers get the failure. It must not become an unhandled rejection.
    after.catch(() => {});
    lasts.set(key, after);
    return after;
  }

  return {
    take,
    share(key, work) {
      const awaited = shared.get(key);
      if (awaited !== undefined) return awaited;
      const next = take(key, () => {
        shared.delete(key);
        return work();
      });
      shared.set(key, next);
      return next;
    },
    isBusy: (key) => lasts.has(key),
    async idle() {
      await Promise.allSettled(lasts.values());
    },
  };
}
