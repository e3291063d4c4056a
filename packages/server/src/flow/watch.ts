import { type FlowView, setTimer } from '@stepgate/core';
import type { Runtime } from '../events/runtime.ts';
import { RECONSIDER_MS } from '../limits/poll-pace.ts';
import type { HandleRecord } from '../records/handle-record.ts';
import type { State } from '../records/state.ts';
import type { FlowTarget } from './parts.ts';
import { awaitsLock, nextPoll, ownedBy, runs } from './rules.ts';
import type { FlowRunner } from './runner.ts';

/** Called once, with the result of a watch. */
export interface WatchListener {
  /** The view with another version, or as it is when the time is up; `undefined` when the flow is gone. */
  readonly seen: (view: FlowView | undefined) => void;
  readonly failed: (error: unknown) => void;
}

/** Somebody who waits for news of a flow. */
export interface Watch {
  /** Reports the view as it is now. */
  readonly hurry: () => void;
  /** Checks that the store answers. Does nothing while this process polls for the flow, which checks it too. */
  readonly lookAgain: () => Promise<void>;
  /** Stops reporting. */
  readonly stop: () => void;
}

/** Waits for a view of another version, until a time at the latest. Does what is due meanwhile. */
export type WatchFlow = (
  target: FlowTarget,
  options: { readonly version: number; readonly until: number },
  listener: WatchListener,
) => Watch;

/** How often a watcher checks whether another flow's push was answered. */
const LOCK_CHECK_MS = 2_000;

/** How often a watcher reads again when the store cannot call. */
const REREAD_MS = 1_000;

/**
 * Makes the watching of flows. There are as many watchers as browsers, so a waiting one is only a timer and a few
 * functions, and holds neither the record nor the view.
 */
export function createFlowWatch(options: {
  readonly state: Pick<State, 'store' | 'records'>;
  readonly runtime: Pick<Runtime, 'clock' | 'closing'>;
  readonly runner: Pick<FlowRunner, 'dueTime' | 'holds' | 'waits' | 'nudge' | 'awaitLock'>;
  readonly viewOf: (target: FlowTarget, record: HandleRecord) => FlowView;
}): WatchFlow {
  const { runner, viewOf } = options;
  const { store, records } = options.state;
  const { clock, closing } = options.runtime;
  const waiting = new Set<() => void>();
  closing.addEventListener('abort', () => {
    for (const hurry of waiting) hurry();
  });

  /** What to report now, or when to look again. */
  async function look(
    target: FlowTarget,
    version: number,
    until: number,
  ): Promise<{ readonly view: FlowView | undefined } | { readonly againAt: number }> {
    const { record } = await records.read(target.key);
    const flow = ownedBy(target, record)?.flow;
    if (record === undefined || flow === undefined) return { view: undefined };
    // This process polls by itself, and calls when it stops.
    const isHeld = runner.holds(target.key, flow);
    const now = clock.now();
    if (flow.version !== version || now >= until || closing.aborted) {
      return { view: viewOf(target, record) };
    }
    // The login that runs the flow drives it: hooks of the app get requests of that one.
    if (!runs(target, flow)) {
      return { againAt: store.subscribe === undefined ? Math.min(until, now + REREAD_MS) : until };
    }
    const dueAt = isHeld ? Number.POSITIVE_INFINITY : runner.dueTime(target.key, flow);
    if (dueAt <= now) runner.nudge(target);
    const isLocked = awaitsLock(flow, now);
    if (isLocked) void runner.awaitLock(target);
    const mayBeDueSooner = !isHeld && nextPoll(flow) !== undefined;
    return {
      againAt: Math.min(
        until,
        dueAt > now ? dueAt : now + REREAD_MS,
        mayBeDueSooner ? now + RECONSIDER_MS : Number.POSITIVE_INFINITY,
        isLocked ? now + LOCK_CHECK_MS : Number.POSITIVE_INFINITY,
        store.subscribe === undefined ? now + REREAD_MS : Number.POSITIVE_INFINITY,
      ),
    };
  }

  return (target, { version, until: end }, { seen, failed }) => {
    let until = end;
    let timer: unknown;
    let isLooking = false;
    let looking: Promise<void> | undefined;
    let hasChanged = false;
    let isOver = false;
    let unsubscribe: (() => void) | undefined;
    waiting.add(hurry);
    const leave = runner.waits.watch(target.key, wake);
    wake();

    function wake(): void {
      hasChanged = true;
      if (isLooking || isOver) return;
      isLooking = true;
      clock.clearTimeout(timer);
      looking = lookOn();
    }

    async function lookOn(): Promise<void> {
      try {
        // Before the first look, so that no change is missed.
        unsubscribe ??= store.subscribe?.(target.key, (version) => {
          if (!runner.waits.isOwnClaim(target.key, version)) wake();
        });
        while (hasChanged && !isOver) {
          hasChanged = false;
          const found = await look(target, version, until);
          if (isOver) return;
          if ('view' in found) {
            stop();
            seen(found.view);
          } else if (!hasChanged) {
            timer = setTimer(clock, wake, found.againAt);
          }
        }
      } catch (error) {
        if (isOver) return;
        stop();
        failed(error);
      } finally {
        isLooking = false;
      }
    }

    function hurry(): void {
      until = 0;
      wake();
    }

    function stop(): void {
      isOver = true;
      clock.clearTimeout(timer);
      unsubscribe?.();
      leave();
      waiting.delete(hurry);
    }

    async function lookAgain(): Promise<void> {
      if (runner.waits.get(target.key) !== undefined) return;
      wake();
      await looking;
    }

    return { hurry, lookAgain, stop };
  };
}
