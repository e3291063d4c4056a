import type { ExchangeLimit } from '../provider/exchange-limit.ts';
import type { Authenticator, FactorRequirements } from '../provider/mfa-api.ts';
import {
  type EnrollableFactor,
  FACTOR_TRAITS,
  type Factor,
  isEnrollable,
  isScanned,
  isTapped,
} from '../terms/factor.ts';
import type { ReasonCode } from '../terms/reason-codes.ts';
import type { FirstLegMethod } from './events.ts';
import type { ExchangeBudget, PollPace, PollSchedule } from './poll-schedule.ts';

/** Whether a flow may add a factor: after the password, on the strength of the session alone, or not at all. */
export type EnrollmentRule = 'password' | 'session' | 'refuse';

/** The factor that a flow adds to those a user has, and until when it may: milliseconds since the epoch. */
export interface Addition {
  readonly factor: EnrollableFactor;
  /** The end of the access token for the MFA API that the flow begins with. */
  readonly tokenExpiresAt: number;
}

/** What a flow is started with. JSON, no secret, never changed afterwards. All durations in milliseconds. */
export interface FlowSettings {
  /** The factors that count, by the route's policy. */
  readonly factors: readonly Factor[];
  /**
   * Adds this factor, whatever the user has already: the flow begins with an access token for the MFA API (first leg
   * `access-token`) and ends with the factor confirmed. That is no approval of anything.
   */
  readonly adds?: Addition;
  /** How the first leg can be done, in the order in which it is tried. */
  readonly firstLegs: readonly FirstLegMethod[];
  readonly enroll: EnrollmentRule;
  readonly pollIntervalMs: number;
  /** Default `steady`. */
  readonly pollSchedule?: PollSchedule;
  readonly exchangeLimit: ExchangeLimit;
  /** The life of an `mfa_token`, which Auth0 does not document; 5 minutes is what its own SDKs assume. */
  readonly mfaTokenTtlMs: number;
  /** The life of a challenge, and of an enrolment's QR code (5 minutes by the push guide). */
  readonly challengeTtlMs: number;
  /** How long the user must wait between two messages to the same authenticator. */
  readonly resendAfterMs: number;
  /** How long a flow may be left alone. */
  readonly flowTtlMs: number;
  /** How long an authenticator must have been known to the app to be used. */
  readonly minAuthenticatorAgeMs?: number;
}

/** The defaults of {@link FlowSettings}. */
export const FLOW_DEFAULTS = {
  pollIntervalMs: 5_000,
  mfaTokenTtlMs: 300_000,
  challengeTtlMs: 300_000,
  resendAfterMs: 15_000,
  flowTtlMs: 900_000,
} as const satisfies Partial<FlowSettings>;

/** The factor that the flow is busy with: an authenticator, or one that is being added. */
export interface Target {
  readonly factor: Factor;
  /** Absent while it is being added. */
  readonly authenticatorId?: string;
}

/** The machine's memory: JSON, no secret. All times in milliseconds since the epoch. */
export interface FlowContext {
  readonly settings: FlowSettings;
  /** The number of the last effect; a fact with another number is late and ignored. */
  readonly seq: number;
  readonly expiresAt: number;
  /** When the user has last asked for what the flow does. */
  readonly askedAt: number;
  readonly leg: FirstLegMethod;
  /** The token was renewed without the user's doing since the last message: it is not tried a second time. */
  readonly renewedBySelf: boolean;
  /** The `mfa_token` came with the password: only such a one may add a factor where that is asked for. */
  readonly passwordEntered: boolean;
  readonly mfaTokenExpiresAt: number;
  /** A further factor is asked for on top of one: the user chooses it, nothing is sent unasked. */
  readonly isChained: boolean;
  readonly requirements?: FactorRequirements | undefined;
  readonly authenticators: readonly Authenticator[];
  /** Until then nobody knows whether the user has a factor, and none can be added. */
  readonly isListed: boolean;
  /** The provider said that this sign-in cannot add a factor. */
  readonly enrollmentClosed: boolean;
  readonly target?: Target | undefined;
  /** Whether the target is to be taken up again once the list is there. */
  readonly resumesTarget: boolean;
  readonly challengeExpiresAt: number;
  readonly pace: PollPace;
  readonly budget: ExchangeBudget;
  /** When the provider is asked again: the next poll, or another try after a passing failure. */
  readonly nextPollAt: number;
  /** The earliest time of the next message, by authenticator (by factor while it is being added). */
  readonly resendAllowedAt: Readonly<Record<string, number>>;
  /** Passing failures in a row, outside the poll loop. */
  readonly failures: number;
  readonly hasRecoveryCodes: boolean;
  /** An enrolment was started in this flow: whatever is approved from then on may be that new factor. */
  readonly enrolledInFlow: boolean;
  readonly reason?: ReasonCode | undefined;
  /** Until when the provider, or a limit of ours, refuses another try. */
  readonly waitUntil?: number | undefined;
  /** When the proof was exchanged. */
  readonly provenAt?: number | undefined;
}

/** The authenticators that are confirmed and count for this flow. */
export function usableAuthenticators(context: FlowContext): readonly Authenticator[] {
  if (context.settings.adds !== undefined) return [];
  const asked = context.requirements?.challenge;
  return context.authenticators.filter(
    ({ active, factor, isTooNew = false }) =>
      active &&
      !isTooNew &&
      context.settings.factors.includes(factor) &&
      (asked === undefined || asked.includes(factor)),
  );
}

/** Whether the user has what is asked for, if only it were known for longer. */
export function isOnlyTooNew({ authenticators, settings }: FlowContext): boolean {
  return authenticators.some(
    ({ active, factor, isTooNew }) => active && isTooNew === true && settings.factors.includes(factor),
  );
}

/** The authenticators, marked where they are not known for long enough. */
export function markTooNew(
  authenticators: readonly Authenticator[],
  { minAuthenticatorAgeMs }: FlowSettings,
  now: number,
): readonly Authenticator[] {
  if (minAuthenticatorAgeMs === undefined) return authenticators;
  return authenticators.map((one) => {
    const isOldEnough = one.knownSince !== undefined && one.knownSince + minAuthenticatorAgeMs <= now;
    return isOldEnough ? one : { ...one, isTooNew: true };
  });
}

/** Whether the user has a factor; a verified e-mail address is none (contract of `/mfa/authenticators`). */
export function isEnrolled({ authenticators }: FlowContext): boolean {
  return authenticators.some(({ active, factor }) => active && FACTOR_TRAITS[factor].countsAsEnrolled);
}

/** The factors that this flow may add. With an `mfa_token` that is only the user's first one. */
export function enrollableFactors(context: FlowContext): readonly EnrollableFactor[] {
  const { settings, isListed, enrollmentClosed } = context;
  if (settings.adds !== undefined) return isListed && !enrollmentClosed ? [settings.adds.factor] : [];
  if (!isListed || isEnrolled(context) || enrollmentClosed || settings.enroll === 'refuse') return [];
  const asked = context.requirements?.enroll;
  return settings.factors.filter(
    (factor): factor is EnrollableFactor =>
      isEnrollable(factor) && (asked === undefined || asked.includes(factor)),
  );
}

/** The authenticator that a flow takes without asking: the only push there is. */
export function solePush(context: FlowContext): Authenticator | undefined {
  const [first, ...others] = usableAuthenticators(context).filter(({ factor }) => isTapped(factor));
  return others.length === 0 ? first : undefined;
}

/**
 * The factor that a flow adds without asking: the one it is there for; else push, or one-time passwords where they
 * are all that it may add.
 */
export function soleEnrollment(context: FlowContext): EnrollableFactor | undefined {
  const factors = enrollableFactors(context);
  if (context.settings.adds !== undefined) return factors[0];
  // The others need a number or an address, and send a message.
  const scanned = factors.filter(isScanned);
  return scanned.find(isTapped) ?? (factors.length === 1 ? scanned[0] : undefined);
}

/** Whom a message goes to: the authenticator, or the factor that is being added. */
export function addressee({ factor, authenticatorId }: Target): string {
  return authenticatorId ?? factor;
}

/** Whether it is not too soon for another message to this target. Targets that get none may always be used. */
export function mayUse(context: FlowContext, target: Target, at: number): boolean {
  return at >= (context.resendAllowedAt[addressee(target)] ?? 0);
}

/** How long after the user's word a flow sends a message: later, nobody expects it any more. */
const SEND_WITHIN_MS = 60_000;

/** Whether the user still expects what was asked for. */
export function isAskedLately({ askedAt }: FlowContext, at: number): boolean {
  return at - askedAt <= SEND_WITHIN_MS;
}

/** The memory of a flow that has not started. Pure, and tolerant of no settings, as XState's restore demands. */
export function initialContext(settings: FlowSettings): FlowContext {
  return {
    settings,
    seq: 0,
    expiresAt: Number.MAX_SAFE_INTEGER,
    askedAt: 0,
    leg: settings?.firstLegs[0] ?? 'custom',
    renewedBySelf: false,
    passwordEntered: false,
    mfaTokenExpiresAt: 0,
    isChained: false,
    authenticators: [],
    isListed: false,
    enrollmentClosed: false,
    resumesTarget: false,
    challengeExpiresAt: 0,
    pace: {
      intervalMs: settings?.pollIntervalMs ?? FLOW_DEFAULTS.pollIntervalMs,
      failures: 0,
      schedule: settings?.pollSchedule ?? 'steady',
    },
    budget: { level: 0, at: 0 },
    nextPollAt: 0,
    resendAllowedAt: {},
    failures: 0,
    hasRecoveryCodes: false,
    enrolledInFlow: false,
  };
}
