/** Values under keys that are handed out, each for a time. */
export interface ExpiringMap<T> {
  /** Keeps a value for so long. */
  set(key: string, value: T, lifetimeMs: number): void;
  /** The value, unless it is gone or too old. */
  get(key: string): T | undefined;
  delete(key: string): void;
}

/** An empty map on the emulator's clock. */
export function createExpiringMap<T>(now: () => number): ExpiringMap<T> {
  const entries = new Map<string, { readonly value: T; readonly expiresAt: number }>();
  return {
    set(key, value, lifetimeMs) {
      for (const [old, { expiresAt }] of entries) {
        if (expiresAt <= now()) entries.delete(old);
      }
      entries.set(key, { value, expiresAt: now() + lifetimeMs });
    },
    get(key) {
      const entry = entries.get(key);
      return entry === undefined || entry.expiresAt <= now() ? undefined : entry.value;
    },
    delete: (key) => void entries.delete(key),
  };
}
