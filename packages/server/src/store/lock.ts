import * as v from 'valibot';
import { reachable } from './compare-and-set.ts';
import type { Store, StoredRecord } from './store.ts';

/** Short locks in the store. They expire, so that a dead process blocks nobody for long. */
export interface Locks {
  /** Takes the lock, or extends it for its holder. Resolves to the other holder and the end if it is taken. */
  acquire(name: string, holder: string, until: number): Promise<Lock | undefined>;
  /** Who holds the lock now; `undefined` when it is free. */
  holder(name: string): Promise<Lock | undefined>;
  /** Frees the holder's lock if `isOver` then says so. A lock that is taken again meanwhile stays. */
  release(name: string, holder: string, isOver?: () => Promise<boolean>): Promise<void>;
}

/** Who holds a lock, and until when. */
export interface Lock {
  readonly holder: string;
  readonly until: number;
}

const MOST_TRIES = 20;
const LockSchema = v.object({ holder: v.string(), until: v.number() });

/** Makes locks in this store. */
export function createLocks(store: Store, now: () => number): Locks {
  async function write(name: string, lock: Lock, ifVersion: number): Promise<boolean> {
    const ttlMs = Math.max(1, lock.until - now());
    return (await reachable(store.write(name, { ...lock }, { ifVersion, ttlMs }))) !== undefined;
  }

  return {
    async acquire(name, holder, until) {
      for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
        const stored = await reachable(store.read(name));
        const lock = lockIn(stored);
        if (lock !== undefined && lock.holder !== holder && lock.until > now()) return lock;
        if (await write(name, { holder, until }, stored?.version ?? 0)) return undefined;
        // The winner may be the same holder, in another request.
      }
      return { holder: '', until };
    },
    async holder(name) {
      const lock = lockIn(await reachable(store.read(name)));
      return lock !== undefined && lock.until > now() ? lock : undefined;
    },
    async release(name, holder, isOver = async () => true) {
      const stored = await reachable(store.read(name));
      const lock = lockIn(stored);
      if (stored === undefined || lock?.holder !== holder || lock.until <= now()) return;
      if (await isOver()) await write(name, { holder, until: 0 }, stored.version);
    },
  };
}

/** The lock in a stored value; a value that is not a lock locks nothing. */
function lockIn(stored: StoredRecord | undefined): Lock | undefined {
  const parsed = v.safeParse(LockSchema, stored?.value);
  return parsed.success ? parsed.output : undefined;
}
