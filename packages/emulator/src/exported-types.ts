// The types that both entries of the package export.
export type { ClientOptions } from './client.ts';
export type { EmulatorClock } from './clock.ts';
export type { Fault, FaultMatch, FaultResponse, Faults, WaitingFault } from './control/faults.ts';
export type { Dialect } from './dialect.ts';
export type { PortableEmulator } from './emulator.ts';
export type { EmulatorControl, EmulatorUser } from './emulator-control.ts';
export type { EmulatorErrorDetails } from './emulator-error.ts';
export type { Factor, RequirementType } from './factor.ts';
export type { Lifetimes } from './lifetimes.ts';
export type { Limits, RateLimit } from './limits.ts';
export type { UserOptions } from './mfa/user.ts';
export type { NamedTenantOptions, NamedTenants } from './named-tenants.ts';
export type { EmulatorOptions } from './options.ts';
export type { Phone, PhoneCode, PhoneEnrollment, PhoneMessage, PhonePush, PhoneView } from './phone.ts';
export type { RandomBytes } from './random.ts';
export type { MfaRequirements, Settings, SettingsPatch } from './settings.ts';
export type { Belonging, LoggedAnswer, LoggedRequest, RequestEnd } from './timeline/logged-request.ts';
