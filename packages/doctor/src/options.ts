import type { Auth0MfaApiOptions } from '@stepgate/core';

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
  /**
   * The `Cookie` header of a signed-in session. With it, and `sends`, a flow is begun, looked at and cancelled.
   */
  readonly cookie?: string;
  /** How long an answer may take, in milliseconds; default 10 000. */
  readonly timeoutMs?: number;
}

/** What there is to look at. Whatever is left out is not looked at, and the findings say so. */
export interface DoctorOptions {
  readonly auth0: DoctorAuth0;
  /** The gate's `secret`. */
  readonly secret?: string | readonly string[];
  /** Signed in a few times; the sessions and refresh tokens that come of it are thrown away. */
  readonly user?: TestUser;
  /** In place of the one that the test user gets. It may be used up. */
  readonly refreshToken?: string;
  /** `false` for an app whose first leg is not the refresh token. Default `true`. */
  readonly usesRefreshTokens?: boolean;
  /** `false` for a gate with `authenticators: false`. Default `true`. */
  readonly managesAuthenticators?: boolean;
  /**
   * Lets the doctor send one push to the test user's phone, or, where the user has none, begin an enrolment that stays
   * unconfirmed. With a session of the app's it begins a flow there too, which may send another one. Without it nothing
   * is sent and nothing enrolled.
   */
  readonly sends?: boolean;
  /**
   * How long the test user's answer to the push is waited for, in milliseconds; default 0. The tokens that an approval
   * brings are looked at where a login brings none, and are thrown away.
   */
  readonly waitMs?: number;
  /** How often the answer is asked for meanwhile, in milliseconds; default 5000, which is as often as a tenant allows. */
  readonly pollMs?: number;
  /** `redis[s]://…`, as `createRedisStore` takes it. */
  readonly redisUrl?: string;
  readonly app?: DoctorApp;
  /** What tenant and app are reached with; default the platform's. `auth0.fetch` goes before it for the tenant. */
  readonly fetch?: typeof globalThis.fetch;
}
