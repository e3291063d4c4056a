import type { ReasonCode } from '../terms/reason-codes.ts';
import {
  awaitsPushCode,
  currentWay,
  type FlowContext,
  pollSpacingMs,
  retryAfterOf,
  type Scope,
} from './context.ts';
import type { FlowEvent } from './events.ts';
import {
  adjustPace,
  afterAnswer,
  nextPollTime,
  type PollOutcome,
  type PollPace,
  refill,
  spend,
} from './poll-schedule.ts';

/** No provider wants to be asked more often. */
const SHORTEST_INTERVAL_MS = 500;

/** The pace of a wait that begins. */
export function firstPace({ context, event }: Scope): PollPace {
  const { settings } = context;
  const intervalMs = (event.type === 'challenge.sent' ? event.intervalMs : undefined) ?? 0;
  const isLimited = currentWay(context).exchangeLimit !== undefined;
  return {
    // Where the provider's interval is the only limit, ours would only add to the user's wait.
    intervalMs:
      isLimited || intervalMs === 0
        ? Math.max(settings.pollIntervalMs, intervalMs)
        : Math.max(SHORTEST_INTERVAL_MS, intervalMs),
    failures: 0,
    // A provider that names an interval expects it to be kept.
    schedule: intervalMs > 0 ? 'steady' : (settings.pollSchedule ?? 'steady'),
  };
}

/** Schedules the next poll. */
function afterPoll({ context, event }: Scope, outcome: PollOutcome, isFirst = false): Partial<FlowContext> {
  const pace = adjustPace(context.pace, outcome);
  const limit = currentWay(context).exchangeLimit;
  const nextPollAt = nextPollTime({
    at: event.at,
    jitterMs: event.jitterMs,
    pace: { ...pace, intervalMs: pollSpacingMs({ ...context, pace }) },
    budget: refill(context.budget, limit, event.at),
    limit,
    retryAfterMs: outcome.retryAfterMs,
    deadline: Math.min(context.challengeExpiresAt, context.expiresAt),
    isFirst,
  });
  return { pace, nextPollAt };
}

/** The ping may have come before the answer to the request that has sent the challenge. */
export function firstPoll(scope: Scope): Partial<FlowContext> {
  const { context, event } = scope;
  const after = afterPoll(scope, { type: 'pending' }, true);
  return context.pingedAt === undefined
    ? after
    : { ...after, ...hurried({ ...context, ...after }, event.at) };
}

function outcomeOf(event: FlowEvent): PollOutcome {
  const retryAfterMs = retryAfterOf(event);
  if (event.type === 'poll.slowed') return { type: 'slow_down', retryAfterMs };
  if (event.type !== 'effect.failed') return { type: 'pending' };
  return { type: event.code === 'rate_limited' ? 'rate_limited' : 'unavailable', retryAfterMs };
}

/** What a poll leaves behind that goes out. */
export function pollSent({ context, event }: Scope): Partial<FlowContext> {
  return { budget: spend(context.budget, currentWay(context).exchangeLimit, event.at), polledAt: event.at };
}

/** What a poll leaves behind after which the wait goes on. */
export function pollEnded({ context: before, event }: Scope): Partial<FlowContext> {
  const budget = afterAnswer(before.budget, currentWay(before).exchangeLimit, event.at);
  const context = { ...before, budget };
  const after = afterPoll({ context, event }, outcomeOf(event));
  return {
    budget,
    ...after,
    ...(wasPingedMeanwhile(context) && hurried({ ...context, ...after }, event.at)),
    reason: event.type === 'effect.failed' ? event.code : codeReason(context),
  };
}

/** Whether the ping came while the poll was under way, which may have been answered before the user did. */
function wasPingedMeanwhile({ pingedAt, polledAt }: FlowContext): boolean {
  return pingedAt !== undefined && polledAt !== undefined && pingedAt >= polledAt;
}

/** Makes the next poll due, as soon as the provider's interval and its complaints allow. */
export function hurried(
  { pace, polledAt, nextPollAt }: FlowContext,
  at: number,
): Pick<FlowContext, 'nextPollAt'> {
  if (pace.failures > 0) return { nextPollAt };
  const soonest = polledAt === undefined ? at : Math.max(at, polledAt + pace.intervalMs);
  return { nextPollAt: Math.min(nextPollAt, soonest) };
}

/** A wrong push code stays the reason until the right one is typed, or another push or way replaces it. */
export function codeReason(context: FlowContext): ReasonCode | undefined {
  return context.codeTries > 0 && awaitsPushCode(context) ? 'code_refused' : undefined;
}
