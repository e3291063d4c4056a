import type { ExchangeLimit } from '../provider/exchange-limit.ts';

/*
 * When to poll next: one pure rule, computed from what happened so far, the provider's known limits, and a random
 * number that comes in with each event.
 */

/** How much of the limit was left at a time: `level` exchanges at `at`. */
export interface ExchangeBudget {
  readonly level: number;
  readonly at: number;
}

/**
 * How often to poll. `steady`: at the interval from the first poll on. `eager`: faster while the provider's burst
 * lasts, then at the interval, and never again once the provider has complained.
 */
export type PollSchedule = 'steady' | 'eager';

/** Whether the value names a {@link PollSchedule}. */
export function isPollSchedule(value: unknown): value is PollSchedule {
  return value === 'steady' || value === 'eager';
}

/** The pace of one wait. It only becomes slower, until the next challenge. */
export interface PollPace {
  readonly intervalMs: number;
  /** Transient failures in a row. */
  readonly failures: number;
  readonly schedule: PollSchedule;
}

/** How a poll ended when the wait goes on. */
export interface PollOutcome {
  readonly type: 'pending' | 'slow_down' | 'rate_limited' | 'unavailable';
  /** How long the provider asked us to wait. */
  readonly retryAfterMs?: number | undefined;
}

const SLOW_DOWN_STEP_MS = 5_000;
const LONGEST_INTERVAL_MS = 30_000;
/** No user answers a push sooner than that. */
const EAGER_START_MS = 2_000;
const EAGER_INTERVAL_MS = 1_250;
/** The share of the jitter in an eager wait, which is shorter by about the same factor. */
const EAGER_JITTER = 0.25;

/** The budget at a later time. Without a limit there is nothing to count but the time. */
export function refill(budget: ExchangeBudget, limit: ExchangeLimit | undefined, at: number): ExchangeBudget {
  if (limit === undefined) return { ...budget, at };
  const gained = (Math.max(0, at - budget.at) / 60_000) * limit.perMinute;
  return { level: Math.min(limit.burst, budget.level + gained), at };
}

/** The budget after one exchange. */
export function spend(budget: ExchangeBudget, limit: ExchangeLimit | undefined, at: number): ExchangeBudget {
  const now = refill(budget, limit, at);
  if (limit === undefined) return now;
  return { ...now, level: now.level - 1 };
}

/**
 * The budget once an exchange is answered. It may have been on its way until now, and then it has left a full bucket that
 * was not refilled meanwhile.
 */
export function afterAnswer(
  budget: ExchangeBudget,
  limit: ExchangeLimit | undefined,
  at: number,
): ExchangeBudget {
  if (limit === undefined) return budget;
  const most = limit.burst - 1;
  return refill(budget, limit, at).level > most ? { level: most, at } : budget;
}

/** The earliest time at which the budget allows `needed` exchanges. */
export function affordableAt(
  budget: ExchangeBudget,
  limit: ExchangeLimit | undefined,
  needed: number,
): number {
  if (limit === undefined) return budget.at;
  const missing = Math.max(0, needed - budget.level);
  return budget.at + Math.ceil((missing * 60_000) / limit.perMinute);
}

/**
 * The pace after a poll. `slow_down` is sticky (RFC 8628, section 3.5), failures back off, and any complaint ends eager
 * polling.
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

/**
 * The budget after polls that somebody else may have sent until a time without telling: as many as the pace allows, and
 * none that would have touched what is reserved for codes.
 */
export function afterUnheardPolls(
  { budget, pace, limit }: Pick<NextPoll, 'budget' | 'pace' | 'limit'>,
  until: number,
): ExchangeBudget {
  if (until <= budget.at) return budget;
  if (limit === undefined) return { ...budget, at: until };
  const gapMs = pace.schedule === 'eager' ? EAGER_INTERVAL_MS : pace.intervalMs;
  const most = Math.floor((until - budget.at) / gapMs);
  const { level } = refill(budget, limit, until);
  const left = Math.max(limit.reservedForCodes, level - most);
  return { level: Math.min(level, left), at: until };
}

/** What {@link nextPollTime} needs. */
export interface NextPoll {
  readonly at: number;
  readonly jitterMs: number;
  readonly pace: PollPace;
  readonly budget: ExchangeBudget;
  readonly limit: ExchangeLimit | undefined;
  readonly retryAfterMs?: number | undefined;
  /** This is the first poll since the challenge was sent. */
  readonly isFirst?: boolean;
  /** When the challenge ends. */
  readonly deadline?: number;
}

/** How long before the end of a challenge the last poll is sent, whatever the pace. */
export const LAST_POLL_LEAD_MS = 2_000;

/**
 * When the next poll is due, at a pace that {@link adjustPace} has already updated. The last poll comes right before
 * the deadline, so that a late approval is not lost. So a poll waits until then if no other one would fit in after it.
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
  return affordableAt(budget, limit, 1 + (limit?.reservedForCodes ?? 0));
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
