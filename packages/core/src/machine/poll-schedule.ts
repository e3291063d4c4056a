import type { ExchangeLimit } from '../provider/exchange-limit.ts';

/*
 * When to ask next: one pure rule for every poll, computed from what happened so far, the provider's known limits and a
 * random number that comes in with each event.
 */

/** How much of the limit is left: `level` exchanges at the time `at`. */
export interface ExchangeBudget {
  readonly level: number;
  readonly at: number;
}

/**
 * How often to ask. `steady`: at the interval, from the first poll on. `eager`: faster while the provider's burst
 * lasts, then at the interval; until the provider complains.
 */
export type PollSchedule = 'steady' | 'eager';

/** Whether the value names a {@link PollSchedule}. */
export function isPollSchedule(value: unknown): value is PollSchedule {
  return value === 'steady' || value === 'eager';
}

/** The pace of one wait: grows, never shrinks, until the next challenge. */
export interface PollPace {
  readonly intervalMs: number;
  /** Transient failures in a row. */
  readonly failures: number;
  readonly schedule: PollSchedule;
}

/** How a poll ended that did not end the wait. */
export interface PollOutcome {
  readonly type: 'pending' | 'slow_down' | 'rate_limited' | 'unavailable';
  /** The provider's own wish, when it had one. */
  readonly retryAfterMs?: number | undefined;
}

const SLOW_DOWN_STEP_MS = 5_000;
const LONGEST_INTERVAL_MS = 30_000;
/** Nobody answers a push sooner than that. */
const EAGER_START_MS = 2_000;
const EAGER_INTERVAL_MS = 1_250;
/** The part of the jitter that an eager wait takes, since it is about as much shorter. */
const EAGER_JITTER = 0.25;

/** What is left of the budget at a later time. */
export function refill(budget: ExchangeBudget, limit: ExchangeLimit, at: number): ExchangeBudget {
  const gained = (Math.max(0, at - budget.at) / 60_000) * limit.perMinute;
  return { level: Math.min(limit.burst, budget.level + gained), at };
}

/** The budget after one exchange. */
export function spend(budget: ExchangeBudget, limit: ExchangeLimit, at: number): ExchangeBudget {
  const now = refill(budget, limit, at);
  return { ...now, level: now.level - 1 };
}

/** The earliest time at which `needed` exchanges are in the budget. */
export function affordableAt(budget: ExchangeBudget, limit: ExchangeLimit, needed: number): number {
  const missing = Math.max(0, needed - budget.level);
  return budget.at + Math.ceil((missing * 60_000) / limit.perMinute);
}

/**
 * The pace after an outcome: `slow_down` is sticky (RFC 8628, section 3.5), failures back off, and a provider that
 * complains is asked eagerly no more.
 */
export function adjustPace({ intervalMs, failures, schedule }: PollPace, outcome: PollOutcome): PollPace {
  switch (outcome.type) {
    case 'pending':
      return { intervalMs, failures: 0, schedule };
    case 'slow_down': {
      const slower = Math.max(intervalMs + SLOW_DOWN_STEP_MS, outcome.retryAfterMs ?? 0);
      const slowed = Math.max(intervalMs, Math.min(LONGEST_INTERVAL_MS, slower));
      return { intervalMs: slowed, failures: 0, schedule: 'steady' };
    }
    case 'rate_limited':
      return { intervalMs, failures: failures + 1, schedule: 'steady' };
    case 'unavailable':
      return { intervalMs, failures: failures + 1, schedule };
  }
}

/** What {@link nextPollTime} goes by. */
export interface NextPoll {
  readonly at: number;
  readonly jitterMs: number;
  readonly pace: PollPace;
  readonly budget: ExchangeBudget;
  readonly limit: ExchangeLimit;
  readonly retryAfterMs?: number | undefined;
  /** Nothing has been asked yet since the challenge went out. */
  readonly isFirst?: boolean;
  /** When the challenge is over. */
  readonly deadline?: number;
}

/** How long before the end of a challenge the last poll is sent, whatever the pace. */
export const LAST_POLL_LEAD_MS = 2_000;

/**
 * When the next poll is due, given the pace that {@link adjustPace} has already brought up to date. The last one comes
 * right before the deadline, so that an approval in the last moment is not lost: a poll after which there would be no
 * room for another waits until then.
 */
export function nextPollTime(options: NextPoll): number {
  const { at, pace, deadline = Number.POSITIVE_INFINITY } = options;
  const next = regularPollTime(options);
  const last = deadline - LAST_POLL_LEAD_MS;
  if (next > last) {
    const earliest = Math.max(at + Math.max(pace.intervalMs, options.retryAfterMs ?? 0), affordable(options));
    return earliest < deadline ? Math.max(earliest, last) : next;
  }
  const isLastButOne = next + Math.min(next - at, pace.intervalMs) > last;
  return isLastButOne ? last : next;
}

function affordable({ budget, limit }: NextPoll): number {
  return affordableAt(budget, limit, 1 + limit.reservedForCodes);
}

function regularPollTime(options: NextPoll): number {
  const { at, jitterMs, pace } = options;
  const isPlain = pace.failures === 0 && options.retryAfterMs === undefined;
  if (pace.schedule === 'eager' && isPlain) {
    const soon = at + (options.isFirst === true ? EAGER_START_MS : EAGER_INTERVAL_MS);
    if (affordable(options) <= soon && soon < at + pace.intervalMs) {
      return soon + Math.floor(jitterMs * EAGER_JITTER);
    }
  }
  const backedOff = Math.min(LONGEST_INTERVAL_MS, pace.intervalMs * 2 ** Math.min(pace.failures, 4));
  const wait = Math.max(pace.intervalMs, backedOff, options.retryAfterMs ?? 0);
  return Math.max(at + wait, affordable(options)) + jitterMs;
}
