import { LAST_POLL_LEAD_MS, type PlannedPoll } from '@stepgate/core';
import { type Outlook, stretchOf, UNSEEN } from './tenant-budget-ledger.ts';

/**
 * The polls that this process has ahead of it, and the pace of all processes: where they want more polls than are
 * planned for, the time between two polls runs slower by one factor for every flow, so that nobody is asked for at the
 * cost of another.
 */
export interface PollPace {
  /** Polls per second that the flows watched here would make if nothing held them back. */
  wanted(): number;
  /** When a flow's next poll is due, at the pace of all. */
  dueAt(key: string, poll: PlannedPoll): number;
  /** Gives a flow that found no room another time, after the others that found none. */
  postpone(key: string): void;
  /** Takes in what the ledger says of the others. */
  look(outlook: Outlook): void;
  /** How many polls are to come from here within the time. */
  expected(ms: number): number;
}

/** A flow that is watched here. */
interface Traveller {
  readonly perSecond: number;
  /** Watched until then, if it is not seen again. */
  readonly until: number;
  readonly since: number;
  /** When its interval began, by the time that runs slower. */
  readonly setOutAt: number;
  /** When its turn is, where it has to stand in line. */
  readonly place: number | undefined;
}

/** How often a watcher asks again when its flow's poll is due, since the pace may have changed. */
export const RECONSIDER_MS = 8_000;
const SEEN_MS = RECONSIDER_MS + 1_000;
const SWEEP_EVERY_MS = 1_000;
/** How old the word of the others may be. */
const STALE_MS = 15_000;
const LINE_HASTE = 0.8;
const LONGEST_SPACING_S = 5;

/** Makes the traffic of a process. `perSecond`: the budget of all. */
export function createPollPace(options: {
  readonly perSecond: number;
  readonly now: () => number;
}): PollPace {
  const { perSecond, now } = options;
  const travellers = new Map<string, Traveller>();
  let wanted = 0;
  let sweptAt = now();
  let seen: Outlook & { readonly at: number } = { ...UNSEEN, at: 0 };
  /** The end of the line of those that found no room. */
  let lineEndsAt = 0;
  // The time that runs slower, its factor, and when both were last brought up to date.
  let pollTime = 0;
  let factor = 1;
  let readAt = now();

  function sweep(): void {
    if (now() - sweptAt < SWEEP_EVERY_MS) return;
    sweptAt = now();
    wanted = 0;
    for (const [key, traveller] of travellers) {
      if (traveller.until <= sweptAt) travellers.delete(key);
      else wanted += traveller.perSecond;
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

  /** The time between two in line: less than between two polls as planned, so that the line gets shorter. */
  const spacingMs = (): number => (LINE_HASTE * 1_000) / Math.max(rate(), 1 / LONGEST_SPACING_S);

  function endOfLine(): number {
    lineEndsAt = Math.max(now(), lineEndsAt) + spacingMs();
    return lineEndsAt;
  }

  /** Polls per second, at the pace of all. */
  const rate = (): number => wanted / factor;

  return {
    wanted() {
      sweep();
      return wanted;
    },

    dueAt(key, { at, since, intervalMs, until }) {
      sweep();
      const time = readPollTime();
      const before = travellers.get(key);
      const isSame = before?.since === since;
      const setOutAt = isSame ? before.setOutAt : time - (now() - since) / factor;
      // By the interval, so that an eager flow is no sooner than the others where they have to wait.
      const paced = factor > 1 ? now() + Math.max(0, setOutAt + intervalMs - time) * factor : at;
      const dueAt = Math.max(at, paced);
      const traveller: Traveller = {
        perSecond: 1_000 / intervalMs,
        until: now() + SEEN_MS,
        since,
        setOutAt,
        place: isSame ? before.place : undefined,
      };
      travellers.set(key, traveller);
      wanted += traveller.perSecond - (before?.perSecond ?? 0);
      // The last look before the end is not put off beyond it, so that no late approval is lost.
      const latest = Math.max(at, until - LAST_POLL_LEAD_MS);
      return Math.min(until, latest, Math.max(dueAt, traveller.place ?? 0));
    },

    postpone(key) {
      const traveller = travellers.get(key);
      if (traveller === undefined) return;
      // Who has stood in line for it is next.
      const place = traveller.place === undefined ? endOfLine() : now() + spacingMs();
      travellers.set(key, { ...traveller, place });
    },

    look(outlook) {
      seen = { ...outlook, at: now() };
    },

    expected: (ms) => Math.floor((rate() * ms) / 1_000),
  };
}
