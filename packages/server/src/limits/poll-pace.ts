import { LAST_POLL_LEAD_MS, type PlannedPoll } from '@stepgate/core';
import { type Outlook, stretchOf, UNSEEN } from './tenant-budget-ledger.ts';

/**
 * The polls that this process is about to make, and the common pace of all processes. If they want more polls than are
 * planned for, the time between two polls grows by the same factor for every flow, so that no flow pays for another.
 */
export interface PollPace {
  /** Polls per second that the flows watched here would make without a limit. */
  wanted(): number;
  /** When a flow's next poll is due, at the common pace. */
  dueAt(key: string, poll: PlannedPoll): number;
  /** Gives a flow that found no room a later time, behind the others that found none. */
  postpone(key: string): void;
  /** Takes over what the ledger says about the others. */
  look(outlook: Outlook): void;
  /** How many polls this process is expected to make within the time. */
  expected(ms: number): number;
}

/** A flow that is watched here. */
interface WatchedFlow {
  readonly perSecond: number;
  /** When it counts as no longer watched, if nobody asks about it before. */
  readonly until: number;
  readonly since: number;
  /** When its interval began, in the slowed time. */
  readonly intervalBeganAt: number;
  /** When its turn is, if it has to wait in line. */
  readonly place: number | undefined;
}

/** How often a watcher asks again when its flow's poll is due, since the pace may have changed. */
export const RECONSIDER_MS = 8_000;
const SEEN_MS = RECONSIDER_MS + 1_000;
const SWEEP_EVERY_MS = 1_000;
/** How old the state of the others may be. */
const STALE_MS = 15_000;
const LINE_HASTE = 0.8;
const LONGEST_SPACING_S = 5;

/** Makes the pace of a process. `perSecond`: the common budget. */
export function createPollPace(options: {
  readonly perSecond: number;
  readonly now: () => number;
}): PollPace {
  const { perSecond, now } = options;
  const flows = new Map<string, WatchedFlow>();
  let wanted = 0;
  let sweptAt = now();
  let seen: Outlook & { readonly at: number } = { ...UNSEEN, at: 0 };
  /** When the line of those that found no room ends. */
  let lineEndsAt = 0;
  // The slowed time, its factor, and when both were last updated.
  let pollTime = 0;
  let factor = 1;
  let readAt = now();

  function sweep(): void {
    if (now() - sweptAt < SWEEP_EVERY_MS) return;
    sweptAt = now();
    wanted = 0;
    for (const [key, flow] of flows) {
      if (flow.until <= sweptAt) flows.delete(key);
      else wanted += flow.perSecond;
    }
  }

  function wantedByAll(): number {
    return wanted + (now() - seen.at < STALE_MS ? seen.othersWant : 0);
  }

  function readPollTime(): number {
    const time = now();
    pollTime += Math.max(0, time - readAt) / factor;
    readAt = time;
    factor = stretchOf({ wanted: wantedByAll(), perSecond, outlook: seen, now: time });
    return pollTime;
  }

  /** The time between two in line: shorter than between two planned polls, so that the line gets shorter. */
  const spacingMs = (): number => (LINE_HASTE * 1_000) / Math.max(rate(), 1 / LONGEST_SPACING_S);

  function endOfLine(): number {
    lineEndsAt = Math.max(now(), lineEndsAt) + spacingMs();
    return lineEndsAt;
  }

  /** Polls per second, at the common pace. */
  const rate = (): number => wanted / factor;

  return {
    wanted() {
      sweep();
      return wanted;
    },

    dueAt(key, { at, since, intervalMs, until }) {
      sweep();
      const time = readPollTime();
      const before = flows.get(key);
      const isSame = before?.since === since;
      const intervalBeganAt = isSame ? before.intervalBeganAt : time - (now() - since) / factor;
      // By the interval, so that an eager flow is not ahead of the others when all have to wait.
      const paced = factor > 1 ? now() + Math.max(0, intervalBeganAt + intervalMs - time) * factor : at;
      const dueAt = Math.max(at, paced);
      const flow: WatchedFlow = {
        perSecond: 1_000 / intervalMs,
        until: now() + SEEN_MS,
        since,
        intervalBeganAt,
        place: isSame ? before.place : undefined,
      };
      flows.set(key, flow);
      wanted += flow.perSecond - (before?.perSecond ?? 0);
      // The last poll before the end is never moved beyond it, so that no late approval is lost.
      const latest = Math.max(at, until - LAST_POLL_LEAD_MS);
      return Math.min(until, latest, Math.max(dueAt, flow.place ?? 0));
    },

    postpone(key) {
      const flow = flows.get(key);
      if (flow === undefined) return;
      // The first in line is next.
      const place = flow.place === undefined ? endOfLine() : now() + spacingMs();
      flows.set(key, { ...flow, place });
    },

    look(outlook) {
      seen = { ...outlook, at: now() };
    },

    expected: (ms) => Math.floor((rate() * ms) / 1_000),
  };
}
