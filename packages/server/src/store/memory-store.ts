import type { Json, Store } from './store.ts';

/** Options of {@link createMemoryStore}. */
export interface MemoryStoreOptions {
  /** The time by which records expire; default `Date.now`. */
  readonly now?: () => number;
}

interface Entry {
  readonly value: Json;
  readonly version: number;
  readonly expiresAt: number;
}

const SWEEP_EVERY_WRITES = 1_000;

/** A store in this process: for one process, tests and examples. It forgets everything when the process ends. */
export function createMemoryStore({ now = Date.now }: MemoryStoreOptions = {}): Store {
  const entries = new Map<string, Entry>();
  const listeners = new Map<string, Set<(version?: number) => void>>();
  let writes = 0;

  function live(key: string): Entry | undefined {
    const entry = entries.get(key);
    if (entry === undefined || entry.expiresAt > now()) return entry;
    entries.delete(key);
    return undefined;
  }

  function sweep(): void {
    for (const key of entries.keys()) live(key);
  }

  function notify(key: string, version?: number): void {
    for (const listener of listeners.get(key) ?? []) listener(version);
  }

  return {
    async read(key) {
      return live(key);
    },
    async write(key, value, { ifVersion, ttlMs }) {
      const version = live(key)?.version ?? 0;
      if (version !== ifVersion) return undefined;
      const copy = copyOf(value);
      // Counted over all keys, so that a new record never gets a version that an expired one had.
      writes += 1;
      const written = writes;
      entries.set(key, { value: copy, version: written, expiresAt: now() + ttlMs });
      if (writes % SWEEP_EVERY_WRITES === 0) sweep();
      notify(key, written);
      return written;
    },
    async delete(key) {
      entries.delete(key);
      notify(key);
    },
    subscribe(key, listener) {
      const set = listeners.get(key) ?? new Set();
      listeners.set(key, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0) listeners.delete(key);
      };
    },
  };
}

/** A copy that later changes of the value do not reach. */
function copyOf(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copyOf(member)]));
}
