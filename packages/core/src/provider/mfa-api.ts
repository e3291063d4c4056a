import type { EnrollableFactor, Factor, OwnCodeFactor } from '../terms/factor.ts';

/** An enrolled device or address of a factor. No secrets: the provider masks `name`. */
export interface Authenticator {
  readonly id: string;
  readonly factor: Factor;
  /** `false` while its enrolment was never confirmed. Then it cannot be challenged. */
  readonly active: boolean;
  /** A device name, or a masked phone number or address. */
  readonly name?: string;
  /** Since when the app has known it, in milliseconds since the epoch. The app fills this in; the provider does not. */
  readonly knownSince?: number;
  /** The app has not known it for as long as the flow asks, so the flow cannot use it. */
  readonly isTooNew?: boolean;
}

/** The factors that the provider accepts, when it names them. Otherwise any factor will do. */
export interface FactorRequirements {
  readonly enroll?: readonly Factor[];
  readonly challenge?: readonly Factor[];
}

/** The credential from the first leg, which every later call needs. */
export interface MfaTransaction {
  /** Secret. Bound to the user, the client and this sign-in. */
  readonly mfaToken: string;
  readonly requirements?: FactorRequirements;
}

/** The response of a token endpoint. Every member but `expiresIn`, `scope` and `tokenType` is secret. */
export interface TokenSet {
  readonly accessToken: string;
  readonly tokenType: string;
  /** Seconds. */
  readonly expiresIn?: number;
  readonly scope?: string;
  readonly idToken?: string;
  readonly refreshToken?: string;
}

/** `poll`: the user answers on the phone, and we poll for it. `prompt`: the user types a code. */
export type Binding = 'poll' | 'prompt';

/** A started enrolment. Everything but `factor` and `binding` is secret. */
export interface Enrollment {
  readonly factor: EnrollableFactor;
  readonly binding: Binding;
  readonly oobCode?: string;
  /** The `otpauth:` link of the QR code. It must be shown unmodified. */
  readonly barcodeUri?: string;
  /** The base32 secret of a time-based code, for typing it into an app. */
  readonly secret?: string;
  /** Only with a user's first enrolment, and only once. */
  readonly recoveryCodes?: readonly string[];
}

/** A sent challenge. */
export interface Challenge {
  readonly binding: Binding;
  readonly oobCode?: string;
  /** How long the provider waits for the answer, when it says so. */
  readonly expiresInMs?: number;
  /** The shortest time between two polls, when the provider names it. */
  readonly intervalMs?: number;
}

/** What proves the factor: an answered push, or a typed code. */
export type Proof =
  | { readonly type: 'oob'; readonly oobCode: string; readonly bindingCode?: string }
  | { readonly type: OwnCodeFactor; readonly code: string };

/** How the exchange of a proof ended without a failure. */
export type Redemption =
  | { readonly status: 'pending' }
  | { readonly status: 'slow_down'; readonly retryAfterMs?: number }
  | { readonly status: 'rejected' }
  | { readonly status: 'approved'; readonly tokens: TokenSet; readonly recoveryCode?: string }
  /** The provider demands another factor (chained MFA). The exchange continues with the new token. */
  | ({ readonly status: 'mfa_required' } & MfaTransaction);

/** Options that every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** What {@link MfaApi.enroll} needs; `phoneNumber` in E.164 for SMS and voice. */
export interface EnrollOptions extends CallOptions {
  readonly mfaToken: string;
  readonly factor: EnrollableFactor;
  readonly phoneNumber?: string;
  readonly email?: string;
}

/** What {@link MfaApi.challenge} needs. */
export interface ChallengeOptions extends CallOptions {
  readonly mfaToken: string;
  readonly authenticatorId: string;
  readonly factor: Factor;
}

/** What {@link MfaApi.redeem} needs. */
export interface RedeemOptions extends CallOptions {
  readonly mfaToken: string;
  readonly proof: Proof;
  /** Whether the proof confirms an enrolment. Some providers authenticate that call differently. */
  readonly enrolling?: boolean;
}

/**
 * The port to a provider of factors. `createAuth0MfaApi` implements it; you can write another one.
 *
 * Each call is one request. It never waits, retries or polls. It throws a `StepUpError` whose `code` is a `ReasonCode`,
 * and which never contains a request, a response or a secret.
 */
export interface MfaApi {
  /** Lists the user's authenticators, unconfirmed ones included. Also takes an access token for the MFA API. */
  list(options: CallOptions & { readonly mfaToken: string }): Promise<readonly Authenticator[]>;
  /** Starts an enrolment. SMS, voice and e-mail send their code at once. */
  enroll(options: EnrollOptions): Promise<Enrollment>;
  /** Sends a challenge to one authenticator. */
  challenge(options: ChallengeOptions): Promise<Challenge>;
  /** Exchanges a proof for tokens. For a push this is the poll. */
  redeem(options: RedeemOptions): Promise<Redemption>;
  /** Removes an authenticator. Needs an access token for the MFA API; an `mfa_token` is not enough. */
  remove(
    options: CallOptions & { readonly accessToken: string; readonly authenticatorId: string },
  ): Promise<void>;
}
