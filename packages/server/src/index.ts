export {
  type Auth0ApprovalDetailsOptions,
  auth0ApprovalDetails,
  isStepUpError,
  StepUpError,
} from '@stepgate/core';
export { type Auth0Settings, auth0, type MfaApiSettings } from './auth0/auth0.ts';
export type { AuthenticatorSettings } from './endpoints/authenticators.ts';
export type { TextsByLanguage } from './endpoints/call/page-texts.ts';
export type { Endpoints } from './endpoints/router.ts';
export { AUDIT_CHANNEL, type AuditListeners } from './events/audit.ts';
export {
  AUDIT_EVENT_TYPES,
  type AuditEvent,
  type AuditEventOf,
  type AuditEventType,
  type FlowEnd,
} from './events/audit-event.ts';
export {
  type EffectSignal,
  type FlowSignal,
  type GuardSignal,
  SIGNALS,
  type StoreSignal,
  type UpstreamSignal,
} from './events/signals.ts';
export type { RunningFlow, WaitingFlow } from './gate/direct-flow.ts';
export { createGate, type Gate } from './gate/gate.ts';
export type { GateOptions } from './gate/gate-options.ts';
export { createLazyGate, type LazyGate } from './gate/lazy-gate.ts';
export { createNativeGate, type NativeGate } from './gate/native-gate.ts';
export type { FlowStatus, StepUpStatus } from './gate/status-and-revocation.ts';
export type { TestingOptions, Timing } from './gate/testing-options.ts';
export type { Decision, StepUp, Verdict } from './guard/decision.ts';
export type { Guard } from './guard/guard.ts';
export { type Capacity, DEFAULT_CAPACITY } from './limits/capacity.ts';
export {
  DEFAULT_LIMITS,
  type Limit,
  type LimitOptions,
  type LimitScopes,
  type Limits,
} from './limits/limits.ts';
export { type OidcSettings, oidc } from './oidc/oidc.ts';
export type { Binding } from './policy/binding.ts';
export type { Duration } from './policy/duration.ts';
export type { ClaimsOf, TokenClaims } from './policy/evidence.ts';
export {
  type Action,
  type Evidence,
  type Policy,
  policyOf,
  type RoutePolicy,
} from './policy/policy.ts';
export type { GuardMaker, RequireArguments, RouteOptions } from './policy/route-options.ts';
export type { CibaSettings, PingCibaSettings } from './provider/ciba-settings.ts';
export type { FirstLegOptions } from './provider/first-leg.ts';
export {
  createIdentityCheck,
  ID_TOKEN_ALGORITHMS,
  type IdentityCheck,
  type IdentityCheckOptions,
  idTokenAlgorithm,
} from './provider/id-token-check.ts';
export type {
  Ask,
  ConnectedProvider,
  Management,
  Provider,
  ProviderHost,
  Removal,
  Senders,
  SignIn,
  SignInResult,
  WayDescription,
} from './provider/provider.ts';
export type { RedirectSettings } from './provider/redirect-settings.ts';
export type { ReceiptKey, ReceiptSettings } from './receipts/receipt-settings.ts';
export type { Approval } from './records/handle-record.ts';
export type { Asked, HookContext, Identity } from './request/caller.ts';
export { errorBody, errorResponse } from './request/error-response.ts';
export type { HostBody } from './request/form-body.ts';
export { handleCookieName } from './request/handle-cookie.ts';
export type { HostRequest, HostResponse } from './request/host-request.ts';
export {
  type BearerRequest,
  type ClaimIdentifyOptions,
  type IdentifyBySession,
  identifyByBearer,
  identifyByClaims,
  identifyByOidc,
  identifyBySession,
  type OidcRequest,
  type SessionIdentifyOptions,
  type SessionRequest,
} from './request/identify.ts';
export type { AnswerKind } from './request/navigation.ts';
export { createMemoryStore, type MemoryStoreOptions } from './store/memory-store.ts';
export type { Json, Store, StoredRecord } from './store/store.ts';
