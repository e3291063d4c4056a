import { describe, expect, it } from 'vitest';
import {
  AUTH0_EXCHANGE_LIMIT,
  type ExchangeBudget,
  type PollPace,
  type PollSchedule,
} from '../../src/index.ts';
import {
  adjustPace,
  affordableAt,
  afterAnswer,
  nextPollTime,
  type PollOutcome,
  refill,
  spend,
} from '../../src/machine/poll-schedule.ts';
import { type FlowDriver, OTP, PENDING, PUSH, pollingDriver } from '../support/flow-driver.ts';

const LIMIT = AUTH0_EXCHANGE_LIMIT;
const START = Date.UTC(2026, 0, 1);
const SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);

interface Chance {
  /** From 0 up to 1. */
  next(): number;
  upTo(most: number): number;
  oneOf<T>(values: readonly T[]): T;
}

/** The same numbers for the same seed (mulberry32). */
function createChance(seed: number): Chance {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    upTo: (most) => Math.floor(next() * (most + 1)),
    oneOf: (values) => values[Math.floor(next() * values.length)] as (typeof values)[number],
  };
}

/** Whether the times stay within a bucket of that size and refill, as the provider would count them. */
function fits(times: readonly number[], { burst, perMinute }: typeof LIMIT): boolean {
  return times.every((from, index) =>
    times
      .slice(index)
      .every((to, further) => further + 1 <= burst + ((to - from) / 60_000) * perMinute + 1e-6),
  );
}

const OUTCOMES: readonly PollOutcome['type'][] = ['pending', 'slow_down', 'rate_limited', 'unavailable'];

function randomOutcome(chance: Chance): PollOutcome {
  const type = chance.oneOf(OUTCOMES);
  const isNamed = type !== 'pending' && chance.next() < 0.3;
  return { type, ...(isNamed && { retryAfterMs: chance.upTo(90_000) }) };
}

interface Poll {
  /** When the provider got it, and when it was answered. */
  readonly arrivedAt: number;
  readonly at: number;
  /** Before its outcome. */
  readonly pace: PollPace;
  readonly outcome: PollOutcome;
  readonly jitterMs: number;
  readonly nextAt: number;
  readonly nextPace: PollPace;
}

/** Polls one after another, each as soon as the schedule allows. */
function schedule(
  chance: Chance,
  count: number,
  {
    intervalMs = 5_000,
    outcomeOf = randomOutcome,
    kind = 'steady',
    longestMs = 3_000,
  }: {
    intervalMs?: number;
    outcomeOf?: typeof randomOutcome;
    kind?: PollSchedule;
    /** How long a poll is on its way, at the most. */
    longestMs?: number;
  } = {},
): readonly Poll[] {
  const polls: Poll[] = [];
  let pace: PollPace = { intervalMs, failures: 0, schedule: kind };
  let budget: ExchangeBudget = { level: LIMIT.burst, at: START };
  let at = START;
  while (polls.length < count) {
    budget = spend(budget, LIMIT, at);
    const answeredAt = at + chance.upTo(longestMs);
    const arrivedAt = at + chance.upTo(answeredAt - at);
    const outcome = outcomeOf(chance);
    const jitterMs = chance.upTo(999);
    const nextPace = adjustPace(pace, outcome);
    budget = afterAnswer(budget, LIMIT, answeredAt);
    const nextAt = nextPollTime({
      at: answeredAt,
      jitterMs,
      pace: nextPace,
      budget: refill(budget, LIMIT, answeredAt),
      limit: LIMIT,
      retryAfterMs: outcome.retryAfterMs,
    });
    polls.push({ arrivedAt, at: answeredAt, pace, outcome, jitterMs, nextAt, nextPace });
    pace = nextPace;
    at = nextAt;
  }
  return polls;
}

describe('the schedule, whatever happens', () => {
  it('stays below the limit as the provider counts it, however late each poll arrives', () => {
    const room = { ...LIMIT, burst: LIMIT.burst - LIMIT.reservedForCodes };
    for (const seed of SEEDS) {
      const polls = schedule(createChance(seed), 60, {
        kind: 'eager',
        outcomeOf: () => ({ type: 'pending' }),
        longestMs: seed % 2 === 0 ? 3_000 : 30_000,
      });
      expect(
        fits(
          polls.map(({ arrivedAt }) => arrivedAt),
          room,
        ),
        `seed ${seed}`,
      ).toBe(true);
    }
  });

  const everySchedule = (): readonly Poll[] => SEEDS.flatMap((seed) => schedule(createChance(seed), 60));

  it('never polls sooner than the interval, or than the provider asks for', () => {
    for (const { at, outcome, nextAt, nextPace } of everySchedule()) {
      expect(nextAt - at).toBeGreaterThanOrEqual(nextPace.intervalMs);
      expect(nextAt - at).toBeGreaterThanOrEqual(outcome.retryAfterMs ?? 0);
    }
  });

  it('never shortens the interval, and lengthens it by 5 s at each slow_down up to 30 s', () => {
    for (const { pace, outcome, nextPace } of everySchedule()) {
      expect(nextPace.intervalMs).toBeGreaterThanOrEqual(pace.intervalMs);
      if (outcome.type === 'slow_down') {
        expect(nextPace.intervalMs).toBeGreaterThanOrEqual(Math.min(30_000, pace.intervalMs + 5_000));
      } else {
        expect(nextPace.intervalMs).toBe(pace.intervalMs);
      }
      expect(nextPace.intervalMs).toBeLessThanOrEqual(30_000);
    }
  });

  it('stays three exchanges below the provider’s limit, at any interval', () => {
    for (const intervalMs of [0, 100, 1_000, 5_000]) {
      for (const seed of SEEDS) {
        const polls = schedule(createChance(seed), 60, { intervalMs });
        const times = [START, ...polls.map(({ nextAt }) => nextAt)];
        expect(fits(times, { ...LIMIT, burst: LIMIT.burst - LIMIT.reservedForCodes }), `seed ${seed}`).toBe(
          true,
        );
      }
    }
  });

  it('adds the jitter, and nothing else', () => {
    for (const { at, pace, outcome, jitterMs, nextAt, nextPace } of everySchedule()) {
      expect(nextAt).toBeGreaterThanOrEqual(at + nextPace.intervalMs + jitterMs);
      const failed = outcome.type === 'rate_limited' || outcome.type === 'unavailable';
      expect(nextPace.failures).toBe(failed ? pace.failures + 1 : 0);
    }
  });
});

describe('the eager schedule', () => {
  const pending = (): PollOutcome => ({ type: 'pending' });

  it('stays three exchanges below the provider’s limit, whatever happens', () => {
    for (const outcomeOf of [pending, randomOutcome]) {
      for (const seed of SEEDS) {
        const polls = schedule(createChance(seed), 60, { kind: 'eager', outcomeOf });
        const times = [START, ...polls.map(({ nextAt }) => nextAt)];
        const limit = { ...LIMIT, burst: LIMIT.burst - LIMIT.reservedForCodes };
        expect(fits(times, limit), `seed ${seed}`).toBe(true);
      }
    }
  });

  it('is the steady one after a complaint, or when the burst is used up', () => {
    for (const type of ['slow_down', 'rate_limited'] as const) {
      const pace = adjustPace({ intervalMs: 5_000, failures: 0, schedule: 'eager' }, { type });
      expect(pace.schedule).toBe('steady');
      expect(adjustPace(pace, { type: 'pending' }).schedule).toBe('steady');
    }
    const used = { level: LIMIT.reservedForCodes, at: START };
    const pace: PollPace = { intervalMs: 5_000, failures: 0, schedule: 'eager' };
    expect(nextPollTime({ at: START, jitterMs: 0, pace, budget: used, limit: LIMIT })).toBe(START + 5_000);
  });

  it('polls no sooner than 2 s after the push, and backs off like the steady one', () => {
    const budget = { level: LIMIT.burst, at: START };
    const pace: PollPace = { intervalMs: 5_000, failures: 0, schedule: 'eager' };
    const options = { at: START, jitterMs: 0, budget, limit: LIMIT };
    expect(nextPollTime({ ...options, pace, isFirst: true })).toBe(START + 2_000);
    const failed = adjustPace(pace, { type: 'unavailable' });
    expect(nextPollTime({ ...options, pace: failed })).toBe(START + 10_000);
  });

  it('sees an approval in half the time of the steady one, at the median', () => {
    const seen = (kind: PollSchedule): number => {
      const delays = Array.from({ length: 500 }, (_, index) => {
        const driver = pollingDriver([PUSH], { pollSchedule: kind });
        const sentAt = driver.now;
        // Most people answer within 5 to 20 seconds.
        const answeredAt = sentAt + 10_000 * Math.exp(0.5 * normal(createChance(5_000 + index)));
        for (;;) {
          driver.tickWhenDue();
          if (driver.now >= answeredAt) return driver.now - answeredAt;
          driver.answer(PENDING);
        }
      });
      return delays.sort((a, b) => a - b)[250] ?? 0;
    };
    expect(seen('eager')).toBeLessThanOrEqual(seen('steady') / 2);
  });
});

/** A number from the standard normal distribution (Box and Muller). */
function normal(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance.next())) * Math.cos(2 * Math.PI * chance.next());
}

describe('back-off', () => {
  it.each(['unavailable', 'rate_limited'] as const)('doubles with each failure, up to 30 s: %s', (type) => {
    const budget = { level: LIMIT.burst, at: START };
    const waits: number[] = [];
    let pace: PollPace = { intervalMs: 5_000, failures: 0, schedule: 'steady' };
    for (let failure = 0; failure < 12; failure += 1) {
      pace = adjustPace(pace, { type });
      waits.push(nextPollTime({ at: START, jitterMs: 0, pace, budget, limit: LIMIT }) - START);
    }
    expect(waits.slice(0, 4)).toEqual([10_000, 20_000, 30_000, 30_000]);
    expect(new Set(waits.slice(3))).toEqual(new Set([30_000]));
  });

  it('ends with the first response', () => {
    expect(
      adjustPace({ intervalMs: 5_000, failures: 7, schedule: 'steady' }, { type: 'pending' }).failures,
    ).toBe(0);
    expect(
      adjustPace({ intervalMs: 5_000, failures: 7, schedule: 'steady' }, { type: 'slow_down' }).failures,
    ).toBe(0);
  });

  it('never waits less than an interval of more than 30 s that the provider asked for', () => {
    const pace = adjustPace({ intervalMs: 45_000, failures: 0, schedule: 'steady' }, { type: 'slow_down' });
    expect(pace.intervalMs).toBe(45_000);
    const budget = { level: LIMIT.burst, at: START };
    expect(nextPollTime({ at: START, jitterMs: 0, pace, budget, limit: LIMIT })).toBe(START + 45_000);
  });
});

describe('the budget', () => {
  it('is 12 at once and one more each 5 s, never above 12', () => {
    const empty = { level: 0, at: START };
    expect(refill(empty, LIMIT, START + 5_000).level).toBe(1);
    expect(refill(empty, LIMIT, START + 60_000).level).toBe(12);
    expect(refill(empty, LIMIT, START + 600_000).level).toBe(12);
    expect(affordableAt(empty, LIMIT, 1)).toBe(START + 5_000);
    expect(affordableAt({ level: 3, at: START }, LIMIT, 3)).toBe(START);
  });

  it('gains nothing when the clock is set back', () => {
    expect(refill({ level: 4, at: START }, LIMIT, START - 60_000).level).toBe(4);
  });
});

describe('a whole flow, whatever happens', () => {
  const hour = 3_600_000;

  /** Waits for a push and tries codes as fast as the flow allows, with one mfa_token. */
  function exchanges(seed: number): {
    readonly times: readonly number[];
    readonly codes: number;
    readonly polls: number;
  } {
    const chance = createChance(seed);
    const driver: FlowDriver = pollingDriver([PUSH, OTP], {
      pollIntervalMs: chance.oneOf([0, 1_000, 5_000]),
      mfaTokenTtlMs: hour,
      challengeTtlMs: hour,
      flowTtlMs: hour,
    });
    const times: number[] = [];
    let codes = 0;
    let polls = 0;
    for (let step = 0; step < 300; step += 1) {
      const sent = driver.count('poll') + driver.count('verify');
      if (chance.next() < 0.3) driver.wait(chance.upTo(4_000));
      switch (driver.place) {
        case 'polling.waiting':
          if (chance.next() < 0.15) driver.ask({ type: 'factor.choose', authenticatorId: OTP.id });
          else driver.tickWhenDue();
          break;
        case 'polling.requesting':
          polls += 1;
          if (chance.next() < 0.2) driver.fail('provider_unavailable');
          else if (chance.next() < 0.1) driver.answer({ type: 'poll.slowed' });
          else driver.answer(PENDING);
          break;
        case 'prompting':
          if (chance.next() < 0.2) driver.ask({ type: 'factor.choose', authenticatorId: PUSH.id });
          else driver.ask({ type: 'code.submit' });
          if (driver.place === 'prompting') driver.wait(500);
          break;
        case 'verifying':
          codes += 1;
          driver.fail('code_refused');
          break;
        case 'challenging':
          driver.answer({ type: 'challenge.sent', binding: 'poll' });
          break;
        default:
          throw new Error(`the flow got to ${driver.place}`);
      }
      if (driver.count('poll') + driver.count('verify') > sent) times.push(driver.now);
    }
    return { times, codes, polls };
  }

  it('keeps polls and codes together within the limit of one mfa_token', () => {
    for (const seed of SEEDS.slice(0, 12)) {
      const { times, codes, polls } = exchanges(seed);
      expect(fits(times, LIMIT), `seed ${seed}`).toBe(true);
      expect(codes).toBeGreaterThan(3);
      expect(polls).toBeGreaterThan(3);
    }
  });

  it('always reserves three exchanges for codes, however long it has polled', () => {
    const driver = pollingDriver([PUSH, OTP], {
      pollIntervalMs: 0,
      mfaTokenTtlMs: hour,
      challengeTtlMs: hour,
    });
    for (let poll = 0; poll < 50; poll += 1) {
      driver.tickWhenDue();
      driver.answer(PENDING);
    }
    driver.ask({ type: 'factor.choose', authenticatorId: OTP.id });
    for (let code = 0; code < 3; code += 1) {
      expect(driver.ask({ type: 'code.submit' })).toBe(true);
      driver.fail('code_refused');
    }
  });
});
