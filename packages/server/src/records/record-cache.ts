import type { HandleRecord } from './handle-record.ts';

/** A record as a store keeps it. */
export interface SignedRecord {
  readonly format: number;
  /** The record as JSON, because a store may reorder the members of an object. */
  readonly text: string;
  readonly signature: string;
}

/** A record as last read or written here, and its parsed text. */
export interface CachedRecord {
  readonly value: SignedRecord;
  readonly version: number;
  readonly record: HandleRecord;
}

/** What this process has recently seen of records, by key. */
export interface RecordCache {
  get(key: string): CachedRecord | undefined;
  set(key: string, seen: CachedRecord): void;
  delete(key: string): void;
}

/** How much text each of the two generations holds. The parsed records take about twice as much. */
const GENERATION_CHARS = 4_000_000;

/**
 * Makes the cache. It is bounded, so a store with many records is not held in memory twice. A record that nobody asks
 * for is dropped once another {@link GENERATION_CHARS} of text has come in.
 */
export function createRecordCache(generationChars = GENERATION_CHARS): RecordCache {
  let young = new Map<string, CachedRecord>();
  let old = new Map<string, CachedRecord>();
  let chars = 0;

  function set(key: string, seen: CachedRecord): void {
    old.delete(key);
    chars += charsOf(seen) - charsOf(young.get(key));
    young.set(key, seen);
    if (chars < generationChars) return;
    old = young;
    young = new Map();
    chars = 0;
  }

  return {
    get(key) {
      const found = young.get(key);
      if (found !== undefined) return found;
      const older = old.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
    delete(key) {
      chars -= charsOf(young.get(key));
      young.delete(key);
      old.delete(key);
    },
  };
}

function charsOf(seen: CachedRecord | undefined): number {
  return seen?.value.text.length ?? 0;
}
