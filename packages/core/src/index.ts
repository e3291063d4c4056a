export { type Auth0ApprovalDetailsOptions, auth0ApprovalDetails } from './auth0/approval-details.ts';
export type { Auth0Options, TenantReport } from './auth0/client.ts';
export type { Auth0Call } from './auth0/errors.ts';
export { AUTH0_EXCHANGE_LIMIT } from './auth0/exchange-limit.ts';
export { type Auth0MfaApiOptions, createAuth0MfaApi, MFA_API_CAPABILITIES } from './auth0/mfa-api.ts';
export {
  type Auth0SignIn,
  type Auth0SignInOptions,
  createAuth0SignIn,
  type SignInResult,
} from './auth0/sign-in.ts';
export {
  AUTH0_MESSAGE_RULES,
  bindingMessage,
  COMMON_MESSAGE_RULES,
  type MessageRules,
} from './ciba/binding-message.ts';
export {
  type CibaChallenge,
  type CibaClient,
  type CibaOptions,
  type CibaPoll,
  type CibaRequest,
  type CibaResult,
  createCibaClient,
} from './ciba/client.ts';
export type { CibaCall } from './ciba/errors.ts';
export { type CibaWayOptions, cibaCapabilities, createCibaWay } from './ciba/way.ts';
export { type Clock, setTimer, systemClock } from './lib/clock.ts';
export {
  type Addition,
  awaitsPushCode,
  currentWay,
  type EnrollmentRule,
  FLOW_DEFAULTS,
  type FlowContext,
  type FlowSettings,
  type Target,
} from './machine/context.ts';
export type { Effect } from './machine/effects.ts';
export {
  type Display,
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
} from './machine/events.ts';
export {
  type Advance,
  advanceFlow,
  awaitsFact,
  createFlow,
  dueAt,
  type FlowSnapshot,
  type FlowState,
  type FlowStateName,
  isAnswered,
  isDone,
  type PlannedPoll,
  plannedPoll,
  resumeWait,
  stateName,
  withPing,
} from './machine/flow.ts';
export { stepUpMachine } from './machine/machine.ts';
export {
  type ExchangeBudget,
  isPollSchedule,
  LAST_POLL_LEAD_MS,
  type PollPace,
  type PollSchedule,
} from './machine/poll-schedule.ts';
export { createPushCode, judgeCode, PUSH_CODE_TRIES } from './machine/push-code.ts';
export { updateVault, type Vault } from './machine/vault.ts';
export {
  createView,
  type Disclosure,
  type FlowView,
  isSameView,
  type Notice,
  type PushCodeView,
} from './machine/view.ts';
export { type PushCodeEntry, type WaySettings, waySettings } from './machine/way-settings.ts';
export { type AuthorizationDetail, approvesDetails } from './oauth/authorization-details.ts';
export type { ClientOptions } from './oauth/client-authentication.ts';
export {
  createDiscovery,
  type Discover,
  type DiscoveryOptions,
  type ProviderMetadata,
} from './oauth/discovery.ts';
export { parseIssuer } from './oauth/issuer.ts';
export type { ResponseReport } from './oauth/response-report.ts';
export {
  isRedirect,
  type ResponseHeaders,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from './oauth/transport.ts';
export { type Authentication, authenticationOf } from './provider/authentication.ts';
export type { Departed, Departure, Destination, ExchangeTimes, Return } from './provider/departure.ts';
export type { ExchangeLimit } from './provider/exchange-limit.ts';
export type {
  ApprovalRequest,
  Authenticator,
  Binding,
  CallOptions,
  Capabilities,
  Challenge,
  ChallengeOptions,
  EnrollingWay,
  Enrollment,
  EnrollOptions,
  FactorRequirements,
  MfaTransaction,
  PhoneShown,
  PhoneShows,
  Proof,
  RedeemOptions,
  Redemption,
  TokenSet,
  Way,
  WayName,
} from './provider/way.ts';
export {
  type CodeExchange,
  createRedirectClient,
  type DepartureRequest,
  type Exchanged,
  type RedirectClient,
  type RedirectOptions,
} from './redirect/client.ts';
export type { RedirectCall } from './redirect/errors.ts';
export type { HostedProof, ProofRules, VerifiedClaims } from './redirect/proof.ts';
export { belongsTo, parseReturn } from './redirect/return.ts';
export { createRedirectWay, type RedirectWayOptions, redirectCapabilities } from './redirect/way.ts';
export {
  createStepUpActor,
  type FactorToAdd,
  type LocalStepUpActor,
  type StepUpActor,
  type StepUpActorOptions,
  type StepUpSnapshot,
} from './runner/actor.ts';
export type { StepUpLogic, StepUpLogicSnapshot } from './runner/actor-logic.ts';
export { type EffectPorts, type EffectResult, isFault, runEffect } from './runner/run-effect.ts';
export { type StepUpEmitted, stepUpLogic } from './runner/step-up-logic.ts';
export {
  ADDRESSED_FACTORS,
  type AddressedFactor,
  addressMember,
  type CodeFactor,
  DEFAULT_FACTORS,
  ENROLLABLE_FACTORS,
  type EnrollableFactor,
  FACTOR_TRAITS,
  FACTORS,
  type Factor,
  type FactorTraits,
  type HostedFactor,
  isAddressed,
  isEnrollable,
  isFactor,
  isHosted,
  isOwnCode,
  isTapped,
  type OwnCodeFactor,
  sendsMessage,
  takesCode,
  takesPhoneNumber,
} from './terms/factor.ts';
export { isReasonCode, REASON_CODES, type ReasonCode } from './terms/reason-codes.ts';
export type { RequestErrorCode } from './terms/request-codes.ts';
export {
  isStepUpError,
  StepUpError,
  type StepUpErrorCode,
  type StepUpErrorOptions,
} from './terms/step-up-error.ts';
