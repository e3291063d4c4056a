import { createDirectory, type Directory } from '../admin/directory.ts';
import { exportTenant, type TenantExport } from '../admin/export.ts';
import type { KeptState } from '../directory/kept-state.ts';
import type { LogStreamOptions } from '../directory/log-stream.ts';
import type { UserOptions } from '../directory/user-options.ts';
import type { EmulatorClock } from '../lib/clock.ts';
import { delay } from '../lib/timers.ts';
import { createLogStreams } from '../logs/log-streams.ts';
import { createEventStreams, type EventStreams } from '../request/event-stream.ts';
import {
  assertSettingsPatch,
  mergeSettings,
  type Settings,
  type SettingsPatch,
} from '../settings/settings.ts';
import { createEventLog, type LogEvent } from '../state/event-log.ts';
import { restoreState } from '../state/kept-state.ts';
import type { LogStreams } from '../state/log-streams.ts';
import { createTenant, type Tenant, type TenantFrame } from '../state/tenant.ts';
import type { LoggedRequest } from '../timeline/logged-request.ts';
import { createTimeline, type Timeline } from '../timeline/timeline.ts';
import { type CompleteLoginOptions, completeLogin, type LoginResult } from './complete-login.ts';
import { createFaultBook, type FaultBook, type Faults } from './faults.ts';
import { createPhone, type Phone } from './phone.ts';

/** Everything you can see and do from outside the tenant's own API. */
export interface EmulatorControl extends Directory, LogStreams {
  /** The issuer of its tokens, with a slash at its end. */
  readonly issuer: string;
  readonly clock: EmulatorClock;
  readonly faults: Faults;
  /** The last 10,000 requests to the tenant, oldest first. */
  readonly requests: readonly LoggedRequest[];
  /** The last 5,000 events of the tenant's log, oldest first, as `GET /api/v2/logs` has them. */
  readonly logEvents: readonly LogEvent[];
  readonly settings: Settings;
  /** The phone of a user. Using it without such a user is a 404. */
  phone(username: string): Phone;
  /** Changes settings; those left out stay as they are. A `TypeError` names one that is wrong. */
  configure(patch: SettingsPatch): void;
  /** Back to the start: users, tokens, phones, settings, faults, logs, log streams and clock. The signing key stays. */
  reset(): void;
  /**
   * Passes the login pages as a user with a phone would, without a browser: from the address that an app sends its users
   * to, until they are sent back. What a page complains about is an `EmulatorError`.
   */
  completeLogin(authorizationUrl: string, options?: CompleteLoginOptions): Promise<LoginResult>;
  /** The tenant as it is now, for the options of another emulator: `createEmulator({ ...config, state })`. */
  export(): Promise<TenantExport>;
}

/** The parts of an emulator that a request handler needs. */
export interface EmulatorParts {
  readonly control: EmulatorControl;
  readonly timeline: Timeline;
  readonly faults: FaultBook;
  readonly eventStreams: EventStreams;
  currentTenant(): Tenant;
}

/** What a tenant begins with. */
export interface EmulatorStart {
  /** Answers the tenant's requests. */
  handle(this: void, request: Request): Promise<Response>;
  readonly frame: TenantFrame;
  readonly settings: Settings;
  readonly logStreams: readonly LogStreamOptions[];
  readonly clock: EmulatorClock & { reset(): void };
  readonly state: KeptState | undefined;
  /** The given options that never change. */
  readonly onRequest: ((request: LoggedRequest) => void) | undefined;
  readonly fixed: Pick<TenantExport['config'], 'issuer' | 'mfaAudience'>;
}

/** A tenant with the functions that control it. */
export function createEmulatorParts({
  frame,
  settings,
  clock,
  state,
  fixed,
  logStreams: initialStreams,
  onRequest,
  handle,
}: EmulatorStart): EmulatorParts {
  const faults = createFaultBook();
  const timeline = createTimeline(onRequest);
  const streams = createLogStreams(initialStreams, { fetch: frame.fetch, wait: delay });
  const events = createEventLog((event) => streams.deliver(event));
  const log = { events, logStreams: streams };
  let tenant = createTenant(frame, settings, log);
  if (state !== undefined) restoreState(tenant, state);
  const initialUsers: readonly UserOptions[] = frame.users;

  const control: EmulatorControl = {
    ...createDirectory(() => tenant, initialUsers),
    logStreams: () => streams.logStreams(),
    addLogStream: (options) => streams.addLogStream(options),
    removeLogStream: (name) => streams.removeLogStream(name),
    get issuer() {
      return frame.issuer();
    },
    clock,
    faults,
    get requests() {
      return timeline.log.entries;
    },
    get logEvents() {
      return events.events;
    },
    get settings() {
      return tenant.settings;
    },
    phone: (username) => createPhone(() => tenant, username),
    configure(patch) {
      assertSettingsPatch(patch);
      tenant.settings = mergeSettings(tenant.settings, patch);
    },
    reset() {
      clock.reset();
      faults.clear();
      timeline.clear();
      events.clear();
      streams.reset();
      tenant = createTenant(frame, settings, log);
    },
    completeLogin: (url, options) => completeLogin({ handle, currentTenant: () => tenant }, url, options),
    export: () => exportTenant(tenant, { ...fixed, logStreams: streams.options() }),
  };
  return { control, timeline, faults, eventStreams: createEventStreams(), currentTenant: () => tenant };
}
