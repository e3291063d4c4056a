import { StepUpError } from '@stepgate/core';
import type { Json } from '../store/store.ts';
import type { HandleRecord } from './handle-record.ts';

/** What a flow brings after its start (its answers, its approval and tokens) finds this part of a record empty. */
const SHARE_FOR_ANSWERS = 1 / 4;
/** When to come again where nothing in a record is known to end. */
const FALLBACK_MS = 60_000;

/** Whether a value is no larger than this, as a store keeps it. */
export function fits(value: Json, mostBytes: number): boolean {
  return Buffer.byteLength(JSON.stringify(value)) <= mostBytes;
}

/**
 * Refuses a flow that would begin in a record without room for what it brings. That itself is never refused: an
 * approval that was given is written, whatever its size.
 *
 * @throws StepUpError `record_full` (429) with the time until something in the record ends.
 */
export function mustHaveRoom(record: HandleRecord, recordBytes: number, now: number): void {
  if (fits(record as unknown as Json, recordBytes * (1 - SHARE_FOR_ANSWERS))) return;
  throw recordFull(record, now);
}

/**
 * Refuses what a user wants written beside a flow, where it does not fit in.
 *
 * @throws StepUpError `record_full` (429) with the time until something in the record ends.
 */
export function mustFit(record: HandleRecord, recordBytes: number, now: number): void {
  if (!fits(record as unknown as Json, recordBytes)) throw recordFull(record, now);
}

function recordFull({ approvals }: HandleRecord, now: number): StepUpError {
  const ends = approvals.flatMap(({ keepUntil, tokensUntil = keepUntil }) => [keepUntil, tokensUntil]);
  const next = Math.min(...ends.filter((end) => end > now));
  return new StepUpError(
    'record_full',
    'this browser holds as many approvals and tokens as are kept for one: wait until one of them ends',
    { retryAfterMs: Number.isFinite(next) ? next - now : FALLBACK_MS },
  );
}
