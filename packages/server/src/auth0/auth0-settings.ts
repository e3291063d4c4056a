import { type Auth0MfaApiOptions, parseIssuer } from '@stepgate/core';
import { digest } from '../lib/seal.ts';

/** Names the application of a tenant that a gate stands for: what its users own is nothing to another one's gate. */
export function realmOf(auth0: Auth0Settings): string {
  return digest(JSON.stringify([parseIssuer(auth0), auth0.clientId]));
}

/** The tenant, the application in it, and what is asked of it. */
export interface Auth0Settings extends Auth0MfaApiOptions {
  /** The API whose step-up scope is asked for. */
  readonly audience?: string;
  /** The scope for which the tenant demands MFA. */
  readonly scope?: string;
  /** The database connection, for tenants without a default directory. */
  readonly realm?: string;
  /**
   * The audience of the MFA API, for managing authenticators; default `<issuer>mfa/`. With a custom domain it may
   * have to be that of the tenant's own domain.
   */
  readonly mfaAudience?: string;
}
