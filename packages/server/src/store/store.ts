/** A value as JSON can hold it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** What a store holds under a key. */
export interface StoredRecord {
  readonly value: Json;
  /** A positive safe integer that grows with every write, and never comes again for this key. */
  readonly version: number;
}

/**
 * Where records live. Three operations, one of them a compare-and-set: that is all that Stepgate's promises stand
 * on, so a store must keep them even under fail-over.
 *
 * A store that cannot answer throws, soon; the request is then refused with 503. `describeStore` of
 * `@stepgate/server/store-contract` is the test of all this.
 */
export interface Store {
  read(key: string): Promise<StoredRecord | undefined>;
  /**
   * Writes if the record still has the version (0: if there is none), and lets it live for `ttlMs`. Resolves to the
   * new version, or to `undefined` when another write came first.
   */
  write(key: string, value: Json, options: { ifVersion: number; ttlMs: number }): Promise<number | undefined>;
  delete(key: string): Promise<void>;
  /**
   * Calls back after a record was written or deleted, by any process; may call for nothing too, and must after a time
   * in which it could not hear. Without it, watchers read every second.
   */
  subscribe?(key: string, listener: () => void): () => void;
  /**
   * The store's own time, in milliseconds since the epoch, as far as it is known here. Leases, locks and the ages of
   * approvals go by it, so that processes whose clocks differ agree on them. Without it, each goes by its own clock.
   */
  now?(): number;
}
