import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advanceFlow,
  createView,
  type FlowState,
  type FlowView,
  isSameView,
  resumeWait,
} from '../../src/index.ts';
import { advanceByChart } from '../../src/machine/flow.ts';
import { refill } from '../../src/machine/poll-schedule.ts';
import { PENDING, PUSH, pollingDriver, settings } from '../support/flow-driver.ts';

const START = Date.UTC(2026, 0, 1);

const viewOf = (state: FlowState): FlowView =>
  createView({ state, openVault: () => ({}), version: 1, now: START });

/** A time around the start of a wait, or around one of its ends. */
const time = fc.oneof(
  fc.integer({ min: -10_000, max: 700_000 }),
  fc.constantFrom(0, 5_000, 299_999, 300_000, 300_001, 600_000),
);
const jitterMs = fc.nat({ max: 999 });

/** Any state of a wait for the phone, with whatever came before it. */
const wait: fc.Arbitrary<FlowState> = fc
  .record({
    name: fc.constantFrom('polling', 'confirming'),
    inner: fc.constantFrom('waiting', 'requesting'),
    seq: fc.nat({ max: 3 }),
    nextPollAt: time,
    challengeExpiresAt: time,
    expiresAt: time,
    level: fc.double({ min: -1, max: 12, noNaN: true }),
    at: time,
    intervalMs: fc.constantFrom(1_000, 5_000, 10_000, 30_000),
    failures: fc.nat({ max: 5 }),
    schedule: fc.constantFrom('steady' as const, 'eager' as const),
    reason: fc.constantFrom(undefined, 'provider_unavailable' as const, 'rate_limited' as const),
    waitUntil: fc.constantFrom(undefined, START + 1),
    pings: fc.boolean(),
    pingedAt: fc.option(time, { nil: undefined }),
    polledAt: fc.option(time, { nil: undefined }),
  })
  .map(({ name, inner, nextPollAt, challengeExpiresAt, expiresAt, level, at, pings, ...rest }) => {
    const [way, ...ways] = settings().ways;
    const { intervalMs, failures, schedule, ...others } = rest;
    return {
      value: { [name]: inner },
      context: {
        ...pollingDriver().context,
        settings: { ...settings(), ways: [{ ...way, pings }, ...ways] as const },
        ...others,
        nextPollAt: START + nextPollAt,
        challengeExpiresAt: START + challengeExpiresAt,
        expiresAt: START + expiresAt,
        budget: { level, at: START + at },
        pace: { intervalMs, failures, schedule },
      },
    };
  });

describe('a poll without news', () => {
  it('changes the flow exactly as the chart says', { timeout: 90_000 }, () => {
    let taken = 0;
    fc.assert(
      fc.property(
        wait,
        time,
        jitterMs,
        fc.nat({ max: 3 }),
        fc.boolean(),
        (state, ms, jitter, seq, isTime) => {
          const stamp = { at: START + ms, jitterMs: jitter };
          const event = isTime ? { type: 'time.passed' as const, ...stamp } : { ...PENDING, seq, ...stamp };

          const advance = advanceFlow(state, event);

          if (advance.accepted) taken += 1;
          expect(advance).toEqual(advanceByChart(state, event));
          if (advance.effect?.type === 'poll') {
            const [before, after] = [state, advance.state].map(viewOf);
            expect(after && before && isSameView(before, after)).toBe(true);
          }
        },
      ),
      { numRuns: 2_000, seed: 15 },
    );
    expect(taken).toBeGreaterThan(200);
  });
});

describe('polls that another process may have sent', () => {
  it('count at least as much as any that keep to the schedule', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('steady' as const, 'eager' as const),
        fc.array(fc.record({ jitterMs, answerMs: fc.nat({ max: 3_000 }) }), { minLength: 1, maxLength: 40 }),
        fc.nat({ max: 20_000 }),
        (pollSchedule, polls, silenceMs) => {
          const driver = pollingDriver([PUSH], { pollSchedule });
          driver.tickWhenDue();
          const heard = driver.state;
          let { state } = driver;
          let sentAt = driver.now;
          for (const { jitterMs: jitter, answerMs } of polls) {
            const { seq } = state.context;
            const at = sentAt + answerMs;
            const waiting = advanceFlow(state, { ...PENDING, seq, at, jitterMs: jitter }).state;
            const dueAt = waiting.context.nextPollAt;
            const next = advanceFlow(waiting, { type: 'time.passed', at: dueAt, jitterMs: 0 });
            if (next.effect === undefined) break;
            ({ state } = next);
            sentAt = dueAt;
          }

          const until = sentAt + silenceMs;
          const { budget } = resumeWait(heard, until).context;

          const { exchangeLimit } = state.context.settings.ways[0];
          expect(budget.at).toBe(until);
          expect(budget.level).toBeLessThanOrEqual(
            refill(state.context.budget, exchangeLimit, until).level + 1e-6,
          );
        },
      ),
      { numRuns: 500, seed: 15 },
    );
  });

  it('leave what is kept for codes', () => {
    const driver = pollingDriver([PUSH], { pollSchedule: 'eager' });
    driver.tickWhenDue();
    const { budget, settings: limits } = resumeWait(driver.state, driver.now + 60_000).context;

    expect(budget.level).toBeGreaterThanOrEqual(limits.ways[0].exchangeLimit?.reservedForCodes ?? Number.NaN);
  });
});
