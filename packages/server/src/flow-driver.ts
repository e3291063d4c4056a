import {
  type Addition,
  type EffectResult,
  type FlowSettings,
  type FlowView,
  type Inputs,
  type StepUpRequest,
  splitRequest,
  type Vault,
} from '@stepgate/core';
import { isAsApproved } from './addition.ts';
import { keepMs } from './approval.ts';
import type { Audit } from './audit.ts';
import { createEffectPerformer, type EffectPerformerOptions, whileClaimed } from './effect-performer.ts';
import { inProgress, notFound, otherAddress, refusalOf, stale, startedElsewhere } from './flow-errors.ts';
import {
  countsAsStart,
  isLive,
  isWritten,
  joins,
  lossOf,
  nextDue,
  nextPoll,
  withoutPending,
} from './flow-rules.ts';
import type { FlowSteps, Job, Step } from './flow-steps.ts';
import type { FlowTarget } from './flow-target.ts';
import type { HeldHandle } from './handle.ts';
import type { Asker } from './host-request.ts';
import type { Locks } from './lock.ts';
import type { ParsedPolicy } from './policy.ts';
import { RECONSIDER_MS } from './poll-traffic.ts';
import { type Change, type FlowRecord, type HandleRecord, RECORD_SLACK_MS } from './record.ts';
import { listenFor } from './record-change.ts';
import { mustFit, mustHaveRoom } from './record-size.ts';
import { type Requirement, requirementExpired, requirementHash } from './requirement.ts';
import { tellPassage, traceEffect } from './signals.ts';
import type { Store } from './store.ts';
import type { TenantBudget } from './tenant-budget.ts';

/** Runs flows: commits first, then acts, then commits what came of it. Keeps nothing in memory between requests. */
export interface FlowDriver<Native> {
  /**
   * Starts a flow for the requirement, or joins the one that is under way for it. An `mfa_token` that the client has
   * got by itself goes before the app's own first legs.
   */
  start(
    target: FlowTarget<Native>,
    requirement: Requirement,
    inputs: Pick<Inputs, 'mfaToken'> & Pick<HeldHandle, 'isTravelling'>,
  ): Promise<{ view: FlowView; isJoined: boolean }>;
  /** Starts a flow that adds a factor with an access token for the MFA API, in place of one that is over. */
  add(target: FlowTarget<Native>, addition: FlowAddition): Promise<FlowView>;
  /** Puts a user's request to the flow. `version`: that of the view the user saw. */
  request(target: FlowTarget<Native>, request: StepUpRequest, version: number | undefined): Promise<FlowView>;
  /** The view now, after what is due was given a moment to happen. */
  read(target: FlowTarget<Native>): Promise<FlowView | undefined>;
  /** The view as soon as its version differs, or as it is at `until`. Drives the flow meanwhile. */
  watch(
    target: FlowTarget<Native>,
    options: { readonly version: number; readonly until: number; readonly signal: AbortSignal },
  ): Promise<FlowView | undefined>;
  /** Resolves when no effect is at work in this process any more. */
  idle(): Promise<void>;
}

/** A factor to be added, by an approval of this policy, and the secrets that the flow begins with. */
export interface FlowAddition {
  readonly policy: ParsedPolicy;
  readonly adds: Addition;
  readonly vault: Vault;
}

/** What a driver is made of. */
export interface FlowDriverOptions<Native> extends EffectPerformerOptions<Native> {
  /** Where the endpoints are, for the words of refusals. */
  readonly basePath: string;
  readonly store: Store;
  /** See `Capacity`. */
  readonly recordBytes: number;
  readonly steps: FlowSteps;
  readonly locks: Locks;
  readonly budget: TenantBudget;
  readonly random: () => number;
  readonly audit: Audit<Native>;
  readonly settings: Omit<FlowSettings, 'factors' | 'firstLegs' | 'pollSchedule'>;
  /** From then on this process takes nothing up any more that another one can do. */
  readonly closing: AbortSignal;
}

/** How a start ended: a flow of its own with something to do, or one that was there. */
interface Beginning {
  readonly isJoined: boolean;
  readonly job?: Job | undefined;
}

/** What a user's request has come to: a step that was taken, or one that is to be counted first. */
interface Taken extends Beginning {
  /** Of the flow, when it does in that step what a start does. */
  readonly uncounted?: Requirement;
}

/** What was found to be due: nothing, a poll that has no turn yet, or a step that was taken, with an effect or without. */
interface Move {
  readonly found: 'nothing' | 'poll' | 'step';
  readonly job?: Job | undefined;
}

const START_LOCK_MS = 10_000;
/** How long a handle may be on its way to its browser. */
const TRAVEL_MS = 2_000;
/** How long an answer waits for what the request has set going. */
const PATIENCE_MS = 5_000;
/** How often a watcher reads again when the store cannot call. */
const REREAD_MS = 1_000;

const startLock = (session: string): string => `start:${session}`;

/** Makes the driver. */
export function createFlowDriver<Native>(options: FlowDriverOptions<Native>): FlowDriver<Native> {
  const { basePath, store, records, subjects, steps, locks, admission, firstLeg } = options;
  const { recordBytes, audit, budget, clock, closing, onError } = options;
  const performer = createEffectPerformer(options);
  const advancing = new Map<string, Promise<void>>();
  const running = new Map<string, { readonly claim: string; readonly controller: AbortController }>();

  const stamp = (): { at: number; jitterMs: number } => ({
    at: clock.now(),
    jitterMs: Math.floor(options.random() * 1_000),
  });

  function viewOf(key: string, record: HandleRecord): FlowView {
    const view = steps.view(key, record);
    if (view === undefined) throw notFound(basePath);
    return view;
  }

  /** The record, if there is one and it is the asker's. */
  function owned(record: HandleRecord | undefined, { session }: Asker): HandleRecord | undefined {
    return record?.session === session ? record : undefined;
  }

  /** What is told of a step, once it is written. */
  function telling(
    target: FlowTarget<Native>,
    { occurrences, passage }: Step,
  ): Pick<Change<never>, 'afterwards'> {
    return {
      afterwards() {
        if (passage) tellPassage(passage);
        for (const occurrence of occurrences) audit.tell(target, occurrence);
      },
    };
  }

  /** Does one effect and commits what came of it; answers with the next. */
  async function complete(target: FlowTarget<Native>, job: Job, inputs: Inputs): Promise<Job | undefined> {
    const { key } = target;
    const controller = new AbortController();
    const { signal } = controller;
    running.set(key, { claim: job.claim, controller });
    try {
      const result = await traceEffect(job, () => performer.perform(target, job, inputs, signal));
      return result && (await whileClaimed(clock, job, signal, settlement(target, job, result)));
    } finally {
      if (running.get(key)?.claim === job.claim) running.delete(key);
    }
  }

  /** Runs effects one after the other, each committed before it starts and after it ends. */
  async function run(target: FlowTarget<Native>, first: Job, inputs: Inputs): Promise<void> {
    let job: Job | undefined = first;
    let typed = inputs;
    while (job !== undefined) {
      if (closing.aborted && lossOf(job.effect) === undefined) return handOver(target.key, job);
      job = await complete(target, job, typed);
      typed = {};
    }
    await release(target);
  }

  /** Gives a claim back, for any other process to take up at once. */
  async function handOver(key: string, { claim }: Job): Promise<void> {
    await records
      .update<void>(key, (record) => {
        const flow = record?.flow;
        if (record === undefined || flow?.pending?.claim !== claim) return { result: undefined };
        const pending = { ...flow.pending, claimedUntil: clock.now() };
        return { record: { ...record, flow: { ...flow, pending } }, result: undefined };
      })
      .catch(onError);
  }

  /** What is not released ends by itself: nobody's request fails for it. */
  function release(target: FlowTarget<Native>): Promise<void> {
    return admission.release(target).catch(onError);
  }

  /** The commit of an effect's answer, which can be tried as often as it takes. */
  function settlement(
    target: FlowTarget<Native>,
    { claim, effect }: Job,
    { fact, secrets }: EffectResult,
  ): () => Promise<Job | undefined> {
    const { key } = target;
    let tried: Step | undefined;
    return () =>
      records.update<Job | undefined>(key, (record) => {
        const pending = record?.flow?.pending;
        // Written after all, by a try whose answer was lost.
        if (record !== undefined && tried !== undefined && isWritten(tried, record)) {
          return { result: tried.job, ...telling(target, tried) };
        }
        // Somebody has moved the flow on meanwhile: this answer is late.
        if (record === undefined || pending?.claim !== claim) return { result: undefined };
        const step = steps.apply(key, record, { ...fact, seq: effect.params.seq, ...stamp() }, secrets);
        tried = step;
        return {
          record: step.accepted ? step.record : withoutPending(record),
          result: step.job,
          ...telling(target, step),
        };
      });
  }

  /** Does what is due, until nothing is: takes over from a dead process, or lets the time pass. */
  async function advance(target: FlowTarget<Native>): Promise<void> {
    for (let mayPoll = false; !closing.aborted; ) {
      const { found, job } = await move(target, mayPoll);
      if (found === 'nothing') return;
      if (found === 'poll') {
        mayPoll = await budget.takePoll(target.key);
        if (!mayPoll) return;
        continue;
      }
      mayPoll = false;
      if (job === undefined) await release(target);
      else await run(target, job, {});
    }
  }

  /** Takes the step that is due; a poll only with a turn for it. */
  function move(target: FlowTarget<Native>, mayPoll: boolean): Promise<Move> {
    const { key } = target;
    return records.update<Move>(key, (record) => {
      const step = record && due(key, record);
      if (step === undefined || !step.accepted) return { result: { found: 'nothing' } };
      if (step.job?.effect.type === 'poll' && !mayPoll) return { result: { found: 'poll' } };
      return {
        record: step.record,
        result: { found: 'step', job: step.job },
        ...telling(target, step),
      };
    });
  }

  /** When something is next to be done, at the pace that the budget allows. */
  function dueTime(key: string, flow: FlowRecord): number {
    const poll = nextPoll(flow);
    return poll === undefined ? nextDue(flow) : budget.pollDueAt(key, poll);
  }

  function due(key: string, record: HandleRecord): ReturnType<FlowSteps['apply']> | undefined {
    const { flow } = record;
    if (flow === undefined || dueTime(key, flow) > clock.now()) return undefined;
    if (flow.pending === undefined) return steps.apply(key, record, { type: 'time.passed', ...stamp() });
    const { effect } = flow.pending;
    const lost = lossOf(effect);
    if (lost === undefined) return steps.reclaim(key, record);
    return steps.apply(key, record, {
      type: 'effect.failed',
      code: lost,
      seq: effect.params.seq,
      ...stamp(),
    });
  }

  /** Lets only one of this process's requests drive a flow; the others wait for it. */
  function drive(target: FlowTarget<Native>, work: () => Promise<void>): Promise<void> {
    const before = advancing.get(target.key) ?? Promise.resolve();
    // What failed before is no reason to leave undone what was committed since.
    const settled = before.catch(() => {});
    const after = settled.then(work).finally(() => {
      if (advancing.get(target.key) === after) advancing.delete(target.key);
    });
    // Whoever waits hears of the failure; nobody else must.
    after.catch(() => {});
    advancing.set(target.key, after);
    return after;
  }

  /** Waits for the work, but not for long: it goes on without the request. */
  async function patiently(work: Promise<void>): Promise<void> {
    let timer: unknown;
    const timeout = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, PATIENCE_MS);
    });
    await Promise.race([work, timeout]).finally(() => clock.clearTimeout(timer));
  }

  /** Puts a flow that has just begun in place of one that is over. */
  function begin(
    { key, asker }: FlowTarget<Native>,
    record: HandleRecord | undefined,
    flow: {
      readonly requirement: Requirement;
      readonly settings: Pick<FlowSettings, 'firstLegs' | 'adds'>;
      readonly vault?: Vault;
    },
  ): Step {
    if (record?.flow !== undefined && isLive(record.flow, clock.now())) throw inProgress(basePath);
    const settings = {
      ...options.settings,
      pollSchedule: options.eagerness.schedule(),
      ...settingsOf(flow.requirement.policy),
      ...flow.settings,
    };
    const begun = steps.begin({ key, record, ...asker, ...flow, settings });
    const started = steps.apply(key, begun, { type: 'flow.start', ...stamp() });
    mustHaveRoom(started.record, recordBytes, clock.now());
    return started;
  }

  /** Lets a session start only one flow at a time, which is over when the browser knows the handle. */
  async function exclusively<T>(
    { key, asker }: FlowTarget<Native>,
    work: () => Promise<T>,
    { isTravelling }: Pick<HeldHandle, 'isTravelling'> = { isTravelling: false },
  ): Promise<T> {
    const lock = startLock(asker.session);
    const other = await locks.acquire(lock, key, clock.now() + START_LOCK_MS);
    if (other !== undefined) throw startedElsewhere();
    let isHandedOut = false;
    try {
      const result = await work();
      isHandedOut = isTravelling;
      return result;
    } finally {
      // It ends by itself too: what was begun is not taken from its browser for it.
      const left = isHandedOut ? locks.acquire(lock, key, clock.now() + TRAVEL_MS) : locks.release(lock, key);
      await left.catch(onError);
    }
  }

  /** Counts a start, or what does the same, and takes that back when none came of it. */
  async function counted(
    target: FlowTarget<Native>,
    requirement: Requirement,
    start: () => Promise<Beginning>,
  ): Promise<Beginning> {
    const takeBack = await admission.admitStart(target);
    try {
      const beginning = await entered(target, requirement, start);
      if (beginning.isJoined) await takeBack().catch(onError);
      return beginning;
    } catch (error) {
      await takeBack().catch(onError);
      throw error;
    }
  }

  async function beginOrJoin(
    target: FlowTarget<Native>,
    requirement: Requirement,
    { mfaToken }: Pick<Inputs, 'mfaToken'>,
  ): Promise<Beginning> {
    const { key, asker } = target;
    const now = clock.now();
    const hash = requirementHash(requirement.policy);
    const isUnderWay = (record: HandleRecord | undefined): boolean =>
      record !== undefined && joins(record, hash, requirement, now);
    const place = (): Promise<Beginning> =>
      records.update<Beginning>(key, (stored) => {
        const record = owned(stored, asker);
        if (isUnderWay(record)) return { result: { isJoined: true } };
        const own = mfaToken === undefined ? [] : (['mfa-token'] as const);
        const begun = begin(target, record, {
          requirement,
          settings: { firstLegs: [...own, ...firstLeg.methods] },
        });
        return {
          record: begun.record,
          result: { job: begun.job, isJoined: false },
          ...telling(target, begun),
        };
      });
    const before = owned((await records.read(key)).record, asker);
    if (isUnderWay(before)) return { isJoined: true };
    if (before?.flow !== undefined && isLive(before.flow, now)) throw inProgress(basePath);
    return counted(target, requirement, place);
  }

  /** Lets a revocation of the subject find what begins here, whichever of the two comes first. */
  async function entered(
    { key, asker }: FlowTarget<Native>,
    { policy, issuedAt }: Requirement,
    start: () => Promise<Beginning>,
  ): Promise<Beginning> {
    const since = clock.now();
    const flow = { session: asker.session, since, until: since + options.settings.flowTtlMs };
    const until = flow.until + keepMs(policy) + RECORD_SLACK_MS;
    const revokedAt = await subjects.enter(asker.subject, { key, until, issuedAt, flow });
    if (issuedAt <= revokedAt) throw requirementExpired();
    const beginning = await start();
    if ((await subjects.revokedAt(asker.subject)) === revokedAt) return beginning;
    await records.delete(key);
    throw requirementExpired();
  }

  /** Takes the step that a user asks for; one that does what a start does only when it is counted as one. */
  function take(
    target: FlowTarget<Native>,
    request: StepUpRequest,
    version: number | undefined,
    isCounted: boolean,
  ): Promise<Taken> {
    const { key, asker } = target;
    const { event, secrets } = splitRequest(request);
    return records.update<Taken>(key, (found) => {
      const record = owned(found, asker);
      if (record?.flow === undefined) throw notFound(basePath);
      if (version !== undefined && record.flow.version !== version) throw stale();
      if (!isAsApproved(record.flow, request)) throw otherAddress();
      const step = steps.apply(key, record, { ...event, ...stamp() }, secrets);
      if (!step.accepted) throw refusalOf(request, viewOf(key, record), clock.now());
      if (secrets !== undefined) mustFit(step.record, recordBytes, clock.now());
      if (!isCounted && countsAsStart(request, step)) {
        return { result: { isJoined: false, uncounted: record.flow.requirement } };
      }
      return { record: step.record, result: { isJoined: false, job: step.job }, ...telling(target, step) };
    });
  }

  async function afterwards(
    target: FlowTarget<Native>,
    job: Job | undefined,
    inputs: Inputs,
  ): Promise<FlowView> {
    await patiently(job === undefined ? release(target) : drive(target, () => run(target, job, inputs)));
    const { record } = await records.read(target.key);
    if (record === undefined) throw notFound(basePath);
    return viewOf(target.key, record);
  }

  return {
    start: (target, requirement, { isTravelling, ...inputs }) =>
      exclusively(
        target,
        async () => {
          const { job, isJoined } = await beginOrJoin(target, requirement, inputs);
          if (isJoined) await patiently(drive(target, () => advance(target)));
          return { view: await afterwards(target, job, inputs), isJoined };
        },
        { isTravelling },
      ),

    add: (target, { policy, adds, vault }) =>
      exclusively(target, async () => {
        const requirement = { policy, issuedAt: clock.now(), expiresAt: adds.tokenExpiresAt };
        const { job } = await counted(target, requirement, () =>
          records.update<Beginning>(target.key, (stored) => {
            const record = owned(stored, target.asker);
            // It held the approval a moment ago: somebody has revoked it.
            if (record === undefined) throw notFound(basePath);
            const begun = begin(target, record, {
              requirement,
              settings: { firstLegs: ['access-token'], adds },
              vault,
            });
            return {
              record: begun.record,
              result: { job: begun.job, isJoined: false },
              ...telling(target, begun),
            };
          }),
        );
        return afterwards(target, job, {});
      }),

    async request(target, request, version) {
      const { key } = target;
      const { inputs } = splitRequest(request);
      const { uncounted, ...taken } = await take(target, request, version, false);
      const { job } = uncounted
        ? await counted(target, uncounted, () => take(target, request, version, true))
        : taken;
      const before = running.get(key);
      if (before !== undefined && before.claim !== job?.claim) before.controller.abort();
      return afterwards(target, job, inputs);
    },

    async read(target) {
      const { record } = await records.read(target.key);
      const flow = owned(record, target.asker)?.flow;
      if (record === undefined || flow === undefined) return undefined;
      if (dueTime(target.key, flow) > clock.now()) return viewOf(target.key, record);
      await patiently(drive(target, () => advance(target)));
      const { record: after } = await records.read(target.key);
      return after && steps.view(target.key, after);
    },

    async idle() {
      await Promise.allSettled(advancing.values());
    },

    async watch(target, { version, until, signal }) {
      for (;;) {
        const change = listenFor(store, target.key);
        try {
          const { record } = await records.read(target.key);
          const flow = owned(record, target.asker)?.flow;
          if (record === undefined || flow === undefined) return undefined;
          const now = clock.now();
          if (flow.version !== version || now >= until || signal.aborted) return viewOf(target.key, record);
          const dueAt = dueTime(target.key, flow);
          if (dueAt <= now && !advancing.has(target.key)) {
            drive(target, () => advance(target)).catch(onError);
          }
          const againAt = dueAt > now ? dueAt : now + REREAD_MS;
          const wakeAt = Math.min(until, againAt, nextPoll(flow) ? now + RECONSIDER_MS : againAt);
          await change.until(store.subscribe ? wakeAt : Math.min(wakeAt, now + REREAD_MS), clock, signal);
        } finally {
          change.stop();
        }
      }
    },
  };
}

/** What a policy asks of a flow. One that wants an old authenticator is not served by adding another. */
function settingsOf({
  factors,
  minAuthenticatorAgeSeconds,
}: ParsedPolicy): Pick<FlowSettings, 'factors'> & Partial<FlowSettings> {
  if (minAuthenticatorAgeSeconds === 0) return { factors };
  return { factors, enroll: 'refuse', minAuthenticatorAgeMs: minAuthenticatorAgeSeconds * 1_000 };
}
