import { setBounded } from './bounded.ts';

/** Values that expire, by their keys. */
export interface ExpiringMap<T> {
  /** Keeps a value for this long. */
  set(key: string, value: T, lifetimeMs: number): void;
  /** The value, unless it was deleted or has expired. */
  get(key: string): T | undefined;
  delete(key: string): void;
  /** The values that have not expired, oldest first. */
  entries(): { readonly key: string; readonly value: T; readonly expiresAt: number }[];
  /** Deletes every value for which this is true. */
  deleteWhere(isGone: (value: T) => boolean): void;
}

/** How many values are kept: the oldest go first. */
const mostValues = 20_000;

/** An empty map on the emulator's clock. */
export function createExpiringMap<T>(now: () => number): ExpiringMap<T> {
  const kept = new Map<string, { readonly value: T; readonly expiresAt: number }>();
  return {
    set(key, value, lifetimeMs) {
      for (const [old, { expiresAt }] of kept) {
        if (expiresAt > now()) break;
        kept.delete(old);
      }
      setBounded(kept, key, { value, expiresAt: now() + lifetimeMs }, mostValues);
    },
    get(key) {
      const entry = kept.get(key);
      return entry === undefined || entry.expiresAt <= now() ? undefined : entry.value;
    },
    delete: (key) => void kept.delete(key),
    entries: () =>
      [...kept]
        .filter(([, { expiresAt }]) => expiresAt > now())
        .map(([key, { value, expiresAt }]) => ({ key, value, expiresAt })),
    deleteWhere(isGone) {
      for (const [key, { value }] of kept) {
        if (isGone(value)) kept.delete(key);
      }
    },
  };
}
