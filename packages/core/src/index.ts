export {
  type Clock,
  createStepUpActor,
  type FactorToAdd,
  type LocalStepUpActor,
  type StepUpActor,
  type StepUpActorOptions,
  type StepUpSnapshot,
} from './actor.ts';
export type { StepUpLogic, StepUpLogicSnapshot } from './actor-logic.ts';
export { type Auth0Options, parseIssuer } from './auth0-client.ts';
export type { Auth0Call } from './auth0-errors.ts';
export { type Auth0MfaApiOptions, createAuth0MfaApi } from './auth0-mfa-api.ts';
export type { TenantReport } from './auth0-report.ts';
export {
  type Auth0SignIn,
  type Auth0SignInOptions,
  createAuth0SignIn,
  type SignInResult,
} from './auth0-sign-in.ts';
export type { Effect } from './effects.ts';
export {
  isReasonCode,
  isStepUpError,
  REASON_CODES,
  type ReasonCode,
  type RequestErrorCode,
  StepUpError,
  type StepUpErrorCode,
  type StepUpErrorOptions,
} from './errors.ts';
export {
  type Fact,
  type FirstLegMethod,
  type FlowEvent,
  type Inputs,
  parseRequest,
  type RequestEvent,
  type SignInMethod,
  type SplitRequest,
  type Stamp,
  type StepUpRequest,
  type StepUpRequestType,
  splitRequest,
} from './events.ts';
export {
  type EnrollableFactor,
  FACTORS,
  type Factor,
  isEnrollable,
  isFactor,
  sendsCode,
  sendsMessage,
} from './factor.ts';
export {
  type Advance,
  advanceFlow,
  awaitsFact,
  createFlow,
  dueAt,
  type FlowSnapshot,
  type FlowState,
  type FlowStateName,
  isDone,
  type PlannedPoll,
  plannedPoll,
  stateName,
} from './flow.ts';
export {
  type Addition,
  type EnrollmentRule,
  FLOW_DEFAULTS,
  type FlowContext,
  type FlowSettings,
  type Target,
} from './flow-context.ts';
export { stepUpMachine } from './machine.ts';
export type {
  Authenticator,
  Binding,
  CallOptions,
  Challenge,
  ChallengeOptions,
  Enrollment,
  EnrollOptions,
  FactorRequirements,
  MfaApi,
  MfaTransaction,
  Proof,
  RedeemOptions,
  Redemption,
  TokenSet,
} from './mfa-api.ts';
export {
  AUTH0_EXCHANGE_LIMIT,
  type ExchangeBudget,
  type ExchangeLimit,
  isPollSchedule,
  type PollPace,
  type PollSchedule,
} from './poll-schedule.ts';
export { type EffectPorts, type EffectResult, runEffect } from './run-effect.ts';
export { type StepUpEmitted, stepUpLogic } from './step-up-logic.ts';
export { updateVault, type Vault } from './vault.ts';
export { createView, type Disclosure, type FlowView, isSameView, type Notice } from './view.ts';
