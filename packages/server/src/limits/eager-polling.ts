import type { EffectResult, PollSchedule } from '@stepgate/core';
import { digest } from '../lib/seal.ts';
import type { Store } from '../store/store.ts';

/**
 * Decides whether a new flow may poll eagerly. After a complaint of the provider, the new flows of all processes are
 * steady for an hour.
 */
export interface EagerPolling {
  /** The schedule of a flow that begins now. */
  schedule(): Promise<PollSchedule>;
  /** Call it with the result of every poll. */
  note(result: EffectResult): void;
}

/** How long new flows poll steadily after a complaint. */
const CALM_MS = 3_600_000;
/** How long a process may not know of a complaint that another one has heard. */
const LOOK_AGAIN_MS = 10_000;

/** Creates it. `store`: shared by all gates of the issuer. */
export function createEagerPolling(options: {
  readonly pollSchedule: PollSchedule;
  readonly store: Store;
  readonly issuer: string;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}): EagerPolling {
  const { pollSchedule, store, now, onError } = options;
  const key = `steady:${digest(options.issuer)}`;
  let calmUntil = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;

  /** Reads until when all processes are steady. The record expires by itself. */
  async function look(): Promise<void> {
    const stored = await store.read(key);
    lookedAt = now();
    if (typeof stored?.value === 'number') calmUntil = Math.max(calmUntil, stored.value);
  }

  async function tell(until: number): Promise<void> {
    const stored = await store.read(key);
    // If another write comes first, it says the same.
    await store.write(key, until, { ifVersion: stored?.version ?? 0, ttlMs: CALM_MS });
  }

  return {
    async schedule() {
      if (pollSchedule === 'steady' || now() < calmUntil) return 'steady';
      if (now() - lookedAt < LOOK_AGAIN_MS) return pollSchedule;
      try {
        await look();
      } catch {
        return 'steady';
      }
      return now() < calmUntil ? 'steady' : pollSchedule;
    },
    note({ fact }) {
      const isComplaint =
        fact.type === 'poll.slowed' || (fact.type === 'effect.failed' && fact.code === 'rate_limited');
      if (!isComplaint || pollSchedule === 'steady') return;
      const isKnown = now() < calmUntil;
      calmUntil = now() + CALM_MS;
      if (!isKnown) tell(calmUntil).catch(onError);
    },
  };
}
