/** The watchers of a store, each of one key. */
export interface Listeners {
  /** Adds one; the function that is returned removes it. The same function may be added twice. */
  add(key: string, listener: (version?: number) => void): () => void;
  /** `version`: of the record that was written, if it is known. */
  readonly wake: (key: string, version?: number) => void;
  readonly wakeAll: () => void;
  /** Whether the key has any. */
  has(key: string): boolean;
  /** Whether there are none at all. */
  isEmpty(): boolean;
}

/** Makes the registry behind a store's `subscribe`. */
export function createListeners(): Listeners {
  const byKey = new Map<string, Set<(version?: number) => void>>();

  function wake(key: string, version?: number): void {
    for (const listener of byKey.get(key) ?? []) listener(version);
  }

  return {
    wake,
    wakeAll() {
      for (const key of byKey.keys()) wake(key);
    },
    has: (key) => byKey.has(key),
    isEmpty: () => byKey.size === 0,
    add(key, listener) {
      const own = (version?: number): void => listener(version);
      const all = byKey.get(key) ?? new Set();
      byKey.set(key, all.add(own));
      return () => {
        all.delete(own);
        if (all.size === 0 && byKey.get(key) === all) byKey.delete(key);
      };
    },
  };
}
