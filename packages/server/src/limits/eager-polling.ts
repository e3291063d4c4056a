import type { EffectResult, PollSchedule } from '@stepgate/core';

/** Decides whether a new flow may poll eagerly: not for a while after the provider complained. */
export interface EagerPolling {
  schedule(): PollSchedule;
  /** Call it with the result of every poll. */
  note(result: EffectResult): void;
}

/** How long new flows poll steadily after a complaint. */
const CALM_MS = 900_000;

/** Makes it. Complaints are remembered in this process only. */
export function createEagerPolling(options: {
  readonly pollSchedule: PollSchedule;
  readonly now: () => number;
}): EagerPolling {
  const { pollSchedule, now } = options;
  let calmUntil = 0;
  return {
    schedule: () => (now() < calmUntil ? 'steady' : pollSchedule),
    note({ fact }) {
      const isComplaint =
        fact.type === 'poll.slowed' || (fact.type === 'effect.failed' && fact.code === 'rate_limited');
      if (isComplaint) calmUntil = now() + CALM_MS;
    },
  };
}
