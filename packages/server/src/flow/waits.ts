import { type Clock, type EffectResult, withPing } from '@stepgate/core';
import { RECONSIDER_MS } from '../limits/poll-pace.ts';
import type { FlowRecord, HandleRecord } from '../records/handle-record.ts';
import type { Records } from '../records/records.ts';
import type { FlowTarget } from './parts.ts';
import { withNewsOf, withPollsOfHolder } from './rules.ts';
import type { FlowSteps, Job } from './steps.ts';

/** A wait for the phone that this process polls for. Only news is written. */
export interface Wait {
  readonly target: FlowTarget;
  /** The poll that was claimed in the record, or a later one under the same claim. */
  job: Job;
  /** The flow as it would be if every poll had been written. */
  flow: FlowRecord;
  /** Until when polls may begin under the claim. */
  readonly pollsUntil: number;
  /** The record's version when it was last seen to hold the claim; `undefined` while that is in doubt. */
  version: number | undefined;
  timer: unknown;
  /** Whether the wait's next claim is being written. */
  isRenewing: boolean;
  /** The version of the record that the claim was written as. */
  readonly claimedAs: number | undefined;
}

/** The waits that this process holds, and who watches here. */
export interface Waits {
  get(key: string): Wait | undefined;
  /** Keeps a wait, under the claim that the record holds. `version`: the record's, where it is known. */
  keep(target: FlowTarget, job: Job, flow: FlowRecord, version?: number): void;
  /** Forgets the wait, and makes its watchers look again. Nothing is written. */
  forget(key: string): void;
  /** Makes the watchers look again. */
  look(key: string): void;
  /** Calls back when the next poll of a wait may be due. */
  schedule(key: string, at: number): void;
  /** The record with the polls of the wait that this process holds for it, or that another one may have sent. */
  current(key: string, record: HandleRecord): HandleRecord;
  /** The record with the polls of the wait that this process holds for it. */
  ahead(key: string, record: HandleRecord): HandleRecord;
  /** Calls `look` whenever nobody here polls for the flow any more. Returns a function that ends that. */
  watch(key: string, look: () => void): () => void;
  /** Whether anybody watches here. */
  isWatched(key: string): boolean;
  /**
   * The flow that keeps waiting after a poll without news. Nothing is written while somebody watches here. `undefined`
   * when the result has to be written.
   */
  goOn(job: Job, key: string, result: EffectResult): FlowRecord | undefined;
  /** The next poll under the claim of a wait that this process holds; `undefined` when it has to be claimed. */
  pollAgain(key: string): Promise<{ readonly flow: FlowRecord; readonly job: Job } | undefined>;
  /** Writes where a wait stands, so that any other process can continue it. Retries for as long as the claim lasts. */
  letGo(key: string): Promise<void>;
  /** Whether the record still holds the wait's claim. Another process may have moved the flow on. */
  isHeld(wait: Wait): Promise<boolean>;
  /** Takes over what the record says about the wait that this process holds. A ping makes the next poll due. */
  hear(key: string, flow: FlowRecord): void;
  /** Whether a change of the record is this process's own claim, with nothing new for watchers. */
  isOwnClaim(key: string, version: number | undefined): boolean;
  /** The keys of all waits. */
  keys(): readonly string[];
}

/** Timers of the same length share a list, which makes thousands of them cheap. */
const TIMER_STEP_MS = 25;
/** How long a wait pauses after a poll that could not be sent. */
export const RETRY_MS = 1_000;

/** Creates them. `poll` sends the poll of a flow if it is due. */
export function createWaits(options: {
  readonly clock: Clock;
  readonly closing: AbortSignal;
  readonly onError: (error: unknown) => void;
  readonly records: Records;
  readonly steps: Pick<FlowSteps, 'pollAgain' | 'keepWaiting'>;
  /** When something is next to be done for a flow as it continues. */
  readonly due: (key: string, flow: FlowRecord) => number;
  readonly poll: (target: FlowTarget) => void;
}): Waits {
  const { clock, closing, onError, records, steps, due, poll } = options;
  const waits = new Map<string, Wait>();
  const watching = new Map<string, Set<() => void>>();

  function ahead(key: string, record: HandleRecord): HandleRecord {
    const wait = waits.get(key);
    const { flow } = record;
    if (flow === undefined || wait === undefined || flow.pending?.claim !== wait.job.claim) return record;
    const { pending: _first, ...rest } = flow;
    const { state, pending } = wait.flow;
    return {
      ...record,
      flow: { ...rest, state: withNewsOf(flow.state, state), ...(pending && { pending }) },
    };
  }

  function look(key: string): void {
    for (const one of watching.get(key) ?? []) one();
  }

  function keep(target: FlowTarget, job: Job, flow: FlowRecord, version?: number): void {
    const wait = waits.get(target.key);
    if (wait?.job.claim === job.claim) {
      wait.job = job;
      wait.flow = flow;
      return;
    }
    if (wait !== undefined) clock.clearTimeout(wait.timer);
    const { pollsUntil = 0 } = job;
    waits.set(target.key, {
      target,
      job,
      flow,
      pollsUntil,
      version,
      claimedAs: version,
      timer: undefined,
      isRenewing: false,
    });
  }

  function forget(key: string): void {
    const wait = waits.get(key);
    if (wait === undefined) return;
    clock.clearTimeout(wait.timer);
    waits.delete(key);
    look(key);
  }

  function schedule(key: string, at: number): void {
    const wait = waits.get(key);
    if (wait === undefined) return;
    clock.clearTimeout(wait.timer);
    const ms = Math.min(RECONSIDER_MS, Math.max(0, at - clock.now()));
    wait.timer = clock.setTimeout(() => poll(wait.target), Math.ceil(ms / TIMER_STEP_MS) * TIMER_STEP_MS);
  }

  async function isHeld({ target: { key }, job, version }: Wait): Promise<boolean> {
    if (version !== undefined && !(await records.hasChanged(key, version))) return true;
    const found = await records.read(key);
    const wait = waits.get(key);
    const isOurs = found.record?.flow?.pending?.claim === job.claim;
    if (wait?.job.claim === job.claim) {
      if (isOurs) wait.version = found.version;
      else forget(key);
    }
    return isOurs;
  }

  return {
    get: (key) => waits.get(key),
    keep,
    forget,
    look,
    schedule,
    isHeld,
    goOn(job, key, { fact }) {
      const wait = waits.get(key);
      if (fact.type !== 'poll.pending' || wait?.job.claim !== job.claim) return undefined;
      if (closing.aborted || !watching.has(key)) return undefined;
      const flow = steps.keepWaiting(wait.flow, job);
      if (flow === undefined) return undefined;
      keep(wait.target, job, flow);
      schedule(key, due(key, flow));
      return flow;
    },
    async pollAgain(key) {
      const wait = waits.get(key);
      if (wait === undefined || clock.now() >= wait.pollsUntil || !(await isHeld(wait))) return undefined;
      const next = clock.now() < wait.pollsUntil ? steps.pollAgain(wait.flow, wait.job) : undefined;
      if (next !== undefined) keep(wait.target, next.job, next.flow);
      return next;
    },
    async letGo(key) {
      const { job } = waits.get(key) ?? {};
      try {
        await records.update<void>(key, (record) => {
          const known = record && ahead(key, record);
          return { ...(known !== undefined && known !== record && { record: known }), result: undefined };
        });
        forget(key);
      } catch (error) {
        onError(error);
        if (job === undefined || clock.now() >= job.claimedUntil) forget(key);
        else schedule(key, clock.now() + RETRY_MS);
      }
    },
    ahead,
    current(key, record) {
      const known = ahead(key, record);
      return known === record ? withPollsOfHolder(record, clock.now()) : known;
    },
    watch(key, listener) {
      const looks = watching.get(key) ?? new Set();
      watching.set(key, looks);
      looks.add(listener);
      return () => {
        looks.delete(listener);
        if (looks.size === 0 && watching.get(key) === looks) watching.delete(key);
      };
    },
    isWatched: (key) => watching.has(key),
    hear(key, stored) {
      const wait = waits.get(key);
      if (wait === undefined) return;
      const state = withPing(stored.state, wait.flow.state);
      if (state === wait.flow.state) return;
      wait.flow = { ...wait.flow, state };
      schedule(key, due(key, wait.flow));
    },
    isOwnClaim(key, version) {
      const wait = waits.get(key);
      return wait !== undefined && (wait.isRenewing || (version !== undefined && version === wait.claimedAs));
    },
    keys: () => [...waits.keys()],
  };
}
