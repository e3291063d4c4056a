import type { Sealer } from '../lib/seal.ts';
import { reachable, type Update, unavailable, updateStored } from '../store/compare-and-set.ts';
import type { Store, StoredRecord } from '../store/store.ts';
import type { HandleRecord } from './handle-record.ts';
import { createRecordCache, type SignedRecord } from './record-cache.ts';

/** The format of records; a process that meets another one treats the record as absent. */
const FORMAT = 1;

/** A read record and its version for the compare-and-set. */
export interface Stored {
  readonly record: HandleRecord | undefined;
  readonly version: number;
}

/** What an update writes, and what it returns to its caller. */
export interface Change<T> {
  readonly record?: HandleRecord;
  readonly result: T;
  /** Called only when this result stands, to report what happened. Must not throw. */
  readonly afterwards?: () => void;
}

/** Decides what becomes of a record. */
type Decide<T> = (record: HandleRecord | undefined) => Change<T>;

/** Typed access to the records of handles. */
export interface Records {
  read(key: string): Promise<Stored>;
  /** Whether the record has another version. Checks no signature: for callers that know what that version holds. */
  hasChanged(key: string, version: number): Promise<boolean>;
  /** The version that was last read or written here, if it is still known. */
  lastVersion(key: string): number | undefined;
  /**
   * Reads, decides and writes, and repeats if another write came between. `decide` must be pure, except for random
   * ids: it runs again after a lost race. Without a `record` in its answer, nothing is written.
   */
  update<T>(key: string, decide: Decide<T>): Promise<T>;
  /**
   * The same for callers that have just read or written the record: their change is first tried on what was last seen
   * here, without another read.
   */
  updateSeen<T>(key: string, decide: Decide<T>): Promise<T>;
  delete(key: string): Promise<void>;
}

/** How long a record outlives the last useful thing in it. */
export const RECORD_SLACK_MS = 60_000;

/**
 * Puts the types and the retry around a store. Each record is signed for its key. What was changed in the store, or
 * moved there from another key, does not count as a record.
 */
export function createRecords(options: {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly now: () => number;
}): Records {
  const { store, sealer, now } = options;
  // Records that were checked or signed here are not checked again: every guarded request would pay for it.
  const seen = createRecordCache();

  function recordIn(key: string, stored: StoredRecord | undefined): HandleRecord | undefined {
    const value = stored?.value;
    if (typeof value !== 'object' || value === null) return undefined;
    const { format, text, signature } = value as unknown as Partial<SignedRecord>;
    if (format !== FORMAT || typeof text !== 'string' || typeof signature !== 'string') return undefined;
    const { version } = stored as StoredRecord;
    const known = seen.get(key);
    if (known?.value.text === text && known.value.signature === signature) {
      if (known.version !== version) seen.set(key, { ...known, version });
      return known.record;
    }
    if (!sealer.isSigned(text, signature, purposeOf(key))) return undefined;
    const record = JSON.parse(text) as HandleRecord;
    seen.set(key, { value: { format, text, signature }, version, record });
    return record;
  }

  /** The change as it is written. */
  function updateBy<T>(key: string, change: Change<T>): Update<Change<T>> {
    const { record } = change;
    if (record === undefined) return { result: change };
    const text = JSON.stringify(record);
    const value: SignedRecord = { format: FORMAT, text, signature: sealer.sign(text, purposeOf(key)) };
    // Until the store has answered, nobody knows what is there.
    seen.delete(key);
    return {
      write: { value: { ...value }, ttlMs: lifetime(record, now()) },
      result: change,
      written: (version) => seen.set(key, { value, version, record }),
    };
  }

  async function update<T>(key: string, decide: Decide<T>, guess?: StoredRecord): Promise<T> {
    const { result, afterwards } = await updateStored(
      store,
      key,
      (stored) => updateBy(key, decide(recordIn(key, stored))),
      guess,
    );
    afterwards?.();
    return result;
  }

  return {
    // Not an async function: every guarded request would pay for one more promise.
    read: (key) =>
      store.read(key).then(
        (stored) => ({ record: recordIn(key, stored), version: stored?.version ?? 0 }),
        () => {
          throw unavailable();
        },
      ),
    lastVersion: (key) => seen.get(key)?.version,
    async hasChanged(key, version) {
      const stored = await reachable(store.read(key));
      return stored?.version !== version;
    },
    delete(key) {
      seen.delete(key);
      return reachable(store.delete(key));
    },
    update: (key, decide) => update(key, decide),
    updateSeen(key, decide) {
      const last = seen.get(key);
      return update(key, decide, last && { value: { ...last.value }, version: last.version });
    },
  };
}

const purposeOf = (key: string): string => `record:${key}`;

function lifetime({ flow, approvals }: HandleRecord, now: number): number {
  const ends = [flow?.state.context.expiresAt ?? 0, ...approvals.map(({ keepUntil }) => keepUntil)];
  return Math.max(0, Math.max(...ends) - now) + RECORD_SLACK_MS;
}
