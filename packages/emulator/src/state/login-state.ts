import type { ClientOptions } from '../directory/client.ts';
import type { Authenticator } from './authenticator.ts';
import type { OobCode } from './oob-code.ts';
import type { Grant, Transaction } from './transaction.ts';
import type { User } from './user.ts';

/** What a client wants back from `/authorize`. */
export type ResponseType = 'code' | 'id_token' | 'token';

/** Where the answer to an authorization request goes, right or wrong. */
export interface ReturnTarget {
  readonly client: ClientOptions;
  readonly redirectUri: string;
  readonly responseMode: 'query' | 'fragment' | 'form_post' | 'web_message';
  readonly state: string | undefined;
}

/** A request of `/authorize` that is in order (OpenID Connect Core 1.0, section 3.1.2.1). */
export interface AuthorizationRequest extends ReturnTarget {
  readonly responseTypes: readonly ResponseType[];
  readonly scopes: readonly string[];
  readonly audience: string;
  readonly nonce: string | undefined;
  readonly codeChallenge: string | undefined;
  readonly prompt: 'none' | 'login' | undefined;
  /** The oldest login that will do. */
  readonly maxAgeMs: number | undefined;
  readonly loginHint: string | undefined;
  readonly acrValues: readonly string[];
  readonly connection: string | undefined;
  readonly organization: string | undefined;
  /** The `authorization_details` of a pushed request (RFC 9396). */
  readonly details: readonly unknown[] | undefined;
}

/** A request that was pushed (RFC 9126), until it is used. */
export interface PushedRequest {
  readonly clientId: string;
  readonly target: ReturnTarget;
  readonly request: AuthorizationRequest;
  isUsed: boolean;
}

/** Who signed in with a browser. The cookie that names it is another secret than the `sid`, which is told to clients. */
export interface TenantSession {
  readonly sid: string;
  readonly user: User;
  /** When the first factor was given, in epoch milliseconds. */
  readonly authTime: number;
  /** When a second factor was passed in it last, in epoch milliseconds. */
  mfaAt?: number;
}

/** A login under way: what its pages know. */
export interface OpenLogin {
  readonly request: AuthorizationRequest;
  /** Who has given the first factor. */
  session?: TenantSession;
  /** The second factor that is asked for. */
  mfa?: LoginMfa;
  /** The second factor that was passed. */
  passed?: PassedFactor;
  /** Whether the user agreed to the details of the request. */
  hasConsent?: boolean;
}

/** A second factor that was passed on the login page. */
export interface PassedFactor {
  readonly at: number;
  /** As Actions call it: `push-notification`, `otp`, `phone`, `email`, `recovery-code`. */
  readonly type: string;
}

/** Where the pages for the second factor stand. */
export interface LoginMfa {
  /** Where its forms go: to a login, or to a ticket to enrol with. */
  readonly path: '/u/mfa' | '/u/enroll';
  /** Whether users who have a factor may enrol another here. */
  readonly isFurther?: boolean;
  transaction: Transaction;
  step:
    | { readonly name: 'choose' }
    | {
        readonly name: 'challenge';
        readonly authenticator: Authenticator;
        readonly oobCode?: OobCode | undefined;
      }
    | { readonly name: 'choose-enrollment' }
    | {
        readonly name: 'enroll';
        readonly authenticator: Authenticator;
        readonly oobCode?: OobCode | undefined;
        readonly barcodeUri?: string | undefined;
      }
    | { readonly name: 'recovery-code'; readonly code: string };
  /** A recovery code to be shown before the login goes on. */
  recoveryCode?: string | undefined;
  passed?: PassedFactor;
  /** Whether the user wants the browser to be remembered. */
  isRemembered?: boolean;
}

/** What an authorization code stands for (RFC 6749, section 4.1.2). */
export interface IssuedCode {
  readonly grant: Grant;
  readonly redirectUri: string;
  /** Claims of the `id_token` that speak of this login: `nonce`, `amr`, `acr`, `auth_time`. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** SHA-256 of the verifier, in base64url (RFC 7636, section 4.2). */
  readonly codeChallenge: string | undefined;
  isUsed: boolean;
  /** What it was exchanged for. */
  tokens?: { readonly accessToken: string; readonly refreshToken: unknown };
}

/** The value of `acr_values` that asks for a second factor, and of `acr` that tells of one. */
export const multiFactorAcr = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
