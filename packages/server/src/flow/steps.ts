import {
  type ApprovalRequest,
  advanceFlow,
  awaitsFact,
  createFlow,
  createView,
  currentWay,
  type Departure,
  type Effect,
  type Fact,
  type FirstLegMethod,
  type FlowSettings,
  type FlowState,
  type FlowView,
  type Inputs,
  isAddressed,
  isDone,
  isSameView,
  judgeCode,
  type RequestEvent,
  type StepUpRequest,
  stateName,
  updateVault,
  type Vault,
  type WayName,
} from '@stepgate/core';
import type { EventBody } from '../events/audit-event.ts';
import type { FlowSignal } from '../events/signals.ts';
import { isSameSecret, type Sealer } from '../lib/seal.ts';
import { isPush } from '../limits/attempts.ts';
import { type Requirement, requirementHash } from '../policy/requirement.ts';
import { createApproval, keepUseful } from '../records/approval.ts';
import type { FlowLink, FlowRecord, HandleRecord, PendingEffect } from '../records/handle-record.ts';
import { keepLiving, sealTokens, tokensEnd } from '../records/kept-tokens.ts';
import type { Caller, Identity } from '../request/caller.ts';
import { awaitsPush } from './rules.ts';
import { stepEvents } from './step-events.ts';

/** An effect that this process has claimed, with the secrets it needs. */
export interface Job extends PendingEffect {
  /** The flow's id. */
  readonly flow: string;
  readonly vault: Vault;
  /** What the flow is for: an approval, one that opens the MFA API too, or another factor. */
  readonly purpose: 'approving' | 'managing' | 'adding';
  /** The first leg that the flow used. */
  readonly leg: FirstLegMethod;
  /** The claims of the flow's pushes, under which they were counted. */
  readonly pushes: readonly string[];
  /** The way that the flow takes. */
  readonly way: WayName;
  /** What the phone is to show. */
  readonly approval: Omit<ApprovalRequest, 'code' | 'subject'>;
}

/** A record after an event; `accepted` is false, and nothing has changed, when the flow does not accept it. */
export interface Step {
  readonly record: HandleRecord;
  readonly accepted: boolean;
  readonly job?: Job;
  /** What has happened, once the record is written. */
  readonly events: readonly EventBody[];
  /** From which state to which the flow has gone. */
  readonly transition?: FlowSignal;
}

/** What a flow reacts to. The step adds the time and the random numbers. */
export type FlowInput =
  | RequestEvent
  | (Fact & { readonly seq: number })
  | { readonly type: 'time.passed' | 'push.freed' | 'ping.received' };

/** The pure part of driving a flow: records in, records out. */
export interface FlowSteps {
  /** A record with a new flow that has not started, in place of any other. */
  begin(options: {
    readonly key: string;
    readonly record: HandleRecord | undefined;
    readonly caller: Caller;
    readonly requirement: Requirement;
    readonly settings: FlowSettings;
    /** The secrets that the flow begins with. */
    readonly vault?: Vault;
    /** The link by which another login runs the flow. */
    readonly link?: FlowLink | undefined;
    /** How long the flow waits for its start. Default: it starts in the same step. */
    readonly waitsUntil?: number | undefined;
  }): HandleRecord;
  /** Applies one event: moves the flow, seals the vault, records the approval, claims the effect. */
  apply(key: string, record: HandleRecord, input: FlowInput, secrets?: Vault, typed?: Inputs): Step;
  /** Claims the pending effect again after its process has died. */
  reclaim(key: string, record: HandleRecord): Step;
  /**
   * The next poll of a wait under the previous claim, which is not written; `undefined` when a poll does not come
   * next.
   */
  pollAgain(flow: FlowRecord, job: Job): { readonly flow: FlowRecord; readonly job: Job } | undefined;
  /** The flow after a poll without news; `undefined` when its view changes with it. */
  keepWaiting(flow: FlowRecord, job: Job): FlowRecord | undefined;
  /** `runs`: whether the login runs the flow. One that only waits for it sees no secret, and can only cancel. */
  view(key: string, record: HandleRecord, runs: boolean): FlowView | undefined;
  /** The departure whose return the flow waits for; `undefined` if it waits for none. */
  departure(key: string, flow: FlowRecord): Departure | undefined;
  /** Whether the provider may know the flow's challenge by this name. A name that is not known yet is not compared. */
  isChallenge(key: string, flow: FlowRecord, authReqId: string): boolean;
  /** The identity of the login that the flow was started in; `undefined` when it cannot be opened (a retired key). */
  identity(key: string, flow: FlowRecord): Identity | undefined;
}

const vaultOf = (key: string): string => `vault:${key}`;
const identityOf = (key: string): string => `identity:${key}`;

/** How long a claim lasts, which is longer than its effect can take, and how much of it a poll may take. */
export interface ClaimTimes {
  readonly leaseMs: number;
  readonly pollTimeMs: number;
}

/** Creates the steps. */
export function createFlowSteps(options: {
  readonly sealer: Sealer;
  readonly now: () => number;
  /** 0 up to 1, for the jitter of polls. */
  readonly random: () => number;
  readonly randomId: () => string;
  readonly timesOf: (effect: Effect, way: WayName) => ClaimTimes;
}): FlowSteps {
  const { sealer, now, random, randomId, timesOf } = options;

  /** Opens a flow's vault when something in it is needed, and at most once. */
  function vaultIn(key: string, flow: FlowRecord): () => Vault {
    let opened: Vault | undefined;
    return () => {
      // A vault that cannot be opened (a retired key) counts as empty: effects then answer `result_lost`.
      opened ??= (sealer.open(flow.vault, vaultOf(key)) as Vault | undefined) ?? {};
      return opened;
    };
  }

  function render(flow: FlowRecord, openVault: () => Vault): FlowView {
    const isNoticed = flow.isContested === true && awaitsPush(flow);
    const view = createView({
      state: flow.state,
      openVault,
      version: flow.version,
      now: now(),
      ...(isNoticed && { notice: 'push_requested_elsewhere' }),
    });
    return { flowId: flow.id, ...view };
  }

  function claimed(effect: Effect, { context }: FlowState): PendingEffect {
    const { leaseMs, pollTimeMs } = timesOf(effect, currentWay(context).name);
    const claimedUntil = now() + leaseMs;
    const pollsUntil = claimedUntil - pollTimeMs;
    return { effect, claim: randomId(), claimedUntil, ...(effect.type === 'poll' && { pollsUntil }) };
  }

  const jitter = (): number => Math.floor(random() * 1_000);

  function jobOf(
    { id: flow, state, requirement: { policy }, pushes = [] }: FlowRecord,
    pending: PendingEffect,
    vault: Vault,
  ): Job {
    const { leg, settings } = state.context;
    const approves = policy.opensMfaApi ? 'managing' : 'approving';
    return {
      ...pending,
      flow,
      vault,
      leg,
      pushes,
      way: currentWay(state.context).name,
      approval: { ...(policy.action && { action: policy.action }), mustShow: policy.phoneShows },
      purpose: settings.adds === undefined ? approves : 'adding',
    };
  }

  /** The record with the approval that its flow has just ended in, if any, and the tokens that came with it. */
  function withApproval(
    key: string,
    record: HandleRecord,
    flow: FlowRecord,
    { openVault, approvedAt }: { readonly openVault: () => Vault; readonly approvedAt: number },
  ): HandleRecord {
    if (stateName(flow.state) !== 'approved') return record;
    const { tokens } = openVault();
    const tokensUntil = flow.requirement.policy.keepTokens ? tokensEnd(flow.state, tokens) : undefined;
    const approval = createApproval({
      ...flow,
      id: randomId(),
      subject: record.subject,
      approvedAt,
      tokensUntil,
    });
    if (approval === undefined) return record;
    const approvals = [...keepUseful(record.approvals, now()), approval];
    const isKept = tokens !== undefined && tokensUntil !== undefined;
    const sealed = isKept ? [sealTokens(sealer, key, approval.id, tokens)] : [];
    return {
      ...record,
      approvals,
      tokens: keepLiving([...(record.tokens ?? []), ...sealed], approvals, now()),
    };
  }

  return {
    begin({ key, record, caller, requirement, settings, vault = {}, link, waitsUntil }) {
      const { subject, identity } = caller;
      const approvals = keepUseful(record?.approvals ?? [], now());
      const before = record?.flow;
      const isLinked = link !== undefined && before?.link?.id === link.id;
      const state = createFlow(settings);
      const flow: FlowRecord = {
        id: isLinked ? before.id : randomId(),
        startedAt: now(),
        version: (before?.version ?? 0) + 1,
        state:
          waitsUntil === undefined
            ? state
            : { ...state, context: { ...state.context, expiresAt: waitsUntil } },
        vault: sealer.seal(updateVault({}, vault), vaultOf(key)),
        identity: sealer.seal(identity, identityOf(key)),
        requirement,
        // No start for the same requirement joins a flow that ends without an approval.
        requirementHash: settings.adds === undefined ? requirementHash(requirement.policy) : 'adding',
        ...(link && { link }),
      };
      return {
        subject,
        session: isLinked && record ? record.session : caller.session,
        flow,
        approvals,
        tokens: keepLiving(record?.tokens, approvals, now()),
      };
    },

    apply(key, record, input, secrets, typed) {
      const { flow } = record;
      if (flow === undefined) return { record, accepted: false, events: [] };
      const before = vaultIn(key, flow);
      const judged = input.type === 'code.submit' ? judgeCode(input, typed?.code, before()) : input;
      const event = { ...judged, at: now(), jitterMs: jitter() };
      const { state, effect, accepted } = advanceFlow(flow.state, event);
      if (!accepted) return { record, accepted, events: [] };
      // A finished flow keeps no secret.
      const changed = isDone(state) ? {} : secrets && updateVault(before(), secrets);
      const after = changed === undefined ? before : () => changed;
      const { pending: underWay, isContested, ...rest } = flow;
      const claim = effect && claimed(effect, state);
      // A push code can be typed while a poll is under way, which goes on.
      const pending = claim ?? (isAwaited(underWay, state) ? underWay : undefined);
      const moved: FlowRecord = {
        ...rest,
        // Another browser's wish for a push belongs to the last push, not to the next.
        ...(isContested === true && effect?.type !== 'challenge' && { isContested }),
        state,
        vault: changed === undefined ? flow.vault : sealer.seal(changed, vaultOf(key)),
        ...(pending && { pending }),
        ...(claim && isPush(claim.effect) && { pushes: [...(flow.pushes ?? []), claim.claim] }),
      };
      // The time of a poll shows in no view that was told of a change.
      const isPollAlone = input.type === 'time.passed' && effect?.type === 'poll';
      const isUnchanged = isPollAlone || isSameView(render(flow, before), render(moved, after));
      const version = isUnchanged ? flow.version : flow.version + 1;
      const next = withApproval(key, record, moved, { openVault: before, approvedAt: event.at });
      return {
        accepted,
        record: { ...next, flow: { ...moved, version } },
        ...(claim && { job: jobOf(moved, claim, after()) }),
        transition: { flow: flow.id, from: stateName(flow.state), to: stateName(state) },
        events: stepEvents({
          before: flow,
          event,
          after: moved,
          granted: next === record ? undefined : next.approvals.at(-1),
        }),
      };
    },

    reclaim(key, record) {
      const { flow } = record;
      if (flow?.pending === undefined) return { record, accepted: false, events: [] };
      const pending = claimed(flow.pending.effect, flow.state);
      return {
        accepted: true,
        record: { ...record, flow: { ...flow, pending } },
        job: jobOf(flow, pending, vaultIn(key, flow)()),
        events: [],
      };
    },

    pollAgain(flow, { claim, claimedUntil, ...job }) {
      const { state, effect } = advanceFlow(flow.state, { type: 'time.passed', at: now(), jitterMs: 0 });
      if (effect?.type !== 'poll') return undefined;
      const pending = { effect, claim, claimedUntil };
      return { flow: { ...flow, state, pending }, job: { ...job, ...pending } };
    },

    keepWaiting({ pending: _ended, ...flow }, { effect: { params } }) {
      // The view no longer mentions the failed poll.
      if (flow.state.context.reason !== undefined) return undefined;
      const event = { type: 'poll.pending' as const, seq: params.seq, at: now(), jitterMs: jitter() };
      const { state, accepted } = advanceFlow(flow.state, event);
      return accepted ? { ...flow, state } : undefined;
    },

    view(key, { flow }, runs) {
      if (flow === undefined) return undefined;
      if (runs) return render(flow, vaultIn(key, flow));
      const view = render(flow, () => ({}));
      const allowedEvents = view.allowedEvents.filter((type) => type === 'flow.cancel');
      return { ...view, runsElsewhere: true, allowedEvents, authenticators: [], enrollable: [] };
    },
    departure: (key, flow) =>
      stateName(flow.state) === 'redirecting' ? vaultIn(key, flow)().departure : undefined,
    isChallenge(key, flow, authReqId) {
      const { oobCode } = vaultIn(key, flow)();
      return oobCode === undefined || isSameSecret(oobCode, authReqId);
    },
    identity: (key, { identity }) => sealer.open(identity, identityOf(key)) as Identity | undefined,
  };
}

/** Whether the flow still waits for the effect's answer. */
function isAwaited(pending: PendingEffect | undefined, state: FlowState): boolean {
  return pending !== undefined && awaitsFact(state) && pending.effect.params.seq === state.context.seq;
}

/** Whether the record holds what the step has made: its claim, its approval, or otherwise everything. */
export function isWritten(
  { job, events, record: made }: Pick<Step, 'record' | 'job' | 'events'>,
  record: HandleRecord,
): boolean {
  if (job !== undefined) return record.flow?.pending?.claim === job.claim;
  // It may have been used since.
  const grant = events.find((one) => one.type === 'approval.granted');
  if (grant !== undefined) return record.approvals.some(({ id }) => id === grant.approval);
  return JSON.stringify(record) === JSON.stringify(made);
}

/**
 * Whether a step that the user asks for does what a start does, and no other limit counts it: the flow begins again,
 * or adds a factor that sends no message.
 */
export function countsAsStart({ type }: StepUpRequest, { record: { flow }, job }: Step): boolean {
  // A password continues what has begun, and a wrong one has its own limit.
  if (flow !== undefined && stateName(flow.state) === 'authenticating') return type !== 'password.submit';
  return job?.effect.type === 'enroll' && !isAddressed(job.effect.params.factor);
}
