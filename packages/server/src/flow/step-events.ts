import {
  type Authentication,
  currentWay,
  type Effect,
  type FlowEvent,
  type FlowStateName,
  isAddressed,
  isHosted,
  isTapped,
  PUSH_CODE_TRIES,
  type ReasonCode,
  stateName,
} from '@stepgate/core';
import { approvalMembers, type EventBody, type FlowEnd } from '../events/audit-event.ts';
import { attemptsOf, isIndefinite } from '../limits/attempts.ts';
import type { Approval, FlowRecord } from '../records/handle-record.ts';

/** What an event has made happen to a flow. `granted`: the approval that it led to. */
export function stepEvents(step: {
  readonly before: FlowRecord;
  readonly event: FlowEvent;
  readonly after: FlowRecord;
  readonly granted: Approval | undefined;
}): readonly EventBody[] {
  const { before, event, after, granted } = step;
  return [
    ...saidBy(event, before),
    ...(leavesDeliveryUnknown(event, before, after) ? ofTarget('delivery.unknown', before) : []),
    ...unanswered(event, before),
    ...wayChange(before, after),
    ...(granted === undefined ? [] : [grant(after, granted)]),
    ...transition(before, after, event.at),
  ];
}

/** What the event itself says about the effect that it answers. */
function saidBy(event: FlowEvent, before: FlowRecord): readonly EventBody[] {
  const flow = before.id;
  const effect = before.pending?.effect;
  const target = before.state.context.target;
  switch (event.type) {
    case 'code.submit':
      return event.isPushCode === false ? wrongPushCode(before) : [];
    case 'flow.start':
      return [started(before)];
    case 'challenge.sent':
      if (target && isHosted(target.factor)) return [{ type: 'redirect.started', flow }];
      return ofTarget(target && isTapped(target.factor) ? 'push.sent' : 'message.sent', before);
    case 'redirect.returned':
      return [{ type: 'redirect.returned', flow }];
    case 'redirect.refused':
      return [{ type: 'redirect.returned', flow, reason: event.code }, ...refused(event.code, before)];
    case 'enrollment.started':
      return effect && isSending(effect) ? ofTarget('message.sent', before) : [];
    case 'poll.rejected':
      return isAddition(effect) ? [] : ofTarget('push.rejected', before);
    case 'tokens.received':
    case 'mfa.required':
      if (effect?.type !== 'poll' && effect?.type !== 'verify') return [];
      if (isAddition(effect) && target) {
        return [{ type: 'authenticator.enrolled', flow, factor: target.factor }];
      }
      return target?.factor === 'recovery-code' ? [{ type: 'recovery_code.used', flow }] : [];
    case 'effect.failed':
      return refused(event.code, before);
    default:
      return [];
  }
}

/** A push code that was wrong. */
function wrongPushCode({ id: flow, state }: FlowRecord): readonly EventBody[] {
  return [{ type: 'push_code.refused', flow, triesLeft: PUSH_CODE_TRIES - state.context.codeTries - 1 }];
}

/** The way that the flow has gone over to. */
function wayChange(before: FlowRecord, { id: flow, state }: FlowRecord): readonly EventBody[] {
  if (state.context.way === before.state.context.way) return [];
  return [{ type: 'way.changed', flow, way: currentWay(state.context).name }];
}

/** Why an effect has failed, if somebody should know. */
function refused(code: ReasonCode, before: FlowRecord): readonly EventBody[] {
  const flow = before.id;
  switch (code) {
    case 'credentials_refused':
      return [{ type: 'password.refused', flow }];
    case 'code_refused':
      return before.pending?.effect.type === 'verify' ? ofTarget('code.refused', before) : [];
    case 'push_in_progress':
      return [{ type: 'push.contested', flow }];
    case 'identity_refused':
      return [{ type: 'identity.refused', flow }];
    case 'subject_mismatch':
      return [{ type: 'subject.mismatch', flow }];
    default:
      return [];
  }
}

/** Something was about to be sent, and the flow has continued without knowing whether it was. */
function leavesDeliveryUnknown(event: FlowEvent, { pending }: FlowRecord, after: FlowRecord): boolean {
  if (pending === undefined || !isSending(pending.effect)) return false;
  if (event.type === 'effect.failed') return after.state.context.reason === 'delivery_unknown';
  return !('seq' in event);
}

/** A code or password without an answer, or with one that nobody waited for: it counts as wrong. */
function unanswered(event: FlowEvent, { id: flow, pending }: FlowRecord): readonly EventBody[] {
  const limits = pending === undefined ? [] : attemptsOf(pending.effect);
  const attempt = limits.includes('codes') ? 'code' : limits.includes('passwords') ? 'password' : undefined;
  if (attempt === undefined) return [];
  const isOpen = 'seq' in event ? event.type === 'effect.failed' && isIndefinite(event.code) : true;
  return isOpen ? [{ type: 'attempt.unanswered', flow, attempt }] : [];
}

const ENDS: Readonly<Partial<Record<FlowStateName, FlowEnd>>> = {
  approved: 'approved',
  cancelled: 'cancelled',
  rejected: 'rejected',
  expired: 'expired',
  failed: 'failed',
};

/** Whether the flow has stopped, or continues after it had. */
function transition(before: FlowRecord, { id: flow, startedAt, state }: FlowRecord, at: number): EventBody[] {
  const was = ENDS[stateName(before.state)];
  const end = ENDS[stateName(state)];
  if (was !== undefined && end === undefined) return [{ type: 'flow.resumed', flow }];
  if (was !== undefined || end === undefined) return [];
  const { reason } = state.context;
  return [
    {
      type: 'flow.ended',
      flow,
      end,
      ...(end !== 'approved' && reason !== undefined && { reason }),
      afterMs: at - startedAt,
    },
  ];
}

function started({ id: flow, requirement, state }: FlowRecord): EventBody {
  const { action } = requirement.policy;
  const { adds } = state.context.settings;
  return {
    type: 'flow.started',
    flow,
    ...(action && { action: action.id }),
    ...(adds && { adds: adds.factor }),
  };
}

function grant({ id: flow, requirement }: FlowRecord, approval: Approval): EventBody {
  const { action } = requirement.policy;
  const { enrolledInFlow, authentication, byOtherLogin } = approval;
  return {
    type: 'approval.granted',
    flow,
    ...approvalMembers(approval),
    ...(action && { action: action.id }),
    enrolledInFlow,
    ...(authentication && { authentication: frozen(authentication) }),
    ...(byOtherLogin === true && { byOtherLogin }),
  };
}

/** A copy that no listener can change: the record keeps its own. */
function frozen({ amr, ...rest }: Authentication): Authentication {
  return Object.freeze({ ...rest, ...(amr && { amr: Object.freeze([...amr]) }) });
}

/** Something that has happened with what the flow is busy with. */
function ofTarget(
  type: 'push.sent' | 'push.rejected' | 'message.sent' | 'delivery.unknown' | 'code.refused',
  { id: flow, state }: FlowRecord,
): readonly EventBody[] {
  const { target } = state.context;
  if (target === undefined) return [];
  const { factor, authenticatorId } = target;
  return [{ type, flow, factor, ...(authenticatorId !== undefined && { authenticatorId }) }];
}

/** Whether it sends something to the user. */
function isSending(effect: Effect): boolean {
  if (effect.type === 'challenge') return !isHosted(effect.params.factor);
  return effect.type === 'enroll' && isAddressed(effect.params.factor);
}

/** Whether it proves a factor that is being added. */
function isAddition(effect: Effect | undefined): boolean {
  return (effect?.type === 'poll' || effect?.type === 'verify') && effect.params.enrolling;
}
