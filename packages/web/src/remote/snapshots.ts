import type { FlowView, StepUpRequestType, StepUpSnapshot } from '@stepgate/core';
import type { RemoteError } from './remote-error.ts';
import { reportFault } from './report-fault.ts';
import type { Connection } from './watch-flow.ts';

/** What a `RemoteStepUp` shows: the flow as the server last described it, and the state of the conversation with it. */
export interface RemoteStepUpSnapshot extends StepUpSnapshot {
  /**
   * The request that is under way, until the flow moves to another state, factor or authenticator, or the answer comes.
   * Meanwhile every other request is ignored, except `flow.cancel`.
   */
  readonly pending?: StepUpRequestType | undefined;
  /**
   * Why the last request was refused or lost. It ends with the next request and when the flow moves on; `unreachable`
   * also ends when the connection is back.
   */
  readonly error?: RemoteError | undefined;
  /** How the flow is followed; absent before it has started. */
  readonly connection?: Connection | undefined;
}

/** Called with every new snapshot. */
export interface RemoteStepUpObserver {
  next?(snapshot: RemoteStepUpSnapshot): void;
  error?(error: unknown): void;
  complete?(): void;
}

/** The current snapshot and who observes it. */
export interface Snapshots {
  readonly current: RemoteStepUpSnapshot;
  readonly subscribe: (observer: ((snapshot: RemoteStepUpSnapshot) => void) | RemoteStepUpObserver) => {
    unsubscribe(): void;
  };
  /** Does nothing once the status is no longer `active`. */
  readonly update: (change: Partial<RemoteStepUpSnapshot>) => void;
  /** Call it when a request leaves; it returns what takes the views of the answer. */
  readonly expectViews: () => (view: FlowView) => void;
}

/** What a snapshot says when nothing is under way. */
export const QUIET = { pending: undefined, connection: undefined };

/** Holds the snapshots of an actor. `onEnd` is called before the observers see that it has ended. */
export function createSnapshots(view: FlowView, onEnd: () => void): Snapshots {
  const observers = new Set<RemoteStepUpObserver>();
  let snapshot: RemoteStepUpSnapshot = { status: 'active', view };
  /** How many views have been taken. */
  let taken = 0;

  function update(change: Partial<RemoteStepUpSnapshot>): void {
    if (snapshot.status !== 'active') return;
    const next = { ...snapshot, ...change };
    snapshot = next;
    const isOver = next.status !== 'active';
    if (isOver) onEnd();
    for (const observer of observers) {
      call(() => observer.next?.(next));
      if (isOver && observers.delete(observer)) call(() => observer.complete?.());
    }
  }

  return {
    get current() {
      return snapshot;
    },
    update,
    subscribe(observer) {
      const entry = typeof observer === 'function' ? { next: observer } : observer;
      observers.add(entry);
      return { unsubscribe: () => void observers.delete(entry) };
    },
    expectViews() {
      let takenBefore = taken;
      return (view) => {
        const { view: last, pending } = snapshot;
        // A lower version is older, with one exception: it belongs to another flow, and nothing else has been heard
        // since its request left.
        if (view.version < last.version && (takenBefore !== taken || view.flowId === last.flowId)) return;
        taken += 1;
        takenBefore = taken;
        const hasMoved = placeOf(view) !== placeOf(last);
        const isOther = hasMoved || view.reason !== last.reason;
        if (view.version === last.version && !isOther) return;
        update({
          view,
          ...(isOther && { error: undefined }),
          // A stream may show the outcome of a request before its answer comes, and the next request need not wait for
          // the answer. A cancel stays pending: its only outcome is the end.
          ...(hasMoved && pending !== 'flow.cancel' && { pending: undefined }),
          ...(isFinal(view) && { status: 'done', ...QUIET }),
        });
      };
    },
  };
}

/** Calls an observer. A fault of the screen must neither stop the flow nor look like a lost connection. */
function call(observer: () => void): void {
  try {
    observer();
  } catch (error) {
    reportFault(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Whether the flow has ended. */
export function isFinal({ state }: FlowView): boolean {
  return state === 'approved' || state === 'cancelled';
}

/** Where the flow is: what the user sees is about something else when it changes. */
export function placeOf({ state, factor, authenticatorId }: FlowView): string {
  return [state, factor, authenticatorId].join();
}
