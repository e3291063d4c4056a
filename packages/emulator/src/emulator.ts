import { parseBody } from './api/api-request.ts';
import { toErrorResponse, toJsonResponse } from './api/json-response.ts';
import { createTenantApi } from './api/tenant-api.ts';
import { type ClientOptions, defaultClients, indexClients } from './client.ts';
import { createClock, type EmulatorClock } from './clock.ts';
import { createControlApi } from './control/control-api.ts';
import { runExchange } from './control/exchange.ts';
import { createFaultBook, type Faults } from './control/faults.ts';
import { createRequestLog, type LoggedRequest } from './control/request-log.ts';
import { EmulatorError } from './emulator-error.ts';
import { type Listening, type ListenOptions, listen } from './listen.ts';
import { createUser, type UserOptions } from './mfa/user.ts';
import { createPhone, type Phone } from './phone.ts';
import { type RandomBytes, randomId, systemRandomBytes } from './random.ts';
import {
  assertSettingsPatch,
  defaultSettings,
  mergeSettings,
  type Settings,
  type SettingsPatch,
} from './settings.ts';
import { createTenant, type Tenant } from './tenant.ts';
import { createSigningKeys, type SigningKeys } from './tokens/signing-keys.ts';

/** Options of {@link createEmulator}: what outlives a reset, and the settings to begin with. */
export interface EmulatorOptions extends SettingsPatch {
  /** Another issuer than its own address, for clients that insist on https and map requests themselves. */
  readonly issuer?: string;
  /** The APIs of the tenant; the first is the default. Default `https://bank.example/`. */
  readonly audiences?: readonly string[];
  readonly clients?: readonly ClientOptions[];
  /** Default: `ada`, with the password `correct-horse`. */
  readonly users?: readonly UserOptions[];
  /** What time it is; default the system's clock. */
  readonly clock?: { now(): number };
  readonly randomBytes?: RandomBytes;
}

/** An Auth0 tenant for the desk. */
export interface Emulator {
  /** With a slash at its end, as Auth0's. */
  readonly issuer: string;
  /** Answers one request: usable as a `fetch` without any socket. A dropped connection is a `TypeError`. */
  handle(request: Request): Promise<Response>;
  /** Serves it on a loopback port. */
  listen(options?: ListenOptions): Promise<Listening>;
  readonly clock: Pick<EmulatorClock, 'now' | 'advance'>;
  readonly faults: Faults;
  /** Every request to the tenant so far, oldest first. */
  readonly requests: readonly LoggedRequest[];
  readonly settings: Settings;
  /** Changes settings while it runs; a `TypeError` names what is wrong. */
  configure(patch: SettingsPatch): void;
  /** Adds a user, or finds the one with this name and password; another password is a 409. */
  addUser(options: UserOptions): { readonly sub: string };
  phone(username: string): Phone;
  usernames(): string[];
  /** Everything as at the beginning: users, authenticators, tokens, faults, requests and the clock. */
  reset(): void;
}

const LARGEST_BODY_BYTES = 65_536;

/**
 * Makes an emulator. Nothing listens until `listen`.
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const {
    issuer: givenIssuer,
    audiences = ['https://bank.example/'],
    clients = defaultClients,
    users = [{ username: 'ada', password: 'correct-horse' }],
    clock: base = Date,
    randomBytes = systemRandomBytes,
    ...patch
  } = options;
  assertSettingsPatch(patch);
  const fixedIssuer = givenIssuer === undefined ? undefined : withSlash(givenIssuer);
  const clock = createClock(base);
  const faults = createFaultBook();
  const log = createRequestLog();
  const tenantApi = createTenantApi();
  const initial = mergeSettings(defaultSettings, patch);
  let address = 'http://127.0.0.1/';
  let keys: Promise<SigningKeys> | undefined;

  const issuer = (): string => fixedIssuer ?? address;
  const frame = {
    clock,
    randomBytes,
    audiences,
    clients: indexClients(clients),
    users,
    issuer,
    mfaAudience: () => `${issuer()}mfa/`,
    signingKeys: () => {
      keys ??= createSigningKeys(randomId(randomBytes, 16));
      return keys;
    },
  };
  let tenant: Tenant = createTenant(frame, initial);

  async function handleTenant(request: Request, path: string): Promise<Response> {
    const body = await readBody(request);
    const grantType = path === '/oauth/token' ? grantTypeOf(body, request.headers) : undefined;
    const forwardedFor = request.headers.get('auth0-forwarded-for');
    const logged: LoggedRequest = {
      method: request.method,
      path,
      at: clock.now(),
      ...(grantType !== undefined && { grantType }),
      ...(forwardedFor !== null && { forwardedFor }),
    };
    const head = new Request(request.url, { method: request.method, headers: request.headers });
    return runExchange(log, faults, logged, async () => {
      const response = await tenantApi.fetch(head, { tenant, body });
      const dated = new Headers(response.headers);
      dated.set('date', new Date(clock.now()).toUTCString());
      return new Response(response.body, { status: response.status, headers: dated });
    });
  }

  tenantApi.onError((error) => {
    if (error instanceof EmulatorError) return toErrorResponse(error);
    throw error;
  });
  tenantApi.notFound(() => toJsonResponse(404, { error: 'not_found', error_description: 'Not found.' }));

  const emulator: Emulator = {
    get issuer() {
      return issuer();
    },
    async handle(request) {
      const path = new URL(request.url).pathname;
      try {
        if (path.startsWith('/_emulator/')) return await control.fetch(request);
        return await handleTenant(request, path);
      } catch (error) {
        if (error instanceof EmulatorError) return toErrorResponse(error);
        throw error;
      }
    },
    async listen(listenOptions) {
      const listening = await listen((request) => emulator.handle(request), listenOptions);
      address = listening.url;
      return listening;
    },
    clock,
    faults,
    get requests() {
      return log.entries;
    },
    get settings() {
      return tenant.settings;
    },
    configure(settings) {
      assertSettingsPatch(settings);
      tenant.settings = mergeSettings(tenant.settings, settings);
    },
    addUser(user) {
      const existing = tenant.users.get(user.username);
      if (existing !== undefined) {
        // Tests that share an emulator can each ask for their user.
        if (existing.password === user.password) return { sub: existing.sub };
        throw new EmulatorError(409, 'conflict', `There is a user ${user.username} with another password`);
      }
      const created = createUser(user);
      tenant.users.set(created.username, created);
      return { sub: created.sub };
    },
    phone: (username) => createPhone(() => tenant, username),
    usernames: () => [...tenant.users.keys()],
    reset() {
      clock.reset();
      faults.clear();
      log.clear();
      tenant = createTenant(frame, initial);
    },
  };
  const control = createControlApi(emulator);
  return emulator;
}

function withSlash(issuer: string): string {
  if (!URL.canParse(issuer)) throw new TypeError('issuer is an absolute address, like https://tenant.test/');
  return issuer.endsWith('/') ? issuer : `${issuer}/`;
}

async function readBody(request: Request): Promise<string> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.byteLength > LARGEST_BODY_BYTES) {
    throw new EmulatorError(413, 'invalid_request', 'The body is larger than 64 KB');
  }
  return new TextDecoder().decode(bytes);
}

function grantTypeOf(body: string, headers: Headers): string | undefined {
  try {
    const value = parseBody(body, headers.get('content-type') ?? '').grant_type;
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
