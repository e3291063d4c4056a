export type { StepUpFetchOptions, StepUpPrompt } from './approver.ts';
export type { RemoteError } from './endpoints.ts';
export type { Presence } from './presence.ts';
export type { StepUpAction } from './refusal.ts';
export {
  createRemoteStepUp,
  type RemoteStepUp,
  type RemoteStepUpObserver,
  type RemoteStepUpOptions,
  type RemoteStepUpSnapshot,
} from './remote-step-up.ts';
export {
  type RemoteStepUpEmitted,
  type RemoteStepUpEvent,
  remoteStepUpLogic,
} from './remote-step-up-logic.ts';
export { StepUpCancelled } from './step-up-cancelled.ts';
export { createStepUpFetch, stepUpFetch } from './step-up-fetch.ts';
export type { Connection } from './watch-flow.ts';
