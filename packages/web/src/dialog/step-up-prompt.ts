import type { RemoteStepUp } from '../remote/remote-step-up.ts';
import type { StepUpAction } from '../ui/step-up-action.ts';

/** A flow that wants to be shown. */
export interface StepUpPrompt {
  /** Started already, by the call that was refused. Send `flow.cancel`, or stop it, when the user gives up. */
  readonly stepUp: RemoteStepUp;
  /** What the approval is for, when the guard names it. */
  readonly action?: StepUpAction | undefined;
  /** Aborted when nobody waits for the approval any more: take it off the screen. */
  readonly signal: AbortSignal;
}
