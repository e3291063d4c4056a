// The types that both entries of the package export.

export type { Directory, EmulatorUser } from './admin/directory.ts';
export type { TenantExport } from './admin/export.ts';
export type { CompleteLoginOptions, LoginResult } from './control/complete-login.ts';
export type { EmulatorControl } from './control/emulator-control.ts';
export type { Fault, FaultMatch, FaultResponse, Faults, WaitingFault } from './control/faults.ts';
export type { NamedTenantOptions, NamedTenants } from './control/named-tenants.ts';
export type {
  Phone,
  PhoneCode,
  PhoneEnrollment,
  PhoneMessage,
  PhonePush,
  PhoneView,
} from './control/phone.ts';
export type { ApiOptions } from './directory/api.ts';
export type { ClientOptions } from './directory/client.ts';
export type { LogStreamOptions } from './directory/log-stream.ts';
export type { TenantConfig } from './directory/options.ts';
export type { EnrolledFactor, UserOptions } from './directory/user-options.ts';
export type { PortableEmulator } from './emulator.ts';
export type { EmulatorOptions } from './emulator-options.ts';
export type { EmulatorClock } from './lib/clock.ts';
export type { EmulatorErrorDetails } from './lib/emulator-error.ts';
export type { RandomBytes } from './lib/random.ts';
export type { EventType } from './logs/event-types.ts';
export type { Dialect } from './settings/dialect.ts';
export type { Factor, RequirementType } from './settings/factor.ts';
export type { Lifetimes } from './settings/lifetimes.ts';
export type { Limits, RateLimit } from './settings/limits.ts';
export type { MfaRequirements, Settings, SettingsPatch } from './settings/settings.ts';
export type { LogEvent } from './state/event-log.ts';
export type { LogStreamState, LogStreams } from './state/log-streams.ts';
export type { Belonging, LoggedAnswer, LoggedRequest, RequestEnd } from './timeline/logged-request.ts';
