import { type FlowView, type Inputs, isStepUpError, type StepUpRequest, splitRequest } from '@stepgate/core';
import type { Requirement } from '../policy/requirement.ts';
import type { PingedChallenge } from '../provider/notification-token.ts';
import type { FlowRecord, HandleRecord } from '../records/handle-record.ts';
import { mustFit } from '../records/record-size.ts';
import type { HeldHandle } from '../request/handle-cookie.ts';
import type { WhenGone } from '../request/host-request.ts';
import { noLinks, notFound, onlyWaits, otherAddress, refusalOf, stale } from './errors.ts';
import { isAsApproved } from './factor-to-add.ts';
import { type FlowParts, type FlowTarget, type LinkedTarget, telling } from './parts.ts';
import { createFlowReturns, type FlowReturns } from './returns.ts';
import { awaitsCode, awaitsLock, ownedBy, runs } from './rules.ts';
import { createFlowRunner } from './runner.ts';
import { type Beginning, createFlowStarts, type FactorToAdd } from './starts.ts';
import type { Job } from './steps.ts';
import { countsAsStart } from './steps.ts';
import { createFlowWatch, type WatchFlow } from './watch.ts';

/** Runs flows: commits first, then acts, then commits the result. Keeps nothing in memory between requests. */
export interface FlowDriver {
  /**
   * Starts a flow for the requirement, or joins the one under way for it. An `mfa_token` that the client obtained
   * itself takes precedence over the app's own first legs.
   */
  start(
    target: FlowTarget,
    requirement: Requirement,
    inputs: Pick<Inputs, 'mfaToken'> & Pick<HeldHandle, 'isTravelling'>,
  ): Promise<{ view: FlowView; isJoined: boolean }>;
  /**
   * Has the flow wait for another login of the subject, which opens the link. Joins one that waits already. Resolves to
   * the link's path below the page.
   *
   * @throws StepUpError `invalid_request` (400) if the policy does not allow it.
   */
  offer(
    target: FlowTarget,
    requirement: Requirement,
    options: Pick<HeldHandle, 'isTravelling'>,
  ): Promise<{ readonly path: string; readonly expiresAt: number }>;
  /**
   * Starts the flow that a link leads to, or joins it in the browser that has started it.
   *
   * @throws StepUpError `requirement_invalid` or `requirement_expired` (400).
   */
  open(
    target: LinkedTarget,
    inputs: Pick<Inputs, 'mfaToken'> & Pick<HeldHandle, 'isTravelling'>,
  ): Promise<{ view: FlowView; isJoined: boolean }>;
  /** Starts a flow that adds a factor with an access token for the MFA API. It replaces a finished flow. */
  add(target: FlowTarget, addition: FactorToAdd): Promise<FlowView>;
  /** Applies a user's request to the flow. `version`: that of the view the user saw. */
  request(target: FlowTarget, request: StepUpRequest, version: number | undefined): Promise<FlowView>;
  /** Takes a return from the provider's page, and answers where the browser goes. */
  readonly comeBack: FlowReturns['take'];
  /**
   * The provider says that the user has answered a challenge: makes its next poll due, and nothing else. Concludes nothing
   * from it. `false` when the challenge has another name; a challenge that is over is no longer compared.
   */
  ping(challenge: PingedChallenge, authReqId: string): Promise<boolean>;
  /** The view now, after due work was given a moment. */
  read(target: FlowTarget): Promise<FlowView | undefined>;
  /** The view as soon as its version differs, or as it is at `until`. Drives the flow meanwhile. */
  watch(
    target: FlowTarget,
    options: { readonly version: number; readonly until: number; readonly whenGone: WhenGone },
  ): Promise<FlowView | undefined>;
  /** The same for long watches, without a promise to hold. */
  follow: WatchFlow;
  /** Resolves when no effect runs in this process any more. */
  idle(): Promise<void>;
}

/** The result of a user's request: a step that was taken, or one that must be counted first. */
interface Taken {
  readonly job?: Job | undefined;
  /** The claim of the effect that the flow waits for now. */
  readonly claim?: string | undefined;
  /** Whether the step has compared a push code, and the code was right. */
  readonly isCodeRight?: boolean | undefined;
  /** What the step has to be counted as before it is taken: a start of the flow as it would be, or a push code. */
  readonly uncounted?: FlowRecord | 'push-code' | undefined;
}

/** Creates the driver. */
export function createFlowDriver(parts: FlowParts): FlowDriver {
  const { basePath, steps, capacity, admission, links } = parts;
  const { records } = parts.state;
  const { audit, clock, onError } = parts.runtime;
  const runner = createFlowRunner(parts);
  const starts = createFlowStarts(parts);
  const returns = createFlowReturns(parts, runner);
  const follow = createFlowWatch({ ...parts, runner, viewOf });

  function viewOf(target: FlowTarget, record: HandleRecord): FlowView {
    const { key } = target;
    const isRunning = record.flow !== undefined && runs(target, record.flow);
    const view = steps.view(key, runner.waits.current(key, record), isRunning);
    if (view === undefined) throw notFound(basePath);
    return view;
  }

  /** Takes the step that a user requests, unless it has to be counted first. */
  function take(
    target: FlowTarget,
    request: StepUpRequest,
    { version, isCounted }: { readonly version: number | undefined; readonly isCounted: boolean },
  ): Promise<Taken> {
    const { key } = target;
    const { event, inputs, secrets } = splitRequest(request);
    return records.update<Taken>(key, (found) => {
      const record = ownedBy(target, found);
      if (record?.flow === undefined) throw notFound(basePath);
      if (!runs(target, record.flow) && request.type !== 'flow.cancel') throw onlyWaits();
      if (version !== undefined && record.flow.version !== version) throw stale();
      if (!isAsApproved(record.flow, request)) throw otherAddress();
      // A push code is typed while a poll is under way, here or in another process, which goes on.
      const known =
        request.type === 'code.submit' ? runner.waits.ahead(key, record) : runner.waits.current(key, record);
      const comparesCode =
        request.type === 'code.submit' && known.flow !== undefined && awaitsCode(known.flow);
      // Decided by the record that the step is taken on: an earlier look may not know yet that a code is awaited.
      if (comparesCode && !isCounted) return { result: { uncounted: 'push-code' } };
      const step = steps.apply(key, known, event, secrets, inputs);
      if (!step.accepted) throw refusalOf(request, viewOf(target, record), clock.now());
      if (secrets !== undefined) mustFit(step.record, capacity.recordBytes, clock.now());
      if (!isCounted && countsAsStart(request, step)) {
        return { result: { uncounted: step.record.flow } };
      }
      const { pending, state } = step.record.flow ?? {};
      const isCodeRight = comparesCode ? state?.context.isCodeEntered : undefined;
      const result = { job: step.job, claim: pending?.claim, isCodeRight };
      return { record: step.record, result, ...telling(audit, target, step) };
    });
  }

  /** Takes the step, which compares a push code. So it is counted before, and taken back where that was no wrong one. */
  async function takeCode(
    target: FlowTarget,
    request: StepUpRequest,
    version: number | undefined,
  ): Promise<Taken> {
    const takeBack = await admission.admitPushCode(target);
    const taken = await take(target, request, { version, isCounted: true }).catch(async (error: unknown) => {
      // When the store did not answer, nobody knows whether it was compared.
      if (!isStepUpError(error, 'store_unavailable')) await takeBack().catch(onError);
      throw error;
    });
    if (taken.isCodeRight !== false) await takeBack().catch(onError);
    return taken;
  }

  /** Takes the step, once it is counted. */
  async function takeCounted(
    target: FlowTarget,
    request: StepUpRequest,
    version: number | undefined,
  ): Promise<Taken> {
    const taken = await take(target, request, { version, isCounted: false });
    const { uncounted } = taken;
    if (uncounted === undefined) return taken;
    if (uncounted === 'push-code') return takeCode(target, request, version);
    return starts.counted(
      target,
      uncounted.requirement,
      () => take(target, request, { version, isCounted: true }),
      uncounted.state.context.expiresAt,
    );
  }

  async function afterwards(target: FlowTarget, job: Job | undefined, inputs: Inputs): Promise<FlowView> {
    await runner.run(target, job, inputs);
    const { record } = await records.read(target.key);
    if (record === undefined) throw notFound(basePath);
    return viewOf(target, record);
  }

  /** The flow has begun, whatever fails from here on: its browser must get the handle, and its approval is used. */
  function begunView(target: FlowTarget, { job, record }: Beginning, inputs: Inputs): Promise<FlowView> {
    return afterwards(target, job, inputs).catch((error: unknown) => {
      onError(error);
      return viewOf(target, record);
    });
  }

  /** Starts with `begin`, or joins what is under way. */
  function startWith(
    target: FlowTarget,
    { isTravelling, ...inputs }: Pick<Inputs, 'mfaToken'> & Pick<HeldHandle, 'isTravelling'>,
    begin: () => Promise<Beginning | undefined>,
  ): Promise<{ view: FlowView; isJoined: boolean }> {
    return starts.exclusively(
      target,
      async () => {
        const begun = await begin();
        if (begun !== undefined) return { view: await begunView(target, begun, inputs), isJoined: false };
        const { record } = await records.read(target.key);
        if (record?.flow && runs(target, record.flow)) await runner.catchUp(target);
        return { view: await afterwards(target, undefined, inputs), isJoined: true };
      },
      { isTravelling },
    );
  }

  return {
    start: (target, requirement, inputs) =>
      startWith(target, inputs, () => starts.begin(target, requirement, inputs)),

    open: (target, inputs) => startWith(target, inputs, () => starts.open(target, inputs)),

    offer: (target, { policy, issuedAt, expiresAt }, handle) =>
      starts.exclusively(
        target,
        async () => {
          if (!policy.allowOtherLogin) throw noLinks();
          // The ways back are of the login that asks.
          await starts.beginLinked(target, { policy, issuedAt, expiresAt }, { id: parts.randomId() });
          const { record } = await records.read(target.key);
          const flow = ownedBy(target, record)?.flow;
          if (flow?.link === undefined) throw notFound(basePath);
          const { key, caller } = target;
          const sealed = links.seal(caller.subject, { key, session: caller.session, id: flow.link.id });
          return { path: `/links/${sealed}`, expiresAt: flow.state.context.expiresAt };
        },
        handle,
      ),

    add: (target, addition) =>
      starts.exclusively(target, async () =>
        begunView(target, await starts.beginAddition(target, addition), {}),
      ),

    async request(target, request, version) {
      const { inputs } = splitRequest(request);
      const { job, claim } = await takeCounted(target, request, version);
      runner.breakOff(target.key, claim);
      return afterwards(target, job, inputs);
    },

    comeBack: (target, returned) => returns.take(target, returned),
    async ping({ key, push }, authReqId) {
      const isOfChallenge = await records.update<boolean>(key, (record) => {
        const { flow } = record ?? {};
        if (record === undefined || flow?.pushes?.at(-1) !== push) return { result: true };
        if (!steps.isChallenge(key, flow, authReqId)) return { result: false };
        // On what is stored: a poll under way goes on, here or in another process, which hears of it.
        const step = steps.apply(key, record, { type: 'ping.received' });
        return { ...(step.accepted && { record: step.record }), result: true };
      });
      runner.waits.look(key);
      return isOfChallenge;
    },

    async read(target) {
      const { record } = await records.read(target.key);
      const flow = ownedBy(target, record)?.flow;
      if (record === undefined || flow === undefined) return undefined;
      if (!runs(target, flow)) return viewOf(target, record);
      if (awaitsLock(flow, clock.now())) await runner.awaitLock(target);
      else if (runner.dueTime(target.key, flow) > clock.now()) return viewOf(target, record);
      else await runner.catchUp(target);
      const { record: after } = await records.read(target.key);
      return after?.flow && viewOf(target, after);
    },

    idle: () => runner.idle(),

    follow,

    watch: (target, { whenGone, ...wanted }) =>
      new Promise((seen, failed) => {
        const { hurry } = follow(target, wanted, { seen, failed });
        whenGone(hurry);
      }),
  };
}
