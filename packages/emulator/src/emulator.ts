import { toErrorResponse } from './api/json-response.ts';
import { createTenantApi } from './api/tenant-api.ts';
import { createClock, type EmulatorClock } from './clock.ts';
import { createControlApi } from './control/control-api.ts';
import { runExchange } from './control/exchange.ts';
import { createFaultBook, type Faults } from './control/faults.ts';
import { createRequestLog, type LoggedRequest } from './control/request-log.ts';
import { EmulatorError } from './emulator-error.ts';
import { type EmulatorServer, type ListenOptions, listen } from './http/listen.ts';
import { readBody } from './http/read-body.ts';
import { requestPath } from './http/request-path.ts';
import { toLoggedRequest } from './http/to-logged-request.ts';
import { createUser, type UserOptions } from './mfa/user.ts';
import { type EmulatorOptions, resolveOptions } from './options.ts';
import { createPhone, type Phone } from './phone.ts';
import { randomId } from './random.ts';
import { assertSettingsPatch, mergeSettings, type Settings, type SettingsPatch } from './settings.ts';
import { createTenant, type TenantFrame } from './tenant.ts';
import { createSigningKeys, type SigningKeys } from './tokens/signing-keys.ts';

/** A user as the control functions show him. */
export interface EmulatorUser {
  readonly username: string;
  readonly sub: string;
}

/** An emulated Auth0 tenant. */
export interface Emulator {
  /** The issuer of its tokens, with a slash at its end. */
  readonly issuer: string;
  readonly clock: EmulatorClock;
  readonly faults: Faults;
  /** Every request to the tenant so far. */
  readonly requests: readonly LoggedRequest[];
  readonly settings: Settings;
  /**
   * Answers a request without a socket. A fault that drops the connection rejects with the `TypeError` that
   * `fetch` fails with; nothing else rejects.
   */
  handle(request: Request): Promise<Response>;
  /** Serves on loopback. Rejects with an error whose message says so when the port is taken. */
  listen(options?: ListenOptions): Promise<EmulatorServer>;
  users(): EmulatorUser[];
  /** Adds a user, or finds the one with this name and password; with another password it is a 409. */
  addUser(options: UserOptions): EmulatorUser;
  /** The phone of a user. */
  phone(username: string): Phone;
  /** Changes settings; those left out stay as they are. A `TypeError` names one that is wrong. */
  configure(patch: SettingsPatch): void;
  /** Back to the start: users, tokens, phones, settings, faults, log and clock. The signing key stays. */
  reset(): void;
}

/** Makes an emulator. A `TypeError` names an option that is wrong. */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const resolved = resolveOptions(options);
  const clock = createClock(resolved.clock);
  const faults = createFaultBook();
  const log = createRequestLog();
  let issuer = resolved.issuer ?? 'http://127.0.0.1:4400/';
  let keys: Promise<SigningKeys> | undefined;
  const frame: TenantFrame = {
    ...resolved,
    clock,
    issuer: () => issuer,
    mfaAudience: () => resolved.mfaAudience ?? `${issuer}mfa/`,
    signingKeys: () => (keys ??= createSigningKeys(randomId(resolved.randomBytes, 12))),
  };
  let tenant = createTenant(frame, resolved.settings);
  const tenantApi = createTenantApi();

  const emulator: Emulator = {
    get issuer() {
      return issuer;
    },
    clock,
    faults,
    get requests() {
      return log.entries;
    },
    get settings() {
      return tenant.settings;
    },
    async handle(request) {
      try {
        const body = await readBody(request);
        if (/^\/_emulator(\/|$)/.test(requestPath(request))) return await controlApi.fetch(request, { body });
        const response = await tenantApi.fetch(request, {
          tenant,
          body,
          around: (act) => runExchange(log, faults, toLoggedRequest(request, body, clock.now()), act),
        });
        if (!response.headers.has('date')) response.headers.set('date', new Date(clock.now()).toUTCString());
        return response;
      } catch (error) {
        if (error instanceof EmulatorError) return toErrorResponse(error);
        throw error;
      }
    },
    async listen(listenOptions = {}) {
      const server = await listen((request) => emulator.handle(request), listenOptions);
      if (resolved.issuer === undefined) issuer = server.url;
      return server;
    },
    users: () => [...tenant.users.values()].map(({ username, sub }) => ({ username, sub })),
    addUser(userOptions) {
      const user = createUser(userOptions);
      const existing = tenant.users.get(user.username);
      if (existing !== undefined && existing.password !== user.password) {
        throw new EmulatorError(409, 'conflict', `There is a user ${user.username} with another password`);
      }
      if (existing === undefined) tenant.users.set(user.username, user);
      return { username: user.username, sub: user.sub };
    },
    phone: (username) => createPhone(() => tenant, username),
    configure(patch) {
      assertSettingsPatch(patch);
      tenant.settings = mergeSettings(tenant.settings, patch);
    },
    reset() {
      clock.reset();
      faults.clear();
      log.clear();
      tenant = createTenant(frame, resolved.settings);
    },
  };
  const controlApi = createControlApi(emulator);
  return emulator;
}
