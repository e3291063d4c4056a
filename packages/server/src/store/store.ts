/** A value that JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** What a store holds under a key. */
export interface StoredRecord {
  readonly value: Json;
  /** A positive safe integer that grows with every write, and is never used again for this key. */
  readonly version: number;
}

/**
 * Where records live. All of Stepgate's promises rest on three operations, one of them a compare-and-set, so a store must
 * keep them even during a fail-over.
 *
 * A store that cannot answer must throw soon; the request is then refused with 503. `describeStore` of
 * `@stepgate/server/store-contract` tests a store.
 */
export interface Store {
  read(key: string): Promise<StoredRecord | undefined>;
  /**
   * Writes if the record still has this version (0: if there is no record), and keeps it for `ttlMs`. Resolves to the new
   * version, or to `undefined` if another write came first.
   */
  write(key: string, value: Json, options: { ifVersion: number; ttlMs: number }): Promise<number | undefined>;
  delete(key: string): Promise<void>;
  /**
   * Calls back after a record was written or deleted, by any process. It may also call without a change, and must call
   * after a time in which it could have missed one. Without it, watchers read every second. `version`: that of the record
   * that was written, if the store tells; a process then need not read what it has written itself.
   */
  subscribe?(key: string, listener: (version?: number) => void): () => void;
  /**
   * The store's own time, in milliseconds since the epoch, as far as it is known here. Leases, locks and the ages of
   * approvals use it, so that processes whose clocks differ agree. Without it, each process uses its own clock.
   */
  now?(): number;
}
