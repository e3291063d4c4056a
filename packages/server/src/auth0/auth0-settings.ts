import { parseIssuer } from '@stepgate/core';
import { digest } from '../lib/seal.ts';

/** The tenant, the application in it, and what is asked of it. */
export interface Auth0Settings {
  /** The address of the tenant or of its custom domain: `https://tenant.eu.auth0.com/`. */
  readonly issuer: string;
  /** The application's client id. */
  readonly clientId: string;
  /** The application's secret, if it authenticates with one. */
  readonly clientSecret?: string;
  /**
   * Signs a fresh assertion for every request, if the application authenticates with `private_key_jwt`. `iss` and `sub`
   * are the client id, `aud` is the issuer with its trailing slash, `jti` is unique, and it lives 5 minutes at most.
   */
  readonly clientAssertion?: () => Promise<string>;
  /** The API whose step-up scope is asked for. */
  readonly audience?: string;
  /** The scope for which the tenant demands MFA. */
  readonly scope?: string;
  /** The database connection, for tenants without a default directory. */
  readonly realm?: string;
  /**
   * The audience of the MFA API, for managing authenticators; default `<issuer>mfa/`. With a custom domain it may
   * have to be the one of the tenant's own domain.
   */
  readonly mfaAudience?: string;
  /** Sends the client's credentials when an enrolment starts, for tenants that demand them there. Default `false`. */
  readonly enrollWithCredentials?: boolean;
  /** Milliseconds until a request to the tenant counts as lost; default 10 000. */
  readonly timeoutMs?: number;
  /**
   * Sends the requests to the tenant. Default: undici's connections, which are those of Node's `fetch`, so that
   * `setGlobalDispatcher` of `undici` and `NODE_USE_ENV_PROXY` put a proxy on the way.
   */
  readonly fetch?: typeof globalThis.fetch;
  /** Accepts an `http:` issuer. For an emulator on this machine. */
  readonly allowInsecureIssuer?: boolean;
}

/**
 * Names the tenant and the application that a gate stands for. It is in every key of the store and in every session's
 * name, so that gates of others, on the same store and with the same secret, share nothing with this one.
 */
export function realmOf(auth0: Auth0Settings): string {
  return digest(JSON.stringify([parseIssuer(auth0), auth0.clientId])).slice(0, REALM_LENGTH);
}

/** 132 bits: nobody finds two that are the same, and keys stay short. */
const REALM_LENGTH = 22;
