import type { Store } from '@stepgate/server';
import { isRecordKey } from '../record-key.ts';

/** One tenant's part of a store, on the tenant's own time. */
export interface TenantStore extends Store {
  /** How far the tenant's time is ahead of the store's; it never goes back. */
  setAhead(ms: number): void;
  /** Does the work, unless the tenant is cut off: then it neither happens nor returns. */
  whileAlive<T>(work: () => Promise<T>): Promise<T>;
}

/** At which write a tenant is cut off in a doomed process. */
export interface Death {
  /** Counted from 1; 0 for never. */
  readonly at: number;
  readonly when: 'before' | 'after';
  /** Which writes count: only those of flows' records, or all. */
  readonly counts: 'records' | 'all';
}

/**
 * The part of `store` under a prefix. In a doomed process the tenant is cut off at its `death`: from then on nothing goes in
 * or out, as if the process were dead already.
 */
export function createTenantStore(
  store: Store,
  options: {
    readonly prefix: string;
    /** Without it, writes are not counted. */
    readonly death: Death | undefined;
    readonly isDoomed: boolean;
    readonly onWrite: () => void;
    readonly onEnd: () => void;
  },
): TenantStore {
  const { prefix, death, isDoomed, onWrite, onEnd } = options;
  let aheadMs = 0;
  let writes = 0;
  let hasEnded = false;

  function end(): Promise<never> {
    hasEnded = true;
    onEnd();
    return new Promise(() => {});
  }

  function whileAlive<T>(work: () => Promise<T>): Promise<T> {
    return hasEnded ? new Promise(() => {}) : work();
  }

  return {
    whileAlive,
    setAhead(ms) {
      aheadMs = Math.max(aheadMs, ms);
    },
    now: () => (store.now?.() ?? Date.now()) + aheadMs,
    read: (key) => whileAlive(() => store.read(`${prefix}${key}`)),
    delete: (key) => whileAlive(() => store.delete(`${prefix}${key}`)),
    ...(store.subscribe && {
      subscribe: (key: string, listener: () => void) =>
        store.subscribe?.(`${prefix}${key}`, listener) ?? (() => {}),
    }),
    write: (key, value, writeOptions) =>
      whileAlive(async () => {
        const write = (): Promise<number | undefined> => store.write(`${prefix}${key}`, value, writeOptions);
        if (death === undefined || (death.counts === 'records' && !isRecordKey(key))) return write();
        writes += 1;
        onWrite();
        const isLast = isDoomed && writes === death.at;
        if (isLast && death.when === 'before') return end();
        const written = await write();
        return isLast ? end() : written;
      }),
  };
}
