import { isDone, StepUpError } from '@stepgate/core';
import type { Capacity } from '../limits/capacity.ts';
import type { HandleRecord } from './handle-record.ts';

/** The place of a live flow among those of its subject. */
export interface FlowSlot {
  /** The digest of the session that it belongs to. */
  readonly session: string;
  /** When it was started, in milliseconds since the epoch. */
  readonly since: number;
  /** When it ends at the latest. */
  readonly until: number;
}

/** Longer than a start can take: what has left no flow by then has come to nothing. */
const STARTING_MS = 10_000;

/**
 * The places that leave no room for one more flow of this session, none where there is room: the session's own first,
 * of which there are always fewer than the subject may have, so that a stolen session cannot take the owner's last.
 */
export function inTheWay<P extends FlowSlot>(
  places: readonly P[],
  session: string,
  { flowsPerSession, flowsPerSubject }: Pick<Capacity, 'flowsPerSession' | 'flowsPerSubject'>,
): readonly P[] {
  const own = places.filter((place) => place.session === session);
  if (own.length >= Math.min(flowsPerSession, Math.max(1, flowsPerSubject - 1))) return own;
  return places.length >= flowsPerSubject ? places : [];
}

/** Whether the flow of a place has ended, or never was, by the record that it is in. */
export function isVacant({ since, until }: FlowSlot, record: HandleRecord | undefined, now: number): boolean {
  const state = record?.flow?.state;
  // One that ends sooner is the flow of before, which this one is about to follow: unless that has come to nothing.
  const isStarting = (state?.context.expiresAt ?? 0) < until && now < since + STARTING_MS;
  if (isStarting) return false;
  return state === undefined || isDone(state) || state.context.expiresAt <= now;
}

/** Too many flows at once, of which one must end first. */
export function tooManyFlows(places: readonly FlowSlot[], now: number): StepUpError {
  return new StepUpError(
    'too_many_flows',
    'there are as many flows under way as are allowed at once: finish one, cancel one, or wait',
    { retryAfterMs: Math.max(0, Math.min(...places.map(({ until }) => until)) - now) },
  );
}
