export { isStepUpError, StepUpError } from '@stepgate/core';
export { errorResponse } from './answer.ts';
export { AUDIT_CHANNEL, type AuditListeners } from './audit.ts';
export {
  AUDIT_EVENT_TYPES,
  type AuditEvent,
  type AuditEventOf,
  type AuditEventType,
  type FlowEnd,
} from './audit-event.ts';
export type { AuthenticatorSettings } from './authenticators.ts';
export { type Capacity, DEFAULT_CAPACITY } from './capacity.ts';
export type { Endpoints } from './endpoints.ts';
export type { ClaimsOf, Evidence, TokenClaims } from './evidence.ts';
export type { Ask, FirstLegContext, FirstLegOptions } from './first-leg.ts';
export type { HostBody } from './form-body.ts';
export { createGate, type Gate } from './gate.ts';
export type { Auth0Settings, GateOptions } from './gate-options.ts';
export type { Decision, Guard, StepUp, Verdict } from './guard.ts';
export type { HostRequest, HostResponse, Identity } from './host-request.ts';
export {
  type BearerRequest,
  type ClaimIdentifyOptions,
  identifyByBearer,
  identifyByOidc,
  identifyBySession,
  type OidcRequest,
  type SessionIdentifyOptions,
  type SessionRequest,
} from './identify.ts';
export type { IdentityCheck } from './identity-check.ts';
export { DEFAULT_LIMITS, type Limit, type Limits } from './limits.ts';
export { createMemoryStore, type MemoryStoreOptions } from './memory-store.ts';
export { createNativeGate, type NativeGate } from './native-gate.ts';
export type { AnswerKind } from './navigation.ts';
export type { FlowStatus, StepUpStatus } from './oversight.ts';
export type { TextsByLanguage } from './page-language.ts';
export { type Action, type Policy, policyOf, type RoutePolicy } from './policy.ts';
export type { Approval } from './record.ts';
export type { RouteOptions } from './route-options.ts';
export {
  type EffectSignal,
  type FlowSignal,
  type GuardSignal,
  SIGNALS,
  type StoreSignal,
  type UpstreamSignal,
} from './signals.ts';
export type { Json, Store, StoredRecord } from './store.ts';
