import type { EnrolledFactor, UserOptions } from '../directory/user-options.ts';
import { type ControlClient, ControlError, createControlClient } from './control-client.ts';
import { createTestPhone, type TestPhone } from './test-phone.ts';

/** A user that exists for a test. */
export interface TestUser {
  readonly username: string;
  readonly password: string;
  readonly sub: string;
}

/** Options of a user, such as the factors that are enrolled from the start. */
export type TestUserOptions = Partial<UserOptions>;

/** A fault that hits the requests of a test, as `POST /_emulator/faults` takes it. */
export interface TestFault {
  readonly match?: {
    readonly method?: string;
    readonly path?: string;
    readonly grant_type?: string;
    readonly username?: string;
  };
  readonly times?: number;
  readonly respond?: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  readonly drop?: 'before' | 'after';
  readonly delay_ms?: number;
}

/** An entry of the tenant's timeline, as `GET /_emulator/requests` lists it. */
export type TestRequest = Readonly<Record<string, unknown>> & {
  readonly method: string;
  readonly path: string;
  readonly status?: number;
};

/** A tenant as tests use it: in this process or in another one. */
export interface TestTenant {
  /** Its address, and its issuer unless the emulator was given another one. With a slash at its end. */
  readonly url: string;
  /** What an app is told: `AUTH0_ISSUER`, `AUTH0_DOMAIN`, `AUTH0_CLIENT_ID`, `AUTH0_CLIENT_SECRET` and others. */
  readonly env: Readonly<Record<string, string>>;
  /** Adds a user, with a name that nobody else has unless it is given. */
  addUser(options?: TestUserOptions): Promise<TestUser>;
  /** Makes a user as at the start, and ends what is going on for them. Others notice nothing. */
  resetUser(username: string): Promise<void>;
  /** Removes a user; one that is gone already is ignored. */
  removeUser(username: string): Promise<void>;
  /** Enrols a factor at once. */
  enroll(username: string, factor: EnrolledFactor): Promise<void>;
  phone(username: string): TestPhone;
  /** The requests so far, all or those that belong to a user. */
  requests(filter?: { readonly username?: string }): Promise<TestRequest[]>;
  /** Changes settings for everybody who uses the tenant. */
  configure(settings: Readonly<Record<string, unknown>>): Promise<void>;
  addFault(fault: TestFault): Promise<void>;
  /** Moves the clock of everybody who uses the tenant. */
  advance(ms: number): Promise<void>;
  /** Back to the start, for everybody who uses the tenant. */
  reset(): Promise<void>;
}

/** The tenant at an address: an emulator that runs elsewhere, such as that of `stepgate-emulator exec`. */
export function connectTenant(url: string): Promise<TestTenant> {
  return toTestTenant(createControlClient(url));
}

let ordinal = 0;

/** A tenant over its control API; `further` is added to what apps are told. */
export async function toTestTenant(
  control: ControlClient,
  further: Readonly<Record<string, string>> = {},
): Promise<TestTenant> {
  const env = { ...((await control.call('GET', 'environment')) as Record<string, string>), ...further };
  const call = async (method: string, path: string, body?: unknown): Promise<void> => {
    await control.call(method, path, body);
  };
  return {
    url: control.url,
    env,
    async addUser({ username = uniqueName(), password = `password of ${username}`, ...rest } = {}) {
      const body = { ...rest, username, password };
      const { sub } = (await control.call('POST', 'users', body)) as { readonly sub: string };
      return { username, password, sub };
    },
    resetUser: (username) => call('POST', `${pathOf(username)}/reset`),
    enroll: (username, factor) => call('POST', `${pathOf(username)}/factors`, factor),
    // A test may have removed its user, or reset the tenant.
    removeUser: (username) => call('DELETE', pathOf(username)).catch(ignoreMissing),
    phone: (username) => createTestPhone(control, username),
    requests: async ({ username } = {}) => {
      const query = username === undefined ? '' : `?user=${encodeURIComponent(username)}`;
      return (await control.call('GET', `requests${query}`)) as TestRequest[];
    },
    configure: (settings) => call('PATCH', 'settings', settings),
    addFault: (fault) => call('POST', 'faults', fault),
    advance: (ms) => call('POST', 'clock', { advance_ms: ms }),
    reset: () => call('POST', 'reset'),
  };
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ControlError && error.status === 404)) throw error;
}

function pathOf(username: string): string {
  return `users/${encodeURIComponent(username)}`;
}

/** No two tests have a user in common, in whatever process they run. */
function uniqueName(): string {
  ordinal += 1;
  return `user-${ordinal}-${crypto.randomUUID().slice(0, 8)}`;
}
