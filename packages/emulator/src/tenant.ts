import type { ClientOptions } from './client.ts';
import type { EmulatorClock } from './clock.ts';
import { createLimitBook, type LimitBook } from './limits.ts';
import { createExpiringMap, type ExpiringMap } from './login/expiring-map.ts';
import type { AuthorizationRequest, IssuedCode, TenantSession } from './login/login-state.ts';
import type { OobCode } from './mfa/oob-code.ts';
import type { InboxMessage, PhoneNotification, WaitingCode } from './mfa/phone-state.ts';
import type { Transaction } from './mfa/transaction.ts';
import { createUser, type User, type UserOptions } from './mfa/user.ts';
import type { RandomBytes } from './random.ts';
import type { Settings } from './settings.ts';
import { createRefreshTokens, type RefreshTokens } from './tokens/refresh-tokens.ts';
import type { SigningKeys } from './tokens/signing-keys.ts';

/** What outlives a reset. */
export interface TenantFrame {
  readonly clock: EmulatorClock;
  readonly randomBytes: RandomBytes;
  /** The APIs of the tenant; the first one is the default. */
  readonly audiences: readonly string[];
  readonly clients: ReadonlyMap<string, ClientOptions>;
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
export interface Tenant extends Omit<TenantFrame, 'users'> {
  settings: Settings;
  readonly users: Map<string, User>;
  readonly transactions: Map<string, Transaction>;
  readonly oobCodes: Map<string, OobCode>;
  readonly waitingCodes: WaitingCode[];
  readonly notifications: PhoneNotification[];
  readonly inbox: InboxMessage[];
  readonly refreshTokens: RefreshTokens;
  /** Login pages that stand open, codes waiting for their exchange, and sessions of browsers. */
  readonly logins: ExpiringMap<AuthorizationRequest>;
  readonly authorizationCodes: ExpiringMap<IssuedCode>;
  readonly sessions: ExpiringMap<TenantSession>;
  readonly limits: LimitBook;
  /** Ids of client assertions that were used, with the time from which they may be forgotten. */
  readonly usedAssertions: Map<string, number>;
  /** Called whenever something arrives on a phone. */
  readonly watchers: Set<() => void>;
}

/** A tenant in which nothing happened yet. */
export function createTenant(frame: TenantFrame, settings: Settings): Tenant {
  const now = (): number => frame.clock.now();
  const tenant: Tenant = {
    ...frame,
    settings,
    users: new Map(frame.users.map((options) => [options.username, createUser(options)])),
    transactions: new Map(),
    oobCodes: new Map(),
    waitingCodes: [],
    notifications: [],
    inbox: [],
    refreshTokens: createRefreshTokens(
      frame.randomBytes,
      now,
      () => tenant.settings.lifetimes.refreshTokenMs,
    ),
    logins: createExpiringMap(now),
    authorizationCodes: createExpiringMap(now),
    sessions: createExpiringMap(now),
    limits: createLimitBook(now),
    usedAssertions: new Map(),
    watchers: new Set(),
  };
  return tenant;
}

/** The audience of `/userinfo`. */
export function userinfoAudience(tenant: Tenant): string {
  return `${tenant.issuer()}userinfo`;
}

/** Tells whoever waits for something on a phone to look again. */
export function announce(tenant: Tenant): void {
  for (const watcher of tenant.watchers) watcher();
}
