import type { EnrollableFactor, Factor, OwnCodeFactor } from '../terms/factor.ts';
import type { Departure, Destination, ExchangeTimes, Return } from './departure.ts';
import type { ExchangeLimit } from './exchange-limit.ts';

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

/**
 * `poll`: the user answers on the phone, and we poll for it. `prompt`: the user types a code. `redirect`: the user goes to
 * the provider's page and comes back.
 */
export type Binding = 'poll' | 'prompt' | 'redirect';

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
  /** What the phone was told to show, where it shows anything. */
  readonly shown?: PhoneShown;
  /** Where the user goes, with the binding `redirect`. */
  readonly departure?: Departure;
}

/** What proves the factor: an answered push, a typed code, or the code of a return from the provider's page. */
export type Proof =
  | { readonly type: 'oob'; readonly oobCode: string; readonly bindingCode?: string }
  | { readonly type: OwnCodeFactor; readonly code: string }
  | { readonly type: 'return'; readonly code: string; readonly departure: Departure };

/** How the exchange of a proof ended without a failure. */
export type Redemption =
  | { readonly status: 'pending' }
  | { readonly status: 'slow_down'; readonly retryAfterMs?: number }
  | { readonly status: 'rejected' }
  | {
      readonly status: 'approved';
      readonly tokens: TokenSet;
      readonly recoveryCode?: string;
      /** For a return. How old its authentication may be depends on them. */
      readonly times?: ExchangeTimes;
    }
  /** The provider demands another factor (chained MFA). The exchange continues with the new token. */
  | ({ readonly status: 'mfa_required' } & MfaTransaction);

/** Options that every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** What {@link Way.enroll} needs; `phoneNumber` in E.164 for SMS and voice. */
export interface EnrollOptions extends CallOptions {
  readonly mfaToken: string;
  readonly factor: EnrollableFactor;
  readonly phoneNumber?: string;
  readonly email?: string;
}

/** What {@link Way.challenge} needs. */
export interface ChallengeOptions extends CallOptions {
  readonly mfaToken: string;
  readonly authenticatorId: string;
  readonly factor: Factor;
  /** Given to ways whose phone shows something. */
  readonly approval?: ApprovalRequest | undefined;
  /** Who approves. */
  readonly subject?: string | undefined;
  /** Given to ways that need a browser. */
  readonly destination?: Destination | undefined;
  /** What the provider's ping must bear, for ways that have pings. Secret. */
  readonly notificationToken?: string | undefined;
}

/** What {@link Way.redeem} needs. */
export interface RedeemOptions extends CallOptions {
  readonly mfaToken: string;
  readonly proof: Proof;
  /** Whether the proof confirms an enrolment. Some providers authenticate that call differently. */
  readonly enrolling?: boolean;
  /** When the challenge expires by our own clock, in milliseconds since the epoch. Given with a poll. */
  readonly expiresAt?: number | undefined;
  /** What was asked for, to be compared with what was approved. Given to ways whose phone shows something. */
  readonly approval?: ApprovalRequest | undefined;
}

/** The name of a path to a proof. */
export type WayName = 'mfa-api' | 'ciba' | 'redirect';

/** What the user sees on the phone while a challenge is open, from least to most. */
export type PhoneShows = 'nothing' | 'message' | 'details';

/** What the phone was told to show with a challenge: the push code alone, or what is approved, too. */
export type PhoneShown = 'code' | 'message' | 'details';

/** What is about to be approved, for the phone to show, and for the answer to be compared with. */
export interface ApprovalRequest {
  readonly subject: string;
  /** The push code, new with each challenge. Secret while the user must type it. */
  readonly code: string;
  readonly action?: {
    readonly id: string;
    readonly title?: string | undefined;
    readonly details?: string | undefined;
  };
  /** The phone must show at least this. A way that cannot show it whole sends nothing: `factor_unavailable`. */
  readonly mustShow?: Exclude<PhoneShows, 'nothing'> | undefined;
}

/** What a way can do: constant JSON, and all that the machine, the gate and the page ask about its kind. */
export interface Capabilities {
  /** `mfa-token`: an OAuth request comes first, and yields the credential. `none`: the subject is enough. */
  readonly firstLeg: 'mfa-token' | 'none';
  /** The factors that it can prove. */
  readonly factors: readonly Factor[];
  /** The factors that users can add by it. */
  readonly enrolls: readonly EnrollableFactor[];
  /**
   * Whether the provider's page may add a factor for a user who goes there. Then everything that follows in the same flow
   * counts as proved by a new factor.
   */
  readonly enrollsElsewhere?: boolean;
  /** Whether `list` tells a user's devices apart. Otherwise nobody knows how old a device is. */
  readonly listsDevices: boolean;
  readonly phoneShows: PhoneShows;
  /** A limit on exchanges besides each challenge's own interval. */
  readonly exchangeLimit?: ExchangeLimit;
  /** Whether the user must be in a browser. */
  readonly needsBrowser: boolean;
  /** How long a poll may take, in milliseconds, where the provider may hold it; see `redeem`. */
  readonly longestPollMs?: number;
  /** Whether the provider pings when the user has answered. Polls then come less often. */
  readonly pings?: boolean;
}

/**
 * The port to a provider: one of its paths to a proof. `createAuth0MfaApi` and `createCibaWay` implement it; you can
 * write another one.
 *
 * Each call is one request. It never waits, retries or polls. It throws a `StepUpError` whose `code` is a `ReasonCode`,
 * and which never contains a request, a response or a secret.
 *
 * `mfaToken` is what the first leg yielded. Where there is no first leg, it is empty.
 */
export interface Way {
  readonly name: WayName;
  readonly can: Capabilities;
  /** Lists the user's authenticators, unconfirmed ones included. */
  list(options: CallOptions & { readonly mfaToken: string }): Promise<readonly Authenticator[]>;
  /** Sends a challenge to one authenticator. */
  challenge(options: ChallengeOptions): Promise<Challenge>;
  /** Exchanges a proof for tokens. For a push this is the poll. */
  redeem(options: RedeemOptions): Promise<Redemption>;
  /** Starts an enrolment. SMS, voice and e-mail send their code at once. */
  enroll?(options: EnrollOptions): Promise<Enrollment>;
  /**
   * The code of a return that belongs to the departure. Throws what the provider's error means. Ways that need a browser
   * have it.
   */
  codeOf?(returned: Return): Promise<string>;
}

/** A way by which users also add and remove authenticators. Its `list` takes an access token of the provider, too. */
export interface EnrollingWay extends Way {
  enroll(options: EnrollOptions): Promise<Enrollment>;
  /** Removes an authenticator. Needs an access token of the provider; an `mfa_token` is not enough. */
  remove(
    options: CallOptions & { readonly accessToken: string; readonly authenticatorId: string },
  ): Promise<void>;
}
