import { StepUpError } from '@stepgate/core';
import type { Json } from '../store/store.ts';
import type { HandleRecord } from './handle-record.ts';

/** This part of a record stays free for what a flow adds after its start: its answers, its approval and tokens. */
const SHARE_FOR_ANSWERS = 1 / 4;
/** When to try again if nothing in a record has a known end. */
const FALLBACK_MS = 60_000;

/** Whether a value, as a store keeps it, is no larger than this. */
export function fits(value: Json, mostBytes: number): boolean {
  return Buffer.byteLength(JSON.stringify(value)) <= mostBytes;
}

/**
 * Refuses a flow that would begin in a record without room for what the flow will add. What a flow adds later is
 * never refused: an approval is written whatever its size.
 *
 * @throws StepUpError `record_full` (429) with the time until something in the record ends.
 */
export function mustHaveRoom(record: HandleRecord, recordBytes: number, now: number): void {
  if (fits(record as unknown as Json, recordBytes * (1 - SHARE_FOR_ANSWERS))) return;
  throw recordFull(record, now);
}

/**
 * Refuses other writes that do not fit beside a flow.
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
    'This browser holds as many approvals and tokens as one record can. Wait until one of them expires.',
    { retryAfterMs: Number.isFinite(next) ? next - now : FALLBACK_MS },
  );
}
