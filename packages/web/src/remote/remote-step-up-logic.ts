import type { StepUpRequest } from '@stepgate/core';
import { createActorLogic, type StepUpLogic } from '@stepgate/core/ui';
import { createRemoteStepUp, type RemoteStepUp, type RemoteStepUpOptions } from './remote-step-up.ts';

/** What you can send to an actor of {@link remoteStepUpLogic}: requests, and the methods of `RemoteStepUp` as events. */
export type RemoteStepUpEvent =
  | StepUpRequest
  | { readonly type: 'flow.join' }
  | { readonly type: 'flow.takeOver' };

/** What an actor of {@link remoteStepUpLogic} emits when the flow has ended. */
export interface RemoteStepUpEmitted {
  readonly type: 'flow.approved' | 'flow.cancelled';
}

/**
 * `createRemoteStepUp` as actor logic, for `useActor`, `createActor`, `invoke` and `spawn`. Its input is the options of
 * `createRemoteStepUp`. XState is needed only where you use it.
 *
 * An inspector of the actor's system sees everything that is sent to it, codes and passwords included: use one during
 * development only. The snapshot cannot be restored; send `flow.join` instead.
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
