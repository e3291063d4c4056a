import type { ApiOptions } from '../directory/api.ts';
import type { ClientOptions } from '../directory/client.ts';
import type { UserOptions } from '../directory/user-options.ts';
import type { SigningKeys } from '../keys/signing-keys.ts';
import type { EmulatorClock } from '../lib/clock.ts';
import { createExpiringMap, type ExpiringMap } from '../lib/expiring-map.ts';
import type { RandomBytes } from '../lib/random.ts';
import { createLimitBook, type LimitBook } from '../settings/limits.ts';
import type { Settings } from '../settings/settings.ts';
import type { CibaRequest } from './ciba-request.ts';
import type { EventLog } from './event-log.ts';
import type { LogStreams } from './log-streams.ts';
import type { IssuedCode, LoginMfa, OpenLogin, PushedRequest, TenantSession } from './login-state.ts';
import type { OobCode } from './oob-code.ts';
import type { InboxMessage, PhoneNotification, WaitingCode } from './phone-state.ts';
import { createRefreshTokens, type RefreshTokens } from './refresh-tokens.ts';
import type { Transaction } from './transaction.ts';
import { createUser, type User } from './user.ts';

/** What outlives a reset. */
export interface TenantFrame {
  readonly clock: EmulatorClock;
  readonly randomBytes: RandomBytes;
  /** What pings and log events are sent with. */
  readonly fetch: (this: void, url: string, init: RequestInit) => Promise<Response>;
  /** What there is from the start and after a reset. Of the APIs, the first one is the default. */
  readonly apis: readonly ApiOptions[];
  readonly clients: readonly ClientOptions[];
  readonly users: readonly UserOptions[];
  /** The path that the tenant is served under, without a slash at its end: empty, or `/t/<name>`. */
  readonly basePath: string;
  /** With a slash at its end, as Auth0's. */
  issuer(): string;
  /** The audience whose tokens manage authenticators. */
  mfaAudience(): string;
  signingKeys(): Promise<SigningKeys>;
}

/** The whole state of an emulated tenant; a reset is a new one. */
export interface Tenant extends Omit<TenantFrame, 'apis' | 'clients' | 'users'> {
  settings: Settings;
  /** By audience; the first one is the default. */
  readonly apis: Map<string, ApiOptions>;
  /** By client id. */
  readonly clients: Map<string, ClientOptions>;
  /** By username. */
  readonly users: Map<string, User>;
  readonly transactions: Map<string, Transaction>;
  readonly oobCodes: Map<string, OobCode>;
  /** By `auth_req_id`. */
  readonly cibaRequests: Map<string, CibaRequest>;
  readonly waitingCodes: WaitingCode[];
  readonly notifications: PhoneNotification[];
  readonly inbox: InboxMessage[];
  readonly refreshTokens: RefreshTokens;
  /** Login pages that stand open, codes waiting for their exchange, and sessions of browsers. */
  readonly logins: ExpiringMap<OpenLogin>;
  readonly pushedRequests: ExpiringMap<PushedRequest>;
  /** Tickets to enrol a factor with. */
  readonly tickets: ExpiringMap<LoginMfa>;
  readonly authorizationCodes: ExpiringMap<IssuedCode>;
  readonly sessions: ExpiringMap<TenantSession>;
  /** Who has passed a second factor with a browser, by the browser's cookie. */
  readonly rememberedBrowsers: ExpiringMap<{ readonly user: User }>;
  /** Access tokens that are good no more. */
  readonly revokedTokenIds: Set<string>;
  readonly limits: LimitBook;
  /** Ids of client assertions that were used, with the time from which they may be forgotten. */
  readonly usedAssertions: Map<string, number>;
  /** What `GET /api/v2/logs` lists. */
  readonly events: EventLog;
  /** Where its events are sent to. */
  readonly logStreams: LogStreams;
  /** Called whenever something arrives on a phone. */
  readonly watchers: Set<() => void>;
}

/** What a tenant writes about itself. It outlives a reset, which empties it. */
export type TenantLog = Pick<Tenant, 'events' | 'logStreams'>;

/** A tenant in which nothing happened yet. */
export function createTenant(frame: TenantFrame, settings: Settings, log: TenantLog): Tenant {
  const now = (): number => frame.clock.now();
  const tenant: Tenant = {
    ...frame,
    settings,
    apis: new Map(frame.apis.map((api) => [api.audience, api])),
    clients: new Map(frame.clients.map((client) => [client.clientId, client])),
    users: new Map(
      frame.users.map((options) => [
        options.username,
        createUser(options, { now: now(), factors: settings.factors }),
      ]),
    ),
    transactions: new Map(),
    oobCodes: new Map(),
    cibaRequests: new Map(),
    waitingCodes: [],
    notifications: [],
    inbox: [],
    refreshTokens: createRefreshTokens(
      frame.randomBytes,
      now,
      () => tenant.settings.lifetimes.refreshTokenMs,
    ),
    logins: createExpiringMap(now),
    pushedRequests: createExpiringMap(now),
    tickets: createExpiringMap(now),
    rememberedBrowsers: createExpiringMap(now),
    revokedTokenIds: new Set(),
    authorizationCodes: createExpiringMap(now),
    sessions: createExpiringMap(now),
    limits: createLimitBook(now),
    usedAssertions: new Map(),
    ...log,
    watchers: new Set(),
  };
  return tenant;
}

/** The audience of `/userinfo`. */
export function userinfoAudience(tenant: Tenant): string {
  return `${tenant.issuer()}userinfo`;
}

/** The name of a named tenant, or the first label of the issuer's host, as Auth0 names a tenant; an address has none. */
export function tenantName({ basePath, issuer }: Pick<TenantFrame, 'basePath' | 'issuer'>): string {
  if (basePath !== '') return basePath.slice('/t/'.length);
  const { hostname } = new URL(issuer());
  return /^[a-z]/i.test(hostname) ? (hostname.split('.')[0] ?? hostname) : 'emulator';
}

/** The user behind a `sub`. */
export function findUser(tenant: Tenant, sub: string | undefined): User | undefined {
  return [...tenant.users.values()].find((user) => user.sub === sub);
}

/** Tells everything that waits for something on a phone to look again. */
export function announce(tenant: Tenant): void {
  for (const watcher of tenant.watchers) watcher();
}
