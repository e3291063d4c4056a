import { isDone, StepUpError } from '@stepgate/core';
import type { Capacity } from '../limits/capacity.ts';
import type { HandleRecord } from './handle-record.ts';

/** The slot of a live flow among those of its subject. */
export interface FlowSlot {
  /** The digest of the flow's session. */
  readonly session: string;
  /** When it was started, in milliseconds since the epoch. */
  readonly since: number;
  /** When the flow ends at the latest. */
  readonly until: number;
}

/** Longer than a start can take. A start that has left no flow by then has failed. */
const STARTING_MS = 10_000;

/**
 * The slots that leave no room for one more flow of this session; empty if there is room. The session's own slots
 * come first, and a session always has fewer than its subject, so a stolen session cannot take the owner's last one.
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

/** Whether the flow of a slot has ended, or never began, according to the record that would hold it. */
export function isVacant({ since, until }: FlowSlot, record: HandleRecord | undefined, now: number): boolean {
  const state = record?.flow?.state;
  // A flow that ends sooner is the previous one, which this flow will replace, unless this start has failed.
  const isStarting = (state?.context.expiresAt ?? 0) < until && now < since + STARTING_MS;
  if (isStarting) return false;
  return state === undefined || isDone(state) || state.context.expiresAt <= now;
}

/** The error when too many flows are under way. */
export function tooManyFlows(places: readonly FlowSlot[], now: number): StepUpError {
  return new StepUpError(
    'too_many_flows',
    'Too many step-ups are under way. Finish one, cancel one, or wait.',
    { retryAfterMs: Math.max(0, Math.min(...places.map(({ until }) => until)) - now) },
  );
}
