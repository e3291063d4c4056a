import type { StepUpRequest } from '@stepgate/core';
import { createActorLogic, type StepUpLogic } from '@stepgate/core/ui';
import { createRemoteStepUp, type RemoteStepUp, type RemoteStepUpOptions } from './remote-step-up.ts';

/** What can be sent to an actor of {@link remoteStepUpLogic}: besides requests, what a `RemoteStepUp` has methods for. */
export type RemoteStepUpEvent =
  | StepUpRequest
  | { readonly type: 'flow.join' }
  | { readonly type: 'flow.takeOver' };

/** What an actor of {@link remoteStepUpLogic} emits when the flow has ended. */
export interface RemoteStepUpEmitted {
  readonly type: 'flow.approved' | 'flow.cancelled';
}

/**
 * `createRemoteStepUp` as actor logic, for `useActor`, `createActor`, `invoke` and `spawn`; the input is its options.
 * Needs XState only where it is used.
 *
 * An inspector of the actor's system sees what is sent to it, codes and passwords too: for the desk only. The snapshot
 * cannot be restored; send `flow.join` instead.
 *
 * @example
 * const [{ context: { view } }, send] = useActor(remoteStepUpLogic, { input: { requirement } });
 * <button onClick={() => send({ type: 'flow.start' })}>Confirm</button>
 */
export const remoteStepUpLogic: StepUpLogic<
  RemoteStepUp,
  RemoteStepUpOptions,
  RemoteStepUpEvent,
  RemoteStepUpEmitted
> = /* @__PURE__ */ createActorLogic({
  create: createRemoteStepUp,
  send(actor, event) {
    if (event.type === 'flow.join') void actor.join();
    else if (event.type === 'flow.takeOver') actor.takeOver();
    else actor.send(event);
  },
  ended: ({ view }) => ({ type: view.state === 'approved' ? 'flow.approved' : 'flow.cancelled' }),
});
