import type { Clock } from '@stepgate/core';
import { RECONSIDER_MS } from '../limits/poll-pace.ts';
import type { FlowRecord, HandleRecord } from '../records/handle-record.ts';
import type { FlowTarget } from './parts.ts';
import { withCodeOf, withPollsOfHolder } from './rules.ts';
import type { Job } from './steps.ts';

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
  /** The keys of all waits. */
  keys(): readonly string[];
}

/** Timers of the same length share a list, which makes thousands of them cheap. */
const TIMER_STEP_MS = 25;

/** Creates them. `poll` sends the poll of a flow if it is due. */
export function createWaits(options: {
  readonly clock: Clock;
  readonly poll: (target: FlowTarget) => void;
}): Waits {
  const { clock, poll } = options;
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
      flow: { ...rest, state: withCodeOf(flow.state, state), ...(pending && { pending }) },
    };
  }

  function look(key: string): void {
    for (const one of watching.get(key) ?? []) one();
  }

  return {
    get: (key) => waits.get(key),
    keep(target, job, flow, version) {
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
        timer: undefined,
        isRenewing: false,
      });
    },
    forget(key) {
      const wait = waits.get(key);
      if (wait === undefined) return;
      clock.clearTimeout(wait.timer);
      waits.delete(key);
      look(key);
    },
    look,
    schedule(key, at) {
      const wait = waits.get(key);
      if (wait === undefined) return;
      clock.clearTimeout(wait.timer);
      const ms = Math.min(RECONSIDER_MS, Math.max(0, at - clock.now()));
      wait.timer = clock.setTimeout(() => poll(wait.target), Math.ceil(ms / TIMER_STEP_MS) * TIMER_STEP_MS);
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
    keys: () => [...waits.keys()],
  };
}
