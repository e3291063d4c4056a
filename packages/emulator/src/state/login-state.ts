import type { ClientOptions } from '../directory/client.ts';
import type { Grant } from './transaction.ts';
import type { User } from './user.ts';

/** Where the answer to an authorization request goes, right or wrong. */
export interface ReturnTarget {
  readonly client: ClientOptions;
  readonly redirectUri: string;
  readonly responseMode: 'query' | 'form_post';
  readonly state: string | undefined;
}

/** A request of `/authorize` that is in order (OpenID Connect Core 1.0, section 3.1.2.1). */
export interface AuthorizationRequest extends ReturnTarget {
  readonly scopes: readonly string[];
  readonly audience: string;
  readonly nonce: string | undefined;
  readonly codeChallenge: string | undefined;
  readonly prompt: 'none' | 'login' | undefined;
  /** The oldest login that will do. */
  readonly maxAgeMs: number | undefined;
  readonly loginHint: string | undefined;
}

/** What an authorization code stands for (RFC 6749, section 4.1.2). */
export interface IssuedCode {
  readonly grant: Grant;
  readonly redirectUri: string;
  readonly nonce: string | undefined;
  /** SHA-256 of the verifier, in base64url (RFC 7636, section 4.2). */
  readonly codeChallenge: string | undefined;
}

/** Who signed in with a browser. The cookie that names it is a secret of its own, since the `sid` is told to clients. */
export interface TenantSession {
  readonly sid: string;
  readonly user: User;
  /** When the password was entered, in epoch milliseconds. */
  readonly authTime: number;
  /** When a second factor was passed in it last, in epoch milliseconds. */
  readonly mfaAt?: number;
}
