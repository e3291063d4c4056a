import { assertKnownOptions } from '../lib/known-options.ts';

/** How much a gate takes on at the same time; beyond it, requests are refused and told when to come again. */
export interface Capacity {
  /** Event streams and long-polls of one browser or client. */
  readonly watchersPerHandle: number;
  /** Event streams and long-polls of all, in this process. */
  readonly watchersPerProcess: number;
  /** Polls of this process that the tenant has not answered yet. Those beyond are not refused: they wait their turn. */
  readonly pollsPerProcess: number;
  /** Flows of one session that have neither been approved, nor cancelled, nor expired. */
  readonly flowsPerSession: number;
  /** The same, of all the subject's sessions. One session can never have as many, if there can be two. */
  readonly flowsPerSubject: number;
  /**
   * The size of a record as JSON, at which nothing more is begun in it; a quarter is kept free for what a flow brings.
   * A store must take somewhat larger ones: an approval that was given is always written.
   */
  readonly recordBytes: number;
}

/** The defaults of {@link Capacity}. */
export const DEFAULT_CAPACITY: Capacity = {
  watchersPerHandle: 20,
  watchersPerProcess: 10_000,
  pollsPerProcess: 64,
  flowsPerSession: 5,
  flowsPerSubject: 20,
  recordBytes: 262_144,
};

/** A flow for the longest requirement there is, and its approval. */
const LEAST_RECORD_BYTES = 16_384;

/**
 * The capacity with its defaults.
 *
 * @throws TypeError naming the member that is wrong.
 */
export function parseCapacity(overrides: Partial<Capacity> = {}): Capacity {
  if (typeof overrides !== 'object' || overrides === null) throw new TypeError('capacity: must be an object');
  assertKnownOptions('capacity.', overrides, Object.keys(DEFAULT_CAPACITY));
  const given = Object.entries(overrides).filter(([, most]) => most !== undefined);
  for (const [name, most] of given) {
    const least = name === 'recordBytes' ? LEAST_RECORD_BYTES : 1;
    if (!Number.isSafeInteger(most) || most < least) {
      throw new TypeError(`capacity.${name}: must be a whole number from ${least}`);
    }
  }
  return { ...DEFAULT_CAPACITY, ...Object.fromEntries(given) };
}
