import {
  awaitsPushCode,
  dueAt,
  type Effect,
  type FlowState,
  isAddressed,
  isAnswered,
  isDone,
  isHosted,
  isTapped,
  type PlannedPoll,
  plannedPoll,
  type ReasonCode,
  resumeWait,
  stateName,
  withPing,
} from '@stepgate/core';
import type { OpenedLink } from '../policy/links.ts';
import { type Requirement, requirementHash } from '../policy/requirement.ts';
import { findApproval } from '../records/approval.ts';
import type { Approval, FlowLink, FlowRecord, HandleRecord } from '../records/handle-record.ts';
import type { Login } from '../request/caller.ts';

/** When something is next to be done for the flow. */
export function nextDue({ pending, state }: FlowRecord): number {
  if (pending === undefined) return dueAt(state) ?? Number.POSITIVE_INFINITY;
  const { claimedUntil, pollsUntil } = pending;
  return pollsUntil === undefined
    ? claimedUntil
    : Math.max(claimedUntil, resumeWait(state, pollsUntil).context.nextPollAt);
}

/** The poll whose time the flow waits for, if any. */
export function nextPoll({ pending, state }: FlowRecord): PlannedPoll | undefined {
  return pending === undefined ? plannedPoll(state) : undefined;
}

/** When the wait for the phone's answer ends. */
export function endOfWait({ state: { context } }: FlowRecord): number {
  return Math.min(context.challengeExpiresAt, context.expiresAt);
}

/** The record without its effect, which had no result. */
export function withoutPending(record: HandleRecord): HandleRecord {
  if (record.flow === undefined) return record;
  const { pending: _dropped, ...flow } = record.flow;
  return { ...record, flow };
}

/**
 * The record from which its flow continues. If another process holds its wait, the polls are counted that it may have
 * sent so far.
 */
export function withPollsOfHolder(record: HandleRecord, now: number): HandleRecord {
  const { flow } = record;
  const pollsUntil = flow?.pending?.pollsUntil;
  if (flow === undefined || pollsUntil === undefined) return record;
  return { ...record, flow: { ...flow, state: resumeWait(flow.state, Math.min(now, pollsUntil)) } };
}

/** The state with what the record knows of a wait that goes on: what other processes have heard of it is written. */
export function withNewsOf(stored: FlowState, state: FlowState): FlowState {
  return withPing(stored, withCodeOf(stored, state));
}

/** The state with what the record knows of the push code: every try is written, whatever process takes it. */
function withCodeOf({ context: stored }: FlowState, state: FlowState): FlowState {
  const { codeTries, isCodeEntered } = stored;
  const { reason, ...context } = state.context;
  if (codeTries === context.codeTries && isCodeEntered === context.isCodeEntered) return state;
  const isRefused = codeTries > 0 && !isCodeEntered;
  const other = reason === 'code_refused' ? undefined : reason;
  const shown = other ?? (isRefused ? 'code_refused' : undefined);
  return { ...state, context: { ...context, codeTries, isCodeEntered, reason: shown } };
}

/** The record, if it exists and belongs to the caller, or if its flow is the one that the caller's link leads to. */
export function ownedBy(
  { caller, link }: { readonly caller: Login; readonly link?: OpenedLink },
  record: HandleRecord | undefined,
): HandleRecord | undefined {
  if (link === undefined) return record?.session === caller.session ? record : undefined;
  const isLinked = linkOf(link, record)?.openedBy === link.by;
  return isLinked && record?.subject === caller.subject ? record : undefined;
}

/** The link as the record knows it. */
export function linkOf(
  { id, session }: Pick<OpenedLink, 'id' | 'session'>,
  record: HandleRecord | undefined,
): FlowLink | undefined {
  const link = record?.session === session ? record.flow?.link : undefined;
  return link?.id === id ? link : undefined;
}

/**
 * Whether this login runs the flow. The login that has asked for a link only waits: it sees no secret, and does
 * nothing but cancel.
 */
export function runs({ link }: { readonly link?: OpenedLink }, flow: FlowRecord): boolean {
  return flow.link?.id === link?.id;
}

/** A flow that would lose something if another one replaced it. */
export function isLive({ state }: FlowRecord, now: number): boolean {
  const atRest = ['rejected', 'expired', 'failed'].includes(stateName(state));
  return !isDone(state) && !atRest && now < state.context.expiresAt;
}

/** Whether a start for the requirement finds it under way, or already met. */
export function joins(record: HandleRecord, hash: string, { policy }: Requirement, now: number): boolean {
  const { flow, approvals, subject } = record;
  if (flow?.requirementHash !== hash) return false;
  if (!isDone(flow.state)) return now < flow.state.context.expiresAt;
  // An approval of this very requirement was given with an authenticator that was old enough.
  const isOldEnough = ({ requirement }: Approval): boolean => requirement === hash;
  const met = findApproval({ approvals, subject, policy, hash, now, isOldEnough });
  return stateName(flow.state) === 'approved' && met !== undefined;
}

/**
 * Whether the page for a requirement shows the flow: one that was started with the same ticket, in any state, or one
 * that a start would join. Without a requirement, one that is under way.
 */
export function isShown(record: HandleRecord, requirement: Requirement | undefined, now: number): boolean {
  const { flow } = record;
  if (flow === undefined) return false;
  if (requirement === undefined) return isLive(flow, now);
  const hash = requirementHash(requirement.policy);
  const isSameTicket = flow.requirementHash === hash && flow.requirement.expiresAt === requirement.expiresAt;
  return isSameTicket || joins(record, hash, requirement, now);
}

/**
 * Whether a push of this flow may still be answered: the flow waits for it, or nobody knows whether it has arrived.
 */
export function awaitsPush({ state }: FlowRecord): boolean {
  const { target, reason } = state.context;
  if (target?.authenticatorId === undefined || !isTapped(target.factor)) return false;
  if (isAnswered(state)) return false;
  const name = stateName(state);
  return name === 'challenging' || name === 'polling' || (name === 'failed' && reason === 'delivery_unknown');
}

/** Whether the flow waits for the user to type the code that the phone shows. */
export function awaitsCode({ state }: FlowRecord): boolean {
  return stateName(state) === 'polling' && awaitsPushCode(state.context);
}

/** Whether the flow was refused because of another flow's push, and its user still has to wait. */
export function awaitsLock({ state }: FlowRecord, now: number): boolean {
  const { reason, waitUntil } = state.context;
  return stateName(state) === 'failed' && reason === 'push_in_progress' && (waitUntil ?? 0) > now;
}

/**
 * Why an effect must not run again after its process has died, or `undefined` when it may. Effects that send
 * something to the user are never repeated, and what the user typed died with the process.
 */
export function lossOf(effect: Effect): ReasonCode | undefined {
  switch (effect.type) {
    case 'challenge':
      return 'result_lost';
    case 'enroll':
      return isAddressed(effect.params.factor) ? 'result_lost' : undefined;
    case 'verify':
      return isHosted(effect.params.factor) ? 'result_lost' : 'input_lost';
    case 'authenticate':
      if (effect.params.method === 'mfa-token') return 'login_required';
      return effect.params.method === 'password' ? 'input_lost' : undefined;
    default:
      return undefined;
  }
}
