import type { EffectResult, PollSchedule } from '@stepgate/core';

/** Whether a new flow may ask for the phone's answer eagerly: not for a while after the provider has complained. */
export interface EagerPolling {
  schedule(): PollSchedule;
  /** Hears how a poll went, in whatever flow. */
  note(result: EffectResult): void;
}

/** How long after a complaint all new flows are steady. */
const CALM_MS = 900_000;

/** Makes the memory of complaints, which is this process's. */
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
