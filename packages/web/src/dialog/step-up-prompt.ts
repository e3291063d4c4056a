import type { RemoteStepUp } from '../remote/remote-step-up.ts';
import type { StepUpAction } from '../screens/step-up-action.ts';

/** A flow to show to the user. */
export interface StepUpPrompt {
  /**
   * Started if the user clicked, tapped or typed just before the call. Otherwise its state is `idle`: show a button
   * that sends `flow.start`. When the user gives up, send `flow.cancel`, or stop it.
   */
  readonly stepUp: RemoteStepUp;
  /** What the approval is for, if the guard names it. */
  readonly action?: StepUpAction | undefined;
  /** Aborted when no caller waits for the approval any more: take the flow off the screen. */
  readonly signal: AbortSignal;
}
