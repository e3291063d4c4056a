import type { FlowView, StepUpRequest } from '@stepgate/core';
import type { RemoteStepUp, RemoteStepUpObserver, RemoteStepUpSnapshot } from '../../src/index.ts';

/** An actor without a flow: it shows the views that a test gives it, and records requests. */
export interface ScriptedActor extends RemoteStepUp {
  readonly sent: readonly (StepUpRequest | { readonly type: 'takeOver' })[];
  tell(view: FlowView, members?: Partial<RemoteStepUpSnapshot>): void;
}

export function createScriptedActor(
  view: FlowView,
  members: Partial<RemoteStepUpSnapshot> = {},
): ScriptedActor {
  const observers = new Set<RemoteStepUpObserver>();
  const sent: (StepUpRequest | { type: 'takeOver' })[] = [];
  let snapshot: RemoteStepUpSnapshot = { status: 'active', view, ...members };
  const set = (next: RemoteStepUpSnapshot): void => {
    snapshot = next;
    for (const observer of observers) {
      observer.next?.(snapshot);
      if (snapshot.status !== 'active') observer.complete?.();
    }
  };
  return {
    sent,
    tell(next, more = {}) {
      const isFinal = next.state === 'approved' || next.state === 'cancelled';
      set({ status: isFinal ? 'done' : 'active', view: next, ...more });
    },
    get view() {
      return snapshot.view;
    },
    getSnapshot: () => snapshot,
    subscribe(observer) {
      const entry = typeof observer === 'function' ? { next: observer } : observer;
      observers.add(entry);
      return { unsubscribe: () => void observers.delete(entry) };
    },
    send: (request) => void sent.push(request),
    join: () => Promise.resolve(false),
    takeOver: () => void sent.push({ type: 'takeOver' }),
    stop: () => set({ ...snapshot, status: 'stopped' }),
  };
}
