import type { EmulatorClock } from './clock.ts';
import { createFaultBook, type FaultBook, type Faults } from './control/faults.ts';
import { EmulatorError } from './emulator-error.ts';
import { createUser, type UserOptions } from './mfa/user.ts';
import { createPhone, type Phone } from './phone.ts';
import { assertSettingsPatch, mergeSettings, type Settings, type SettingsPatch } from './settings.ts';
import { createTenant, type Tenant, type TenantFrame } from './tenant.ts';
import type { LoggedRequest } from './timeline/logged-request.ts';
import { createTimeline, type Timeline } from './timeline/timeline.ts';

/** A user as the control functions show him. */
export interface EmulatorUser {
  readonly username: string;
  readonly sub: string;
}

/** What can be seen and done from outside the tenant's own API. */
export interface EmulatorControl {
  /** The issuer of its tokens, with a slash at its end. */
  readonly issuer: string;
  readonly clock: EmulatorClock;
  readonly faults: Faults;
  /** Every request to the tenant so far, oldest first. */
  readonly requests: readonly LoggedRequest[];
  readonly settings: Settings;
  users(): EmulatorUser[];
  /** Adds a user, or finds the one with this name and password; with another password it is a 409. */
  addUser(options: UserOptions): EmulatorUser;
  /** The phone of a user; using it while there is no such user is a 404. */
  phone(username: string): Phone;
  /** Changes settings; those left out stay as they are. A `TypeError` names one that is wrong. */
  configure(patch: SettingsPatch): void;
  /** Back to the start: users, tokens, phones, settings, faults, log and clock. The signing key stays. */
  reset(): void;
}

/** The parts behind the control functions that answering a request takes. */
export interface EmulatorParts {
  readonly control: EmulatorControl;
  readonly timeline: Timeline;
  readonly faults: FaultBook;
  currentTenant(): Tenant;
}

/** A tenant with the functions that control it. */
export function createEmulatorParts(
  frame: TenantFrame,
  settings: Settings,
  clock: EmulatorClock & { reset(): void },
  onRequest?: (request: LoggedRequest) => void,
): EmulatorParts {
  const faults = createFaultBook();
  const timeline = createTimeline(onRequest);
  let tenant = createTenant(frame, settings);

  const control: EmulatorControl = {
    get issuer() {
      return frame.issuer();
    },
    clock,
    faults,
    get requests() {
      return timeline.log.entries;
    },
    get settings() {
      return tenant.settings;
    },
    users: () => [...tenant.users.values()].map(({ username, sub }) => ({ username, sub })),
    addUser: (options) => addUser(tenant, options),
    phone: (username) => createPhone(() => tenant, username),
    configure(patch) {
      assertSettingsPatch(patch);
      tenant.settings = mergeSettings(tenant.settings, patch);
    },
    reset() {
      clock.reset();
      faults.clear();
      timeline.clear();
      tenant = createTenant(frame, settings);
    },
  };
  return { control, timeline, faults, currentTenant: () => tenant };
}

/** Tests that share an emulator can each ask for their user. */
function addUser(tenant: Tenant, options: UserOptions): EmulatorUser {
  const user = createUser(options);
  const existing = tenant.users.get(user.username);
  if (existing !== undefined && existing.password !== user.password) {
    throw new EmulatorError(409, 'conflict', `There is a user ${user.username} with another password`);
  }
  if (existing === undefined) tenant.users.set(user.username, user);
  return { username: user.username, sub: user.sub };
}
