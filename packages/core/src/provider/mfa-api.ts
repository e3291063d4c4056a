import type { EnrollableFactor, Factor, OwnCodeFactor } from '../terms/factor.ts';

/** One enrolled device or address of a factor. Holds no secret; `name` is masked by the provider. */
export interface Authenticator {
  readonly id: string;
  readonly factor: Factor;
  /** `false` while its enrolment was never confirmed: it cannot be challenged. */
  readonly active: boolean;
  /** A device name, or a masked phone number or address. */
  readonly name?: string;
  /** Since when the app knows it, in milliseconds since the epoch. For the app to say: the provider does not. */
  readonly knownSince?: number;
  /** It is not known for as long as the flow asks: it cannot be used in it. */
  readonly isTooNew?: boolean;
}

/** What the provider asks for, when it says so; without it, any factor will do. */
export interface FactorRequirements {
  readonly enroll?: readonly Factor[];
  readonly challenge?: readonly Factor[];
}

/** The start of every exchange: the credential of the first leg. */
export interface MfaTransaction {
  /** Secret, bound to the user, the client and this one sign-in. */
  readonly mfaToken: string;
  readonly requirements?: FactorRequirements;
}

/** The answer of a token endpoint. All members but `expiresIn` and `scope` are secrets. */
export interface TokenSet {
  readonly accessToken: string;
  readonly tokenType: string;
  /** Seconds. */
  readonly expiresIn?: number;
  readonly scope?: string;
  readonly idToken?: string;
  readonly refreshToken?: string;
}

/** `poll`: ask again until the phone has answered. `prompt`: the user types a code. */
export type Binding = 'poll' | 'prompt';

/** A started enrolment. Everything but `factor`, `binding` and the times is secret. */
export interface Enrollment {
  readonly factor: EnrollableFactor;
  readonly binding: Binding;
  readonly oobCode?: string;
  /** The `otpauth:` link behind the QR code; must be shown unmodified. */
  readonly barcodeUri?: string;
  /** The base32 secret of a time-based code, for typing it into an app by hand. */
  readonly secret?: string;
  /** Only on a user's first enrolment, and only once. */
  readonly recoveryCodes?: readonly string[];
}

/** A sent challenge. */
export interface Challenge {
  readonly binding: Binding;
  readonly oobCode?: string;
  /** How long the provider waits for the answer, when it says so. */
  readonly expiresInMs?: number;
  /** How often the provider wants to be asked, when it says so. */
  readonly intervalMs?: number;
}

/** What proves the factor: an answered push, or a typed code. */
export type Proof =
  | { readonly type: 'oob'; readonly oobCode: string; readonly bindingCode?: string }
  | { readonly type: OwnCodeFactor; readonly code: string };

/** How an exchange of a proof went, when nothing failed. */
export type Redemption =
  | { readonly status: 'pending' }
  | { readonly status: 'slow_down'; readonly retryAfterMs?: number }
  | { readonly status: 'rejected' }
  | { readonly status: 'approved'; readonly tokens: TokenSet; readonly recoveryCode?: string }
  /** Another factor is asked for on top (chained MFA); the exchange goes on with the new token. */
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
  /** Whether the proof confirms an enrolment (some providers authenticate that call differently). */
  readonly enrolling?: boolean;
}

/**
 * The port to a provider of factors. `createAuth0MfaApi` implements it; others can.
 *
 * Every call is one request: it never waits, repeats or polls by itself. It throws a `StepUpError` whose `code`
 * is a `ReasonCode`, and never lets a request, a response or a secret into that error.
 */
export interface MfaApi {
  /** The user's authenticators, unconfirmed ones included. `token` is an `mfa_token` or an MFA-audience token. */
  list(options: CallOptions & { readonly mfaToken: string }): Promise<readonly Authenticator[]>;
  /** Starts an enrolment. SMS, voice and e-mail send their code at once. */
  enroll(options: EnrollOptions): Promise<Enrollment>;
  /** Sends a challenge to one authenticator. */
  challenge(options: ChallengeOptions): Promise<Challenge>;
  /** Exchanges a proof for tokens; for a push this is the poll. */
  redeem(options: RedeemOptions): Promise<Redemption>;
  /** Removes an authenticator. Needs an access token for the MFA audience, which an `mfa_token` is not. */
  remove(
    options: CallOptions & { readonly accessToken: string; readonly authenticatorId: string },
  ): Promise<void>;
}
