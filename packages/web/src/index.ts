export type { FlowView, StepUpActor, StepUpRequest } from '@stepgate/core';
export type { StepUpPrompt } from './dialog/step-up-prompt.ts';
export { type Approve, createApprover, type StepUpFetchOptions } from './fetch/approver.ts';
export { parseRefusal, type Refusal, type RefusalOrigin } from './fetch/refusal.ts';
export { StepUpCancelled } from './fetch/step-up-cancelled.ts';
export { createStepUpFetch, stepUpFetch } from './fetch/step-up-fetch.ts';
export { hasUserGesture } from './fetch/user-gesture.ts';
export type { Presence } from './remote/presence.ts';
export type { RemoteError } from './remote/remote-error.ts';
export { createRemoteStepUp, type RemoteStepUp, type RemoteStepUpOptions } from './remote/remote-step-up.ts';
export {
  type RemoteStepUpEmitted,
  type RemoteStepUpEvent,
  remoteStepUpLogic,
} from './remote/remote-step-up-logic.ts';
export type { RemoteStepUpObserver, RemoteStepUpSnapshot } from './remote/snapshots.ts';
export type { Connection } from './remote/watch-flow.ts';
export type { StepUpAction } from './screens/step-up-action.ts';
