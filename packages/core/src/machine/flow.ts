import { initialTransition, type SnapshotFrom, transition } from 'xstate';
import { sendsMessage } from '../terms/factor.ts';
import { currentWay, type FlowContext, type FlowSettings, isCurrent, pollSpacingMs } from './context.ts';
import type { Effect } from './effects.ts';
import type { FlowEvent } from './events.ts';
import { stepUpMachine } from './machine.ts';
import { pollEnded, pollSent } from './next-poll.ts';
import { affordableAt, afterUnheardPolls, LAST_POLL_LEAD_MS } from './poll-schedule.ts';

/** Where a flow can be. `authenticating` asks for the password when `allowedEvents` names `password.submit`. */
export type FlowStateName =
  | 'idle'
  | 'authenticating'
  | 'listing'
  | 'choosing'
  | 'enrolling'
  | 'confirming'
  | 'challenging'
  | 'polling'
  | 'prompting'
  | 'redirecting'
  | 'verifying'
  | 'identifying'
  | 'acknowledging'
  | 'approved'
  | 'rejected'
  | 'expired'
  | 'failed'
  | 'cancelled';

/** A flow between two events, as JSON: what a server stores. */
export interface FlowState {
  readonly value: FlowStateName | Readonly<Partial<Record<FlowStateName, string>>>;
  readonly context: FlowContext;
}

/** What an event did to a flow. */
export interface Advance {
  readonly state: FlowState;
  /** What to do now. Its fact comes back with the same `seq`. */
  readonly effect: Effect | undefined;
  /** `false` when the flow does not take this event now, for example a late fact. Then nothing has changed. */
  readonly accepted: boolean;
}

/** The machine's own snapshot, as XState's actors hold it. */
export type FlowSnapshot = SnapshotFrom<typeof stepUpMachine>;

/** A flow that has not started. */
export function createFlow(settings: FlowSettings): FlowState {
  const [snapshot] = initialTransition(stepUpMachine, settings);
  return toState(snapshot);
}

/** One pure step of a flow: no I/O, no clock. A finished flow takes no events. */
export function advanceFlow(state: FlowState, event: FlowEvent): Advance {
  return advanceQuietly(state, event) ?? advanceByChart(state, event);
}

/**
 * The two steps of a poll without news, which are nearly all steps that a server takes: the same as the chart takes, at a
 * hundredth of the cost. `undefined` for everything else.
 */
function advanceQuietly(state: FlowState, event: FlowEvent): Advance | undefined {
  const { context } = state;
  const name = stateName(state);
  if (name !== 'polling' && name !== 'confirming') return undefined;
  const inner = innerName(state);
  if (event.type === 'poll.pending' && inner === 'requesting' && isCurrent({ context, event })) {
    const waiting = {
      value: { [name]: 'waiting' },
      context: { ...context, ...pollEnded({ context, event }) },
    };
    return { state: waiting, effect: undefined, accepted: true };
  }
  const isDue =
    event.at >= context.nextPollAt && event.at < Math.min(context.challengeExpiresAt, context.expiresAt);
  if (event.type === 'time.passed' && inner === 'waiting' && isDue) {
    const seq = context.seq + 1;
    return {
      state: {
        value: { [name]: 'requesting' },
        context: { ...context, seq, ...pollSent({ context, event }) },
      },
      effect: {
        type: 'poll',
        params: { seq, enrolling: name === 'confirming', expiresAt: context.challengeExpiresAt },
      },
      accepted: true,
    };
  }
  return undefined;
}

/** One step as XState takes it. */
export function advanceByChart(state: FlowState, event: FlowEvent): Advance {
  const snapshot = toSnapshot(state);
  if (snapshot.status !== 'active' || !snapshot.can(event)) {
    return { state, effect: undefined, accepted: false };
  }
  const [next, actions] = transition(stepUpMachine, snapshot, event);
  return { state: toState(next), effect: effectAmong(actions), accepted: true };
}

/** Effects are the actions whose parameters have a `seq`. A step has at most one. */
function effectAmong(actions: readonly { type: string; params: unknown }[]): Effect | undefined {
  const found = actions.find(
    ({ params }) => typeof (params as { seq?: unknown } | undefined)?.seq === 'number',
  );
  return found && ({ type: found.type, params: found.params } as Effect);
}

/** XState's snapshot of a stored flow. */
export function toSnapshot(state: FlowState): FlowSnapshot {
  return stepUpMachine.resolveState({ value: state.value as FlowSnapshot['value'], context: state.context });
}

/** The part of XState's snapshot that is stored. */
export function toState(snapshot: FlowSnapshot): FlowState {
  return { value: snapshot.value as FlowState['value'], context: snapshot.context };
}

/** The state's name, without its inner state. */
export function stateName({ value }: FlowState): FlowStateName {
  return typeof value === 'string' ? value : (Object.keys(value)[0] as FlowStateName);
}

function innerName({ value }: FlowState): string | undefined {
  return typeof value === 'string' ? undefined : Object.values(value)[0];
}

/** Whether the flow asks the provider again at `nextPollAt`: between two polls, or after a transient failure. */
export function asksAgain(state: FlowState): boolean {
  return innerName(state) === 'waiting' || innerName(state) === 'backingOff';
}

/** Whether the phone has answered yes, and the user has yet to type the code that it shows. */
export function isAnswered(state: FlowState): boolean {
  return innerName(state) === 'answered';
}

/** The next poll, and what its time depends on. */
export interface PlannedPoll {
  readonly at: number;
  /** When the last request was sent that counts as a poll. */
  readonly since: number;
  readonly intervalMs: number;
  /** The end of the wait. */
  readonly until: number;
}

/** The poll that the flow is waiting for; `undefined` when it is not waiting for one. */
export function plannedPoll(state: FlowState): PlannedPoll | undefined {
  if (innerName(state) !== 'waiting') return undefined;
  const { nextPollAt, budget, challengeExpiresAt, expiresAt } = state.context;
  const until = Math.min(challengeExpiresAt, expiresAt);
  return { at: nextPollAt, since: budget.at, intervalMs: pollSpacingMs(state.context), until };
}

/**
 * A wait for the phone after another process has polled for it until a time, at the pace of this state, without having
 * told what came of it. Polls go on when the provider's limits allow it, whatever that process sent.
 */
export function resumeWait(state: FlowState, until: number): FlowState {
  const { budget, pace, nextPollAt, challengeExpiresAt, expiresAt } = state.context;
  const limit = currentWay(state.context).exchangeLimit;
  const left = afterUnheardPolls({ budget, pace, limit }, until);
  const affordable = affordableAt(left, limit, 1 + (limit?.reservedForCodes ?? 0));
  const last = Math.min(challengeExpiresAt, expiresAt) - LAST_POLL_LEAD_MS;
  const next = Math.max(nextPollAt, affordable, Math.min(until + pace.intervalMs, last));
  return {
    value: { [stateName(state)]: 'waiting' },
    context: { ...state.context, budget: left, nextPollAt: next, polledAt: until },
  };
}

/**
 * A wait as it goes on in one process, with the ping that another process has received since. `stored`: the wait as that
 * process knows it.
 */
export function withPing({ context: { pingedAt: at } }: FlowState, state: FlowState): FlowState {
  if (at === undefined || state.context.pingedAt !== undefined) return state;
  return advanceFlow(state, { type: 'ping.received', at, jitterMs: 0 }).state;
}

/** Whether the flow has ended for good. */
export function isDone(state: FlowState): boolean {
  return state.value === 'approved' || state.value === 'cancelled';
}

/** Whether the flow waits for the result of its last effect. */
export function awaitsFact(state: FlowState): boolean {
  return state.value === 'challenging' || state.value === 'verifying' || innerName(state) === 'requesting';
}

/**
 * When the flow next needs `time.passed`, in milliseconds since the epoch; `undefined` when time does not matter to it.
 */
export function dueAt(state: FlowState): number | undefined {
  const expiresAt = expiry(state);
  if (expiresAt === undefined || awaitsFact(state)) return undefined;
  return asksAgain(state) ? Math.min(state.context.nextPollAt, expiresAt) : expiresAt;
}

/** When what the user sees now expires: the challenge, or the whole flow. */
export function expiry(state: FlowState): number | undefined {
  const { target, challengeExpiresAt, expiresAt } = state.context;
  switch (stateName(state)) {
    case 'idle':
    case 'approved':
    case 'cancelled':
    case 'expired':
      return undefined;
    case 'confirming':
    case 'polling':
    case 'redirecting':
      return Math.min(challengeExpiresAt, expiresAt);
    case 'prompting':
      // Nothing was sent for a code from an app or from paper, so it does not expire.
      return target !== undefined && sendsMessage(target.factor)
        ? Math.min(challengeExpiresAt, expiresAt)
        : expiresAt;
    default:
      return expiresAt;
  }
}
