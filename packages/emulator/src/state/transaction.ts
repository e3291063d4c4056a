import type { User } from './user.ts';

/** The end user's address and program, as far as the request told. */
export interface Visitor {
  readonly ip: string;
  readonly userAgent: string;
}

/** What stands in the log where no request told anything. */
export const defaultVisitor: Visitor = { ip: '127.0.0.1', userAgent: '' };

/** What tokens will be issued for. */
export interface Grant {
  readonly user: User;
  readonly clientId: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  /** When the password was entered, in epoch milliseconds; a step-up does not move it. */
  readonly authTime: number;
  /** The session at the tenant that the login page began; other grants have none. */
  readonly sid?: string;
  /** The grant type by which an access token says it was issued; only some have one. */
  readonly gty?: string;
  /** The organization of the login. */
  readonly organization?: string;
  /** The `authorization_details` that the user agreed to. */
  readonly details?: readonly unknown[];
  /** Whose request asked for it: for the tenant's log. */
  readonly visitor?: Visitor;
}

/** One login that waits for MFA, named by its `mfa_token`. */
export interface Transaction {
  readonly grant: Grant;
  /** `access-token`: not a login, but an enrolment made with an access token for the MFA audience. */
  readonly kind: 'login' | 'access-token';
  readonly mfaToken: string;
  readonly expiresAt: number;
  /** Ids of the authenticators passed before this token was issued (chained MFA). */
  readonly passed: readonly string[];
  /** A recovery code that took the place of one used in this login, still to be handed out (chained MFA). */
  readonly recoveryCode?: string | undefined;
  isSpent: boolean;
  lastPollAt?: number;
}
