/** What Stepgate knows of a factor. Whatever depends on the factor is derived from these traits. */
export interface FactorTraits {
  /**
   * What a proof takes.
   *
   * - `tap`: the provider sends a push, and the user answers on the device. We poll for the answer.
   * - `sent-code`: the provider sends a code, which the user types.
   * - `own-code`: nothing is sent. The user types a code that they have already.
   * - `page`: the user goes to the provider's own page, which asks for whatever it wants.
   */
  readonly provedBy: 'tap' | 'sent-code' | 'own-code' | 'page';
  /** What the codes consist of, for the keyboard of a phone; `none` where the user types no code. */
  readonly code: 'digits' | 'text' | 'none';
  /**
   * What adding it takes.
   *
   * - `scan`: the user scans a QR code. Nothing is sent.
   * - `phoneNumber`, `email`: the user types that address, and the provider sends a code to it.
   * - `never`: it cannot be added, or removed, on its own.
   */
  readonly enrollment: 'scan' | 'phoneNumber' | 'email' | 'never';
  /** Whether it counts where a policy names no factors. */
  readonly countsByDefault: boolean;
  /** Whether a user who has only this factor counts as enrolled. */
  readonly countsAsEnrolled: boolean;
}

/** Every factor with its traits, strongest first: the order in which a UI offers them. */
export const FACTOR_TRAITS = {
  push: {
    provedBy: 'tap',
    code: 'none',
    enrollment: 'scan',
    countsByDefault: true,
    countsAsEnrolled: true,
  },
  otp: {
    provedBy: 'own-code',
    code: 'digits',
    enrollment: 'scan',
    countsByDefault: true,
    countsAsEnrolled: true,
  },
  sms: {
    provedBy: 'sent-code',
    code: 'digits',
    enrollment: 'phoneNumber',
    countsByDefault: false,
    countsAsEnrolled: true,
  },
  voice: {
    provedBy: 'sent-code',
    code: 'digits',
    enrollment: 'phoneNumber',
    countsByDefault: false,
    countsAsEnrolled: true,
  },
  email: {
    provedBy: 'sent-code',
    code: 'digits',
    enrollment: 'email',
    countsByDefault: false,
    // Providers list a verified address, whether the user ever added it or not.
    countsAsEnrolled: false,
  },
  'recovery-code': {
    provedBy: 'own-code',
    code: 'text',
    enrollment: 'never',
    countsByDefault: false,
    countsAsEnrolled: false,
  },
  // The page may take any factor, an SMS too, so this is the weakest.
  hosted: {
    provedBy: 'page',
    code: 'none',
    enrollment: 'never',
    countsByDefault: false,
    countsAsEnrolled: false,
  },
} as const satisfies Readonly<Record<string, FactorTraits>>;

type Table = typeof FACTOR_TRAITS;

/** The factors that have one of these values of a trait. */
type FactorWith<Trait extends keyof FactorTraits, Value extends FactorTraits[Trait]> = {
  [F in keyof Table]: Table[F][Trait] extends Value ? F : never;
}[keyof Table];

/**
 * A kind of proof. `push` is Guardian; `otp` is a time-based code (RFC 6238) from an authenticator app; `hosted` is
 * whatever the provider's own page asks for.
 */
export type Factor = keyof Table;

/** A factor that a user can add. */
export type EnrollableFactor = Exclude<Factor, FactorWith<'enrollment', 'never'>>;

/** A factor that is added by scanning a QR code. */
export type ScannedFactor = FactorWith<'enrollment', 'scan'>;

/** A factor that is added by a phone number. */
export type PhoneFactor = FactorWith<'enrollment', 'phoneNumber'>;

/** A factor that is added by an e-mail address. */
export type EmailFactor = FactorWith<'enrollment', 'email'>;

/** A factor that is added by an address, to which the provider sends a code. */
export type AddressedFactor = PhoneFactor | EmailFactor;

/** A factor that the user proves by typing a code. */
export type CodeFactor = Exclude<Factor, FactorWith<'code', 'none'>>;

/** A factor that the user proves by a code that they have already. */
export type OwnCodeFactor = FactorWith<'provedBy', 'own-code'>;

/** A factor that the user proves on the provider's own page. */
export type HostedFactor = FactorWith<'provedBy', 'page'>;

/** Every factor, strongest first. */
export const FACTORS: readonly Factor[] = Object.keys(FACTOR_TRAITS) as Factor[];

/** Whether the value names a factor. */
export function isFactor(value: unknown): value is Factor {
  return typeof value === 'string' && Object.hasOwn(FACTOR_TRAITS, value);
}

/** Whether the value names a factor that can be added. */
export function isEnrollable(value: unknown): value is EnrollableFactor {
  return isFactor(value) && FACTOR_TRAITS[value].enrollment !== 'never';
}

/** Whether the factor is added by scanning a QR code. */
export function isScanned(factor: Factor): factor is ScannedFactor {
  return FACTOR_TRAITS[factor].enrollment === 'scan';
}

const ADDRESSES: Readonly<Record<FactorTraits['enrollment'], 'phoneNumber' | 'email' | undefined>> = {
  scan: undefined,
  phoneNumber: 'phoneNumber',
  email: 'email',
  never: undefined,
};

/** The address that the user types to add the factor, by the name of the request's member. */
export function addressMember(factor: Factor): 'phoneNumber' | 'email' | undefined {
  return ADDRESSES[FACTOR_TRAITS[factor].enrollment];
}

/** Whether the factor is added by an address. Adding it sends a code there, as a challenge does. */
export function isAddressed(factor: Factor): factor is AddressedFactor {
  return addressMember(factor) !== undefined;
}

/** Whether the factor is added by a phone number. */
export function takesPhoneNumber(factor: Factor): factor is PhoneFactor {
  return addressMember(factor) === 'phoneNumber';
}

/** Whether the user proves the factor by an answer on the device. */
export function isTapped(factor: Factor): boolean {
  return FACTOR_TRAITS[factor].provedBy === 'tap';
}

/** Whether the user proves the factor on the provider's own page. */
export function isHosted(factor: Factor): factor is HostedFactor {
  return FACTOR_TRAITS[factor].provedBy === 'page';
}

/** Whether the user proves the factor by typing a code. */
export function takesCode(factor: Factor): factor is CodeFactor {
  return FACTOR_TRAITS[factor].code !== 'none';
}

/** Whether the user proves the factor by a code that they have already. */
export function isOwnCode(factor: Factor): factor is OwnCodeFactor {
  return FACTOR_TRAITS[factor].provedBy === 'own-code';
}

const SENDS: Readonly<Record<FactorTraits['provedBy'], boolean>> = {
  tap: true,
  'sent-code': true,
  'own-code': false,
  page: false,
};

/** Whether a challenge of this factor sends something to the user. Messages cost money and are limited. */
export function sendsMessage(factor: Factor): boolean {
  return SENDS[FACTOR_TRAITS[factor].provedBy];
}

/** The factors that a user can add. */
export const ENROLLABLE_FACTORS: readonly EnrollableFactor[] = FACTORS.filter(isEnrollable);

/** The factors that are added by an address. */
export const ADDRESSED_FACTORS: readonly AddressedFactor[] = FACTORS.filter(isAddressed);

/** The factors that count where a policy names none. */
export const DEFAULT_FACTORS: readonly Factor[] = FACTORS.filter(
  (factor) => FACTOR_TRAITS[factor].countsByDefault,
);
