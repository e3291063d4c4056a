import type { StepUpRequest } from '../machine/events.ts';
import type { TokenSet } from '../provider/way.ts';
import { createStepUpActor, type LocalStepUpActor, type StepUpActorOptions } from './actor.ts';
import { createActorLogic, type StepUpLogic } from './actor-logic.ts';

/** What an actor of {@link stepUpLogic} emits when the flow has ended. */
export type StepUpEmitted =
  /** With the tokens, which no snapshot holds. */
  { readonly type: 'flow.approved'; readonly tokens: TokenSet } | { readonly type: 'flow.cancelled' };

/**
 * `createStepUpActor` as actor logic, for `useActor`, `createActor`, `invoke` and `spawn`. The input is its options.
 *
 * An inspector of the actor's own system sees the input and what is sent to it (codes and passwords), so use it only in
 * development. The option `inspect` never sees secrets. The snapshot cannot be restored.
 *
 * @example
 * const stepUp = createActor(stepUpLogic, { input: { way, mfaToken } });
 * stepUp.on('flow.approved', ({ tokens }) => use(tokens));
 * stepUp.subscribe(({ context: { view } }) => render(view));
 * stepUp.start();
 */
export const stepUpLogic: StepUpLogic<LocalStepUpActor, StepUpActorOptions, StepUpRequest, StepUpEmitted> =
  /* @__PURE__ */ createActorLogic({
    create: createStepUpActor,
    send: (actor, request) => actor.send(request),
    ended(actor) {
      const tokens = actor.tokens();
      return tokens ? { type: 'flow.approved', tokens } : { type: 'flow.cancelled' };
    },
  });
