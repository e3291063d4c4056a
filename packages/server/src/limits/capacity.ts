/** How much a gate does at the same time. Beyond it, requests are refused and told when to try again. */
export interface Capacity {
  /** Event streams and long-polls of all users, in this process. */
  readonly watchersPerProcess: number;
  /** Flows of one session that were not approved or cancelled, and have not expired. */
  readonly flowsPerSession: number;
  /** The same across all sessions of the user. If it is at least 2, one session can never take the last slot. */
  readonly flowsPerSubject: number;
}

/** The defaults of {@link Capacity}. */
export const DEFAULT_CAPACITY: Capacity = {
  watchersPerProcess: 10_000,
  flowsPerSession: 5,
  flowsPerSubject: 20,
};

/** Bounds without a setting. */
export interface Bounds {
  /** Event streams and long-polls of one browser or client. */
  readonly watchersPerHandle: number;
  /**
   * Polls of this process that the tenant has not answered yet. Further polls are not refused: they wait for their
   * turn.
   */
  readonly pollsPerProcess: number;
  /**
   * The size of a record as JSON beyond which nothing new is begun in it; a quarter of it stays free for what a
   * running flow adds. A store must accept somewhat larger records, because an approval is always written.
   */
  readonly recordBytes: number;
}

/** The values of {@link Bounds}. */
export const BOUNDS: Bounds = {
  watchersPerHandle: 20,
  pollsPerProcess: 64,
  recordBytes: 262_144,
};

/** The smallest record that holds a flow for the longest possible requirement, and its approval. */
export const LEAST_RECORD_BYTES = 16_384;
