import type { Auth0MfaApiOptions, WayName } from '@stepgate/core';

/** The tenant and the application: what a gate's `auth0` takes. */
export interface DoctorAuth0 extends Auth0MfaApiOptions {
  /** The API whose step-up scope is asked for. */
  readonly audience?: string;
  /** The scope for which the tenant demands MFA. */
  readonly scope?: string;
  /** The database connection, for tenants without a default directory. */
  readonly realm?: string;
  /** The audience of the MFA API; default `<issuer>mfa/`. */
  readonly mfaAudience?: string;
}

/** A user of the tenant made for tests. */
export interface TestUser {
  readonly username: string;
  readonly password: string;
}

/** The app as browsers see it. */
export interface DoctorApp {
  /** Its address, `https://bank.example`. */
  readonly url: string;
  /** The gate's `basePath`; default `/step-up`. */
  readonly basePath?: string;
  /** The `Cookie` header of a signed-in session. With it, and `sends`, a flow is begun, checked and cancelled. */
  readonly cookie?: string;
  /** How long a response may take, in milliseconds; default 10 000. */
  readonly timeoutMs?: number;
}

/** What to check. Anything left out is skipped, and the findings say so. */
export interface DoctorOptions {
  readonly auth0: DoctorAuth0;
  /** The gate's `secret`. */
  readonly secret?: string | readonly string[];
  /** Signed in a few times; the resulting sessions and refresh tokens are discarded. */
  readonly user?: TestUser;
  /** Replaces the one that the test user gets. It may be used up. */
  readonly refreshToken?: string;
  /** `false` for an app whose first leg is not the refresh token. Default `true`. */
  readonly usesRefreshTokens?: boolean;
  /** `false` for a gate with `authenticators: false`. Default `true`. */
  readonly managesAuthenticators?: boolean;
  /**
   * Lets the doctor send one push to the test user's phone. If the user has no phone, it begins an enrolment and
   * leaves it unconfirmed. With a session of the app, it also begins a flow there, which may send another push.
   * Without this option, nothing is sent and nothing enrolled.
   */
  readonly sends?: boolean;
  /**
   * How long to wait for the test user's answer to the push, in milliseconds; default 0. The tokens of an approval
   * are checked if a login brings none, and then discarded.
   */
  readonly waitMs?: number;
  /** How often to poll for the answer, in milliseconds; default 5000, which is as often as a tenant allows. */
  readonly pollMs?: number;
  /** The ways of the provider that the gate has. Default: the MFA API alone. */
  readonly ways?: readonly WayName[];
  /** `redis[s]://…`, as `createRedisStore` takes it. */
  readonly redisUrl?: string;
  /** The file of `createSqliteStore`. */
  readonly sqlitePath?: string;
  /** `postgres://…`, as `createPostgresStore` takes it. */
  readonly postgresUrl?: string;
  /** The `table` of that store; default `stepgate`. */
  readonly postgresTable?: string;
  readonly app?: DoctorApp;
  /** The `fetch` for tenant and app; default the platform's. `auth0.fetch` takes precedence for the tenant. */
  readonly fetch?: typeof globalThis.fetch;
}
