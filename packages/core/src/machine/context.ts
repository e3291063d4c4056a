import type { Authentication } from '../provider/authentication.ts';
import type { Authenticator, FactorRequirements, PhoneShown, WayName } from '../provider/way.ts';
import {
  type EnrollableFactor,
  FACTOR_TRAITS,
  type Factor,
  isEnrollable,
  isScanned,
  isTapped,
} from '../terms/factor.ts';
import type { ReasonCode } from '../terms/reason-codes.ts';
import type { Display, FirstLegMethod, FlowEvent } from './events.ts';
import type { ExchangeBudget, PollPace, PollSchedule } from './poll-schedule.ts';
import type { WaySettings } from './way-settings.ts';

/** When a flow may add a factor: after the password, with the session alone, or not at all. */
export type EnrollmentRule = 'password' | 'session' | 'refuse';

/** The factor that a flow adds for a user. */
export interface Addition {
  readonly factor: EnrollableFactor;
  /** When the access token for the MFA API expires, in milliseconds since the epoch. */
  readonly tokenExpiresAt: number;
}

/** What a flow is started with: JSON, no secrets, never changed afterwards. All durations in milliseconds. */
export interface FlowSettings {
  /** The factors that count, by the route's policy. */
  readonly factors: readonly Factor[];
  /**
   * Adds this factor, whatever the user already has. The flow begins with an access token for the MFA API (first leg
   * `access-token`) and ends when the factor is confirmed. That end is never an approval.
   */
  readonly adds?: Addition;
  /** The ways to a proof, in the order in which they are tried. */
  readonly ways: readonly [WaySettings, ...WaySettings[]];
  readonly enroll: EnrollmentRule;
  readonly pollIntervalMs: number;
  /** Default `steady`. */
  readonly pollSchedule?: PollSchedule;
  /** The life of an `mfa_token`. Auth0 does not document it; its own SDKs assume 5 minutes. */
  readonly mfaTokenTtlMs: number;
  /** The life of a challenge, and of an enrolment's QR code (5 minutes in the push guide). */
  readonly challengeTtlMs: number;
  /** How long the user must wait between two messages to the same authenticator. */
  readonly resendAfterMs: number;
  /** The life of a flow. */
  readonly flowTtlMs: number;
  /** How long the app must have known an authenticator before it can be used. */
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

/** The factor that the flow is working with: an authenticator, or a factor that is being added. */
export interface Target {
  readonly factor: Factor;
  /** Absent while the factor is being added. */
  readonly authenticatorId?: string;
}

/** The machine's memory: JSON, no secrets. All times in milliseconds since the epoch. */
export interface FlowContext {
  readonly settings: FlowSettings;
  /** The number of the last effect. A fact with another number is late, and ignored. */
  readonly seq: number;
  readonly expiresAt: number;
  /** When the user last asked for what the flow is doing. */
  readonly askedAt: number;
  /** The number of the way that the flow takes now. */
  readonly way: number;
  /** The way that the flow left by itself, for the one that it takes now. */
  readonly leftWay?: WayName | undefined;
  readonly leg: FirstLegMethod;
  /** The token was renewed without the user since the last message. It is not renewed like that a second time. */
  readonly renewedSilently: boolean;
  /** The `mfa_token` was issued for the password. `enroll: 'password'` needs such a token. */
  readonly passwordEntered: boolean;
  readonly mfaTokenExpiresAt: number;
  /** The provider demands a second factor after the first. The user chooses it; nothing is sent without a request. */
  readonly isChained: boolean;
  readonly requirements?: FactorRequirements | undefined;
  readonly authenticators: readonly Authenticator[];
  /** Until the list is known, the flow cannot tell whether the user has a factor, and adds none. */
  readonly isListed: boolean;
  /** The provider said that this sign-in cannot add a factor. */
  readonly enrollmentClosed: boolean;
  readonly target?: Target | undefined;
  /** Where the user sees the provider's page: what a return is answered with. */
  readonly display?: Display | undefined;
  /** Whether the flow continues with the target once the list is known. */
  readonly resumesTarget: boolean;
  readonly challengeExpiresAt: number;
  /** What the phone was told to show with the challenge; absent where it shows nothing. */
  readonly shown?: PhoneShown | undefined;
  /** How often the push code of this challenge was typed wrong. */
  readonly codeTries: number;
  /** The push code of this challenge was typed right. */
  readonly isCodeEntered: boolean;
  readonly pace: PollPace;
  readonly budget: ExchangeBudget;
  /** When the last poll of this challenge was sent. */
  readonly polledAt?: number | undefined;
  /** When the provider's ping for this challenge came in. Only the first one counts. */
  readonly pingedAt?: number | undefined;
  /** When the provider is asked again: the next poll, or the next try after a transient failure. */
  readonly nextPollAt: number;
  /** The earliest time of the next message, by authenticator (by factor while it is being added). */
  readonly resendAllowedAt: Readonly<Record<string, number>>;
  /** Transient failures in a row, outside the poll loop. */
  readonly failures: number;
  readonly hasRecoveryCodes: boolean;
  /** This flow started an enrolment. Any later approval may come from the new factor. */
  readonly enrolledInFlow: boolean;
  readonly reason?: ReasonCode | undefined;
  /** The provider, or a limit of ours, refuses another try until then. */
  readonly waitUntil?: number | undefined;
  /** When the proof was exchanged. */
  readonly provenAt?: number | undefined;
  /** How the user authenticated, where the provider's answer says so. */
  readonly authentication?: Authentication | undefined;
}

/** The way that the flow takes now. */
export function currentWay({ settings: { ways }, way }: FlowContext): WaySettings {
  return ways[way] ?? ways[0];
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
      (!isTapped(factor) || currentWay(context).refusesTaps !== true) &&
      (asked === undefined || asked.includes(factor)),
  );
}

/** Whether the user has an authenticator that counts, but the app has not known it for long enough. */
export function isOnlyTooNew({ authenticators, settings }: FlowContext): boolean {
  return authenticators.some(
    ({ active, factor, isTooNew }) => active && isTooNew === true && settings.factors.includes(factor),
  );
}

/** Marks the authenticators that the app has not known for long enough. */
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

/** Whether the user has a factor. A verified e-mail address does not count as one. */
export function isEnrolled({ authenticators }: FlowContext): boolean {
  return authenticators.some(({ active, factor }) => active && FACTOR_TRAITS[factor].countsAsEnrolled);
}

/** The factors that this flow may add. With an `mfa_token` this can only be the user's first factor. */
export function enrollableFactors(context: FlowContext): readonly EnrollableFactor[] {
  const { settings, isListed, enrollmentClosed } = context;
  if (settings.adds !== undefined) return isListed && !enrollmentClosed ? [settings.adds.factor] : [];
  if (!isListed || isEnrolled(context) || enrollmentClosed || settings.enroll === 'refuse') return [];
  if (!currentWay(context).enrolls) return [];
  const asked = context.requirements?.enroll;
  return settings.factors.filter(
    (factor): factor is EnrollableFactor =>
      isEnrollable(factor) && (asked === undefined || asked.includes(factor)),
  );
}

/** The authenticator that a flow challenges without asking: the only push. */
export function solePush(context: FlowContext): Authenticator | undefined {
  const [first, ...others] = usableAuthenticators(context).filter(({ factor }) => isTapped(factor));
  return others.length === 0 ? first : undefined;
}

/**
 * The factor that a flow adds without asking. This is the factor the flow is for; otherwise push; otherwise one-time
 * passwords, if the flow can add nothing else.
 */
export function soleEnrollment(context: FlowContext): EnrollableFactor | undefined {
  const factors = enrollableFactors(context);
  if (context.settings.adds !== undefined) return factors[0];
  // The other factors need a number or an address, and send a message.
  const scanned = factors.filter(isScanned);
  return scanned.find(isTapped) ?? (factors.length === 1 ? scanned[0] : undefined);
}

/** Whether the approval counts only once the user has typed the code that the phone shows. */
export function awaitsPushCode(context: FlowContext): boolean {
  return context.shown !== undefined && !context.isCodeEntered && currentWay(context).pushCode === 'typed';
}

/** How much longer a provider that pings waits for a poll. The polls are there for pings that get lost. */
const POLLS_WHILE_PINGED = 3;

/** The time between two polls. */
export function pollSpacingMs(context: FlowContext): number {
  const { pace, pingedAt } = context;
  const isAwaitingPing = currentWay(context).pings === true && pingedAt === undefined;
  return isAwaitingPing ? pace.intervalMs * POLLS_WHILE_PINGED : pace.intervalMs;
}

/** Who receives a message: the authenticator, or the factor that is being added. */
export function addressee({ factor, authenticatorId }: Target): string {
  return authenticatorId ?? factor;
}

/** Whether the flow may send to this target again. Targets that receive no message can always be used. */
export function mayUse(context: FlowContext, target: Target, at: number): boolean {
  return at >= (context.resendAllowedAt[addressee(target)] ?? 0);
}

/** After this time the user no longer expects the message that they asked for. */
const SEND_WITHIN_MS = 60_000;

/** Whether the user still expects what they asked for. */
export function isAskedLately({ askedAt }: FlowContext, at: number): boolean {
  return at - askedAt <= SEND_WITHIN_MS;
}

/** The memory of a flow that has not started. Accepts no settings, because XState's restore calls it without. */
export function initialContext(settings: FlowSettings): FlowContext {
  return {
    settings,
    seq: 0,
    expiresAt: Number.MAX_SAFE_INTEGER,
    askedAt: 0,
    way: 0,
    leg: settings?.ways[0].firstLegs[0] ?? 'custom',
    renewedSilently: false,
    passwordEntered: false,
    mfaTokenExpiresAt: 0,
    isChained: false,
    authenticators: [],
    isListed: false,
    enrollmentClosed: false,
    resumesTarget: false,
    challengeExpiresAt: 0,
    codeTries: 0,
    isCodeEntered: false,
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

/** What actions and guards are given. */
export interface Scope {
  readonly context: FlowContext;
  readonly event: FlowEvent;
}

/** Whether a fact is that of the current effect. */
export const isCurrent = ({ context, event }: Scope): boolean => 'seq' in event && event.seq === context.seq;

/** How long the provider asks to wait. */
export function retryAfterOf(event: FlowEvent): number | undefined {
  return 'retryAfterMs' in event ? event.retryAfterMs : undefined;
}
