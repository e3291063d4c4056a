import { type EffectResult, type Inputs, LAST_POLL_LEAD_MS } from '@stepgate/core';
import { traceEffect } from '../events/signals.ts';
import { createTurns } from '../lib/turns.ts';
import { waitAtMost } from '../lib/wait-at-most.ts';
import { createWorkQueue } from '../lib/work-queue.ts';
import type { FlowRecord, HandleRecord } from '../records/handle-record.ts';
import type { Change } from '../records/records.ts';
import { createEffectPerformer, whileClaimed } from './effect-performer.ts';
import { type FlowParts, type FlowTarget, telling } from './parts.ts';
import { awaitsLock, awaitsPush, endOfWait, lossOf, nextDue, nextPoll, withoutPending } from './rules.ts';
import type { Job, Step } from './steps.ts';
import { isWritten } from './steps.ts';
import { createWaits, RETRY_MS, type Wait, type Waits } from './waits.ts';

/** Drives flows on from what is committed: each effect is claimed before it starts, and its result committed. */
export interface FlowRunner {
  /**
   * Runs the effect that a step has claimed, and what follows from it. Waits for it, but not for long: it continues
   * without the request.
   */
  run(target: FlowTarget, job: Job | undefined, inputs: Inputs): Promise<void>;
  /** Does what is due: takes over from a dead process, or lets the time pass. Waits for it as `run` does. */
  catchUp(target: FlowTarget): Promise<void>;
  /** Starts what is due without waiting, unless this process is at it. */
  nudge(target: FlowTarget): void;
  /** Lets a flow that was refused for another's push try again as soon as that one no longer waits for an answer. */
  awaitLock(target: FlowTarget): Promise<void>;
  /** Aborts what runs, or waits to run, for a flow, except for this claim: the flow no longer wants it. */
  breakOff(key: string, claim: string | undefined): void;
  /** When something is next to be done, at the pace that the budget allows. */
  dueTime(key: string, flow: FlowRecord): number;
  /** Whether this process polls for the flow by itself, for as long as somebody watches here. */
  holds(key: string, flow: FlowRecord): boolean;
  /** The flows that this process polls for by itself. */
  readonly waits: Pick<Waits, 'ahead' | 'current' | 'get' | 'isOwnClaim' | 'look' | 'watch'>;
  /** Resolves when no effect runs in this process any more. */
  idle(): Promise<void>;
}

/** What a step leaves: an effect to run, or a flow at rest. Neither if another process has moved it on. */
interface Left {
  readonly job?: Job | undefined;
  readonly flow?: FlowRecord | undefined;
}

/** What was due: nothing, the poll of a flow that has no turn yet, or a step that was taken. */
type Move =
  | { readonly found: 'nothing' }
  | { readonly found: 'poll'; readonly flow: FlowRecord }
  | (Left & { readonly found: 'step' });

/** How long a response waits for what the request has started. */
const PATIENCE_MS = 5_000;

/** Creates the runner. */
export function createFlowRunner(parts: FlowParts): FlowRunner {
  const { steps, admission } = parts;
  const { budget } = parts.connection;
  const { records } = parts.state;
  const { audit, clock, closing, onError } = parts.runtime;
  const performer = createEffectPerformer(parts, checkHolder);
  const pollLane = createWorkQueue(parts.capacity.pollsPerProcess, clock);
  // Only one of this process's requests drives a flow.
  const turns = createTurns();
  const inLine = new Map<string, AbortController>();
  const locking = new Map<string, Promise<void>>();
  const running = new Map<string, { readonly claim: string; readonly controller: AbortController }>();
  const waits = createWaits({ ...parts.runtime, records, steps, due, poll: goOnPolling });
  closing.addEventListener('abort', () => {
    for (const key of waits.keys()) void turns.take(key, () => waits.letGo(key));
  });

  /** Runs one effect and commits its result. */
  async function complete(target: FlowTarget, job: Job, inputs: Inputs): Promise<Left> {
    const { key } = target;
    const controller = new AbortController();
    const { signal } = controller;
    running.set(key, { claim: job.claim, controller });
    try {
      const result = await traceEffect(job, () => performer.perform(target, job, inputs, signal));
      const waiting = result && waits.goOn(job, target.key, result);
      if (waiting !== undefined) return { flow: waiting };
      const left = result && (await whileClaimed(clock, job, signal, settlement(target, job, result)));
      waits.forget(key);
      return left ?? {};
    } catch (error) {
      waits.forget(key);
      throw error;
    } finally {
      if (running.get(key)?.claim === job.claim) running.delete(key);
    }
  }

  /**
   * Runs effects one after the other. Each is committed before it starts and after it ends. Resolves to the flow when
   * it is at rest.
   */
  async function run(target: FlowTarget, first: Left, inputs: Inputs): Promise<FlowRecord | undefined> {
    let left = first;
    let typed = inputs;
    while (left.job !== undefined) {
      const { job } = left;
      if (closing.aborted && lossOf(job.effect) === undefined) {
        await handOver(target.key, job);
        return undefined;
      }
      left = await complete(target, job, typed);
      typed = {};
    }
    const { flow } = left;
    if (flow === undefined || !awaitsPush(flow)) await release(target);
    return flow;
  }

  /** Gives a claim back, so that any other process can take it at once. */
  async function handOver(key: string, { claim }: Job): Promise<void> {
    await records
      .update<void>(key, (record) => {
        const flow = record?.flow;
        if (record === undefined || flow?.pending?.claim !== claim) return { result: undefined };
        const { pollsUntil: _none, ...claimed } = flow.pending;
        const pending = { ...claimed, claimedUntil: clock.now() };
        return { record: { ...record, flow: { ...flow, pending } }, result: undefined };
      })
      .catch(onError);
  }

  /** A lock that is not released expires, so a failure here fails no request. */
  function release(target: FlowTarget): Promise<void> {
    return admission.release(target).catch(onError);
  }

  /** The commit of an effect's result, which can be tried as often as needed. */
  function settlement(
    target: FlowTarget,
    { claim, effect }: Job,
    { fact, secrets }: EffectResult,
  ): () => Promise<Left> {
    const { key } = target;
    const tries: Step[] = [];
    return () =>
      records.updateSeen<Left>(key, (record) => {
        if (record === undefined) return { result: {} };
        // An earlier try has written it, and its answer was lost.
        const written = tries.find((step) => isWritten(step, record));
        if (written !== undefined) return { result: leftBy(written), ...telling(audit, target, written) };
        // The flow has moved on meanwhile: this result is late.
        if (record.flow?.pending?.claim !== claim) return { result: {} };
        const known = waits.ahead(key, record);
        const step = steps.apply(key, known, { ...fact, seq: effect.params.seq }, secrets);
        tries.push(step);
        const after = step.accepted ? step.record : withoutPending(known);
        return {
          record: after,
          result: { job: step.job, flow: after.flow },
          ...telling(audit, target, step),
        };
      });
  }

  /**
   * Sends the next poll of a wait that this process holds, or gives the wait back when nobody watches here any more.
   */
  function goOnPolling(target: FlowTarget): void {
    const { key } = target;
    if (closing.aborted || !waits.isWatched(key)) {
      void turns.take(key, () => waits.letGo(key));
      return;
    }
    let earliest = 0;
    turns
      .share(key, () => advance(target))
      .catch((error: unknown) => {
        onError(error);
        earliest = clock.now() + RETRY_MS;
        // They find out whether the store is away.
        waits.look(key);
      })
      .finally(() => {
        const wait = waits.get(key);
        if (wait !== undefined) waits.schedule(key, Math.max(earliest, due(key, wait.flow)));
      });
  }

  /** Ends a wait, unless the record still holds its claim. */
  async function examine(wait: Wait): Promise<void> {
    wait.version = undefined;
    if (await waits.isHeld(wait)) return;
    const { key } = wait.target;
    const before = running.get(key);
    if (before?.claim === wait.job.claim) before.controller.abort();
  }

  /** Does what is due until nothing is: takes over from a dead process, or lets the time pass. */
  async function advance(target: FlowTarget): Promise<void> {
    for (let isOn = true; isOn && !closing.aborted; ) {
      const found = pollOfWait(target.key) ?? (await take(target, { mayPoll: false }));
      const move = found.found === 'poll' ? await pollInTurn(target, found.flow) : found;
      if (move.found !== 'step') return;
      const flow = await run(target, move, {});
      isOn = flow === undefined || due(target.key, flow) <= clock.now();
    }
  }

  /**
   * Whether the wait that this process holds has a poll due; `undefined` when it holds none, or something else is
   * due.
   */
  function pollOfWait(key: string): Move | undefined {
    const flow = waits.get(key)?.flow;
    if (flow === undefined || !isPoll(flow)) return undefined;
    return due(key, flow) <= clock.now() ? { found: 'poll', flow } : { found: 'nothing' };
  }

  /**
   * Polls when its turn comes, before others if it is the last poll before the end; not at all when the user asks for
   * something meanwhile, which then goes first.
   */
  async function pollInTurn(target: FlowTarget, flow: FlowRecord): Promise<Move> {
    const controller = new AbortController();
    inLine.set(target.key, controller);
    const place = { hurriesAt: endOfWait(flow) - LAST_POLL_LEAD_MS, leaves: controller.signal };
    try {
      return (await pollLane(() => poll(target), place)) ?? { found: 'nothing' };
    } finally {
      inLine.delete(target.key);
    }
  }

  /** Sends the poll that is due, and returns what follows. Until then any process can take it. */
  async function poll(target: FlowTarget): Promise<Move> {
    if (closing.aborted || !(await budget.takePoll(target.key))) return { found: 'nothing' };
    const again = await waits.pollAgain(target.key);
    const move: Move = again ? { found: 'step', ...again } : await claimPoll(target);
    if (move.found !== 'step' || move.job?.effect.type !== 'poll' || closing.aborted) return move;
    return { found: 'step', ...(await complete(target, move.job, {})) };
  }

  async function claimPoll(target: FlowTarget): Promise<Move> {
    const wait = waits.get(target.key);
    if (wait !== undefined) wait.isRenewing = true;
    try {
      return await take(target, { mayPoll: true });
    } finally {
      if (wait !== undefined) wait.isRenewing = false;
    }
  }

  /** Takes the step that is due; a poll only with a turn for it, if it was found before. */
  async function take(target: FlowTarget, { mayPoll }: { readonly mayPoll: boolean }): Promise<Move> {
    const { key } = target;
    const decide = (stored: HandleRecord | undefined): Change<Move> => {
      const record = stored && waits.current(key, stored);
      if (record?.flow === undefined) return { result: { found: 'nothing' } };
      const { flow } = record;
      if (due(key, flow) > clock.now()) return { result: { found: 'nothing' } };
      if (isPoll(flow) && !mayPoll) return { result: { found: 'poll', flow } };
      const step = dueStep(key, record, flow);
      if (!step.accepted) return { result: { found: 'nothing' } };
      return {
        record: step.record,
        result: { found: 'step', ...leftBy(step) },
        ...telling(audit, target, step),
      };
    };
    const move = await (mayPoll ? records.updateSeen(key, decide) : records.update(key, decide));
    if (move.found === 'step') noteClaim(target, move);
    return move;
  }

  /** Holds the wait that a step begins, or continues under a new claim. */
  function noteClaim(target: FlowTarget, { job, flow }: Left): void {
    const { key } = target;
    if (job?.pollsUntil === undefined || flow === undefined || !waits.isWatched(key)) waits.forget(key);
    else waits.keep(target, job, flow, records.lastVersion(key));
  }

  /** When something is next to be done, at the pace that the budget allows. */
  function dueTime(key: string, flow: FlowRecord): number {
    return due(key, holds(key, flow) ? (waits.get(key)?.flow ?? flow) : flow);
  }

  function holds(key: string, flow: FlowRecord): boolean {
    const wait = waits.get(key);
    if (wait === undefined) return false;
    if (wait.isRenewing) return true;
    if (flow.pending?.claim === wait.job.claim) {
      waits.hear(key, flow);
      return true;
    }
    examine(wait).catch(onError);
    return false;
  }

  /** The same for a flow as it continues. */
  function due(key: string, flow: FlowRecord): number {
    const poll = nextPoll(flow);
    return poll === undefined ? nextDue(flow) : budget.pollDueAt(key, poll);
  }

  /** Whether what is due is a poll: the next one, or one whose process has died. */
  function isPoll(flow: FlowRecord): boolean {
    const until = nextPoll(flow)?.until ?? 0;
    return flow.pending?.effect.type === 'poll' || clock.now() < until;
  }

  function dueStep(key: string, record: HandleRecord, { pending }: FlowRecord): Step {
    if (pending === undefined) return steps.apply(key, record, { type: 'time.passed' });
    const { effect, pollsUntil } = pending;
    if (pollsUntil !== undefined) return steps.apply(key, withoutPending(record), { type: 'time.passed' });
    const lost = lossOf(effect);
    if (lost === undefined) return steps.reclaim(key, record);
    return steps.apply(key, record, { type: 'effect.failed', code: lost, seq: effect.params.seq });
  }

  /**
   * Does what is due for the flow that holds the subject's push: its phone may have answered while nobody watched, or its
   * time may be over. Commits the result and no more: what follows an approval belongs to that flow's own watchers.
   */
  async function checkHolder(target: FlowTarget, key: string): Promise<void> {
    await patiently(turns.take(key, () => catchUpHolder(key, target))).catch(onError);
  }

  async function catchUpHolder(key: string, { context: { request }, ...asker }: FlowTarget): Promise<void> {
    const { record } = await records.read(key);
    const identity = record?.flow && steps.identity(key, record.flow);
    if (record?.flow === undefined || identity === undefined) return;
    const { subject, session } = record;
    const holder = {
      ...asker,
      key,
      caller: { identity, subject, session },
      context: { request, identity },
    };
    let flow: FlowRecord | undefined = record.flow;
    if (awaitsPush(flow) && dueTime(key, flow) <= clock.now()) {
      const move = isPoll(flow) ? await pollInTurn(holder, flow) : await take(holder, { mayPoll: false });
      if (move.found !== 'step') return;
      if (move.job !== undefined) await handOver(key, move.job);
      flow = move.flow;
    }
    if (flow === undefined || !awaitsPush(flow)) await release(holder);
  }

  /** Frees a flow that waits for the subject's push, once no other flow holds it. */
  async function tryLock(target: FlowTarget): Promise<void> {
    const { key } = target;
    const other = await admission.otherHolder(target);
    if (other !== undefined) await checkHolder(target, other.holder);
    if (other !== undefined && (await admission.otherHolder(target)) !== undefined) return;
    await records.update<void>(key, (record) => {
      if (record?.flow === undefined || !awaitsLock(record.flow, clock.now())) return { result: undefined };
      const step = steps.apply(key, record, { type: 'push.freed' });
      return { record: step.record, result: undefined, ...telling(audit, target, step) };
    });
  }

  const patiently = (work: Promise<void>): Promise<void> => waitAtMost(clock, PATIENCE_MS, work);

  return {
    run: (target, job, inputs) =>
      patiently(
        job === undefined
          ? release(target)
          : turns.take(target.key, async () => {
              await run(target, { job }, inputs);
            }),
      ),
    catchUp: (target) => patiently(turns.share(target.key, () => advance(target))),
    nudge(target) {
      const { key } = target;
      if (!turns.isBusy(key)) turns.take(key, () => advance(target)).catch(onError);
    },
    awaitLock(target) {
      const trying =
        locking.get(target.key) ??
        tryLock(target)
          .catch(onError)
          .finally(() => locking.delete(target.key));
      locking.set(target.key, trying);
      return trying;
    },
    breakOff(key, claim) {
      if (waits.get(key)?.job.claim !== claim) waits.forget(key);
      inLine.get(key)?.abort();
      const before = running.get(key);
      if (before !== undefined && before.claim !== claim) before.controller.abort();
    },
    dueTime,
    holds,
    waits,
    idle: () => turns.idle(),
  };
}

function leftBy({ job, record: { flow } }: Step): Left {
  return { job, flow };
}
