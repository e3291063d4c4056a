import { assign, setup } from 'xstate';
import type { Authenticator } from '../provider/way.ts';
import { isAddressed, isHosted, isOwnCode, sendsMessage } from '../terms/factor.ts';
import type { ReasonCode } from '../terms/reason-codes.ts';
import {
  addressee,
  awaitsPushCode,
  currentWay,
  enrollableFactors,
  type FlowContext,
  type FlowSettings,
  isAskedLately,
  isCurrent,
  isEnrolled,
  isOnlyTooNew,
  markTooNew,
  mayUse,
  retryAfterOf,
  type Scope,
  soleEnrollment,
  solePush,
  type Target,
  usableAuthenticators,
} from './context.ts';
import type { Effect, EffectParams } from './effects.ts';
import type { FirstLegMethod, FlowEvent } from './events.ts';
import { codeReason, firstPace, firstPoll, hurried, pollEnded, pollSent } from './next-poll.ts';
import { affordableAt } from './poll-schedule.ts';
import { PUSH_CODE_TRIES } from './push-code.ts';
import { firstLegOf, onWay, otherWay, silentWay } from './ways.ts';

/** Effects are only declared here. The runner of the machine performs them. */
function effect<T extends Effect['type']>(_type: T): (_: unknown, _params: EffectParams<T>) => void {
  return () => {};
}

/** Whether the current effect failed for a transient reason. */
const isTransient = (scope: Scope): boolean =>
  isCurrent(scope) &&
  scope.event.type === 'effect.failed' &&
  ['provider_unavailable', 'rate_limited'].includes(scope.event.code);

/** What went wrong with the current effect, or with the way to the provider's page and back. */
const failureOf = (scope: Scope): ReasonCode | undefined => {
  const { event } = scope;
  const isFailure = event.type === 'effect.failed' || event.type === 'redirect.refused';
  return isFailure && isCurrent(scope) ? event.code : undefined;
};

/** Guard: the current effect failed with one of these codes. */
export const failedWith = (...codes: readonly ReasonCode[]) =>
  ({ type: 'failedWith', params: { codes } }) as const;

/** The authenticator that a `factor.choose` names, if the user may use it. */
function chosen({ context, event }: Scope): Target | undefined {
  if (event.type !== 'factor.choose') return undefined;
  const found = usableAuthenticators(context).find(({ id }) => id === event.authenticatorId);
  return found && targetOf(found);
}

function targetOf({ factor, id }: Authenticator): Target {
  return { factor, authenticatorId: id };
}

/** The first leg to try after this one. There is none after a password that was asked for in between. */
function followingLeg(context: FlowContext): FirstLegMethod | undefined {
  const { leg } = context;
  const { firstLegs } = currentWay(context);
  return firstLegs.includes(leg) ? firstLegs[firstLegs.indexOf(leg) + 1] : undefined;
}

function nothingToOffer(context: FlowContext): ReasonCode {
  if (context.settings.adds !== undefined) return 'already_enrolled';
  if (isOnlyTooNew(context)) return 'authenticator_too_new';
  if (!currentWay(context).enrolls && !isEnrolled(context)) return 'not_enrolled';
  const isRefused = context.settings.enroll === 'refuse' && !isEnrolled(context);
  return isRefused ? 'enrollment_refused' : 'no_usable_factor';
}

/** A new `mfa_token`, with a fresh budget of exchanges. */
function transaction({ context, event }: Scope): Partial<FlowContext> {
  if (event.type !== 'mfa.required') return {};
  const { adds, mfaTokenTtlMs } = context.settings;
  // Without a first leg there is nothing that could expire.
  const endless = context.leg === 'none' ? Number.MAX_SAFE_INTEGER : undefined;
  return {
    requirements: event.requirements,
    mfaTokenExpiresAt: endless ?? adds?.tokenExpiresAt ?? event.at + mfaTokenTtlMs,
    budget: { level: currentWay(context).exchangeLimit?.burst ?? 0, at: event.at },
    enrollmentClosed: false,
    reason: undefined,
    waitUntil: undefined,
    failures: 0,
  };
}

/** Delays the next message to the target. */
function hold({ context, event }: Scope): Partial<FlowContext> {
  const { target, resendAllowedAt, settings } = context;
  if (target === undefined) return {};
  const allowedAt = event.at + Math.max(settings.resendAfterMs, retryAfterOf(event) ?? 0);
  return { resendAllowedAt: { ...resendAllowedAt, [addressee(target)]: allowedAt } };
}

/** Whether what has begun has sent something to the user. */
function isMessage({ context: { target }, event }: Scope): boolean {
  if (target === undefined || isHosted(target.factor)) return false;
  return event.type === 'challenge.sent' || isAddressed(target.factor);
}

const BACK_OFF_MS = 1_000;
const LONGEST_BACK_OFF_MS = 30_000;

/** Everything the chart names: its effects, its other actions and its guards. */
export const flowSetup = setup({
  types: {
    context: {} as FlowContext,
    events: {} as FlowEvent,
    input: {} as FlowSettings,
  },
  actions: {
    // Effects
    authenticate: effect('authenticate'),
    list: effect('list'),
    enroll: effect('enroll'),
    challenge: effect('challenge'),
    poll: effect('poll'),
    verify: effect('verify'),
    identify: effect('identify'),

    nextSeq: assign(({ context }) => ({ seq: context.seq + 1 })),
    noteAsked: assign(({ event }) => ({ askedAt: event.at })),
    clearReason: assign({ reason: undefined, waitUntil: undefined }),
    spendExchange: assign(pollSent),

    renew: assign(({ context, event }) => ({
      leg: firstLegOf(context),
      renewedSilently: false,
      isChained: false,
      expiresAt: event.at + context.settings.flowTtlMs,
      askedAt: event.at,
      reason: undefined,
      waitUntil: undefined,
      failures: 0,
    })),
    renewSilently: assign(({ context }) => ({
      leg: firstLegOf(context),
      renewedSilently: true,
      resumesTarget: context.target !== undefined,
      // A silent renewal needs no explanation.
      reason: firstLegOf(context) === 'password' ? ('mfa_token_expired' as const) : undefined,
    })),
    nextLeg: assign(({ context }) => ({ leg: followingLeg(context) ?? context.leg, failures: 0 })),
    askForPassword: assign({ leg: 'password', reason: 'password_needed', waitUntil: undefined }),
    takeTransaction: assign((scope) => ({
      ...transaction(scope),
      passwordEntered: scope.context.leg === 'password',
    })),
    takeChainedTransaction: assign((scope) => ({ ...transaction(scope), isChained: true })),
    takeAuthenticators: assign(({ context, event }) =>
      event.type === 'authenticators.listed'
        ? {
            authenticators: markTooNew(event.authenticators, context.settings, event.at),
            isListed: true,
            reason: undefined,
            failures: 0,
          }
        : {},
    ),

    forgetTarget: assign({ target: undefined, resumesTarget: false }),
    resumeTarget: assign({ resumesTarget: true }),
    targetReached: assign(({ context }) => ({
      resumesTarget: false,
      // A code is not kept while its token is renewed.
      reason:
        context.renewedSilently && context.target !== undefined && isOwnCode(context.target.factor)
          ? ('input_lost' as const)
          : undefined,
      waitUntil: undefined,
    })),
    targetChosen: assign((scope) => {
      const { context } = scope;
      const target = chosen(scope);
      // A limit on the codes of one factor does not apply to another.
      const isSame = target?.authenticatorId === context.target?.authenticatorId;
      return {
        target,
        display: scope.event.type === 'factor.choose' ? scope.event.display : undefined,
        shown: undefined,
        askedAt: scope.event.at,
        reason: undefined,
        waitUntil: isSame ? context.waitUntil : undefined,
      };
    }),
    targetSolePush: assign(({ context }) => {
      const push = solePush(context);
      return push ? { target: targetOf(push) } : {};
    }),
    targetEnrollment: assign(({ event }) =>
      event.type === 'enrollment.begin'
        ? {
            target: { factor: event.factor },
            shown: undefined,
            askedAt: event.at,
            reason: undefined,
            waitUntil: undefined,
          }
        : {},
    ),
    targetSoleEnrollment: assign(({ context }) => {
      const factor = soleEnrollment(context);
      return factor ? { target: { factor } } : {};
    }),
    closeEnrollment: assign({ enrollmentClosed: true, target: undefined, resumesTarget: false }),
    dropAuthenticator: assign(({ context }) => ({
      authenticators: context.authenticators.map((one) =>
        one.id === context.target?.authenticatorId ? { ...one, active: false } : one,
      ),
      target: undefined,
      resumesTarget: false,
    })),

    startWaiting: assign((scope) => {
      const { context, event } = scope;
      const { settings } = context;
      const isSent = event.type === 'challenge.sent';
      const ttlMs = (isSent ? event.expiresInMs : undefined) ?? settings.challengeTtlMs;
      // A challenge is useless once its `mfa_token` has expired.
      const challengeExpiresAt = Math.min(event.at + ttlMs, context.mfaTokenExpiresAt);
      return {
        challengeExpiresAt,
        shown: isSent ? event.shown : undefined,
        codeTries: 0,
        isCodeEntered: false,
        renewedSilently: false,
        reason: undefined,
        waitUntil: undefined,
        failures: 0,
        ...(isMessage(scope) ? hold(scope) : {}),
        ...firstPoll({ event, context: { ...context, pace: firstPace(scope), challengeExpiresAt } }),
      };
    }),
    forgetPing: assign({ pingedAt: undefined, polledAt: undefined }),
    // While a poll is under way, it is not known when the next one is due.
    notePing: assign(({ context, event }) => ({ pingedAt: event.at, ...hurried(context, event.at) })),
    takeSilentWay: assign(({ context }) => ({
      ...onWay(context, silentWay(context) ?? context.way),
      leftWay: currentWay(context).name,
    })),
    takeOtherWay: assign(({ context }) => ({
      ...onWay(context, otherWay(context) ?? context.way),
      leftWay: undefined,
    })),
    noteCodeEntered: assign({ isCodeEntered: true, reason: undefined }),
    noteWrongCode: assign(({ context }) => ({
      codeTries: context.codeTries + 1,
      reason: 'code_refused' as const,
    })),
    noteEnrollment: assign({ enrolledInFlow: true }),
    noteDeparture: assign(({ context }) => ({
      enrolledInFlow: context.enrolledInFlow || currentWay(context).enrollsElsewhere === true,
    })),
    noteRecoveryCodes: assign(({ context, event }) => ({
      hasRecoveryCodes:
        context.hasRecoveryCodes || ('hasRecoveryCodes' in event && event.hasRecoveryCodes === true),
    })),
    holdResend: assign(hold),
    stopWaiting: assign(({ context: { target, resendAllowedAt }, event }) => ({
      waitUntil: undefined,
      ...(target && { resendAllowedAt: { ...resendAllowedAt, [addressee(target)]: event.at } }),
    })),
    schedulePoll: assign(pollEnded),
    takeTokens: assign(({ context, event }) => ({
      provenAt: event.at,
      reason: codeReason(context),
      waitUntil: undefined,
      failures: 0,
    })),
    noteAuthentication: assign(({ event }) =>
      event.type === 'identity.verified' ? { authentication: event.authentication } : {},
    ),
    backOff: assign(({ context, event }) => {
      const wait = Math.min(LONGEST_BACK_OFF_MS, BACK_OFF_MS * 2 ** Math.min(context.failures, 5));
      return {
        failures: context.failures + 1,
        nextPollAt: event.at + Math.max(wait, retryAfterOf(event) ?? 0) + event.jitterMs,
        reason: event.type === 'effect.failed' ? event.code : undefined,
      };
    }),
    noteFailure: assign(({ event }) => {
      if (event.type !== 'effect.failed' && event.type !== 'redirect.refused') return {};
      const { code, at } = event;
      const retryAfterMs = retryAfterOf(event);
      return {
        reason: code,
        waitUntil: retryAfterMs === undefined ? undefined : at + retryAfterMs,
        ...(code === 'mfa_token_expired' && { mfaTokenExpiresAt: at }),
      };
    }),
    noteReason: assign((_, { code }: { code: ReasonCode }) => ({
      reason: code,
      waitUntil: undefined,
    })),
    noteNothingToOffer: assign(({ context }) => ({ reason: nothingToOffer(context) })),
  },
  guards: {
    waitsForPush: ({ context }) => context.reason === 'push_in_progress',
    isCurrent,
    failedWith: (scope: Scope, { codes }: { codes: readonly ReasonCode[] }) => {
      const code = failureOf(scope);
      return code !== undefined && codes.includes(code);
    },
    isTransientFailure: (scope: Scope) => isTransient(scope),
    isWorthWaiting: (scope: Scope) =>
      isTransient(scope) && scope.event.at + (retryAfterOf(scope.event) ?? 0) < scope.context.expiresAt,
    isExpiredToken: (scope: Scope) =>
      isCurrent(scope) &&
      scope.event.type === 'effect.failed' &&
      scope.event.code === 'mfa_token_expired' &&
      !scope.context.renewedSilently,

    isPasswordLeg: ({ context }) => context.leg === 'password',
    hasNextLeg: ({ context }) => followingLeg(context) !== undefined,
    needsPassword: ({ context, event }) =>
      context.settings.adds === undefined &&
      context.settings.enroll === 'password' &&
      !(context.passwordEntered && event.at < context.mfaTokenExpiresAt),

    resumes: ({ context }) => context.resumesTarget,
    isTargetUsable: ({ context }) =>
      usableAuthenticators(context).some(({ id }) => id === context.target?.authenticatorId),
    isTargetEnrollable: ({ context }) =>
      context.target?.authenticatorId === undefined &&
      enrollableFactors(context).some((factor) => factor === context.target?.factor),
    isTargetEntered: ({ context }) => context.target !== undefined && isOwnCode(context.target.factor),
    isTargetHosted: ({ context }) => context.target !== undefined && isHosted(context.target.factor),
    isTargetSentOnAdding: ({ context }) => context.target !== undefined && isAddressed(context.target.factor),
    maySendTarget: ({ context, event }) =>
      context.target !== undefined && mayUse(context, context.target, event.at),
    isAskedLately: ({ context, event }) => isAskedLately(context, event.at),
    hasSolePush: ({ context, event }) => {
      const push = solePush(context);
      return push !== undefined && !context.isChained && mayUse(context, targetOf(push), event.at);
    },
    hasUsable: ({ context }) => usableAuthenticators(context).length > 0,
    hasSoleEnrollment: ({ context, event }) => {
      const factor = soleEnrollment(context);
      return factor !== undefined && mayUse(context, { factor }, event.at);
    },
    hasEnrollable: ({ context }) => enrollableFactors(context).length > 0,

    isTransactionAlive: ({ context, event }) =>
      event.at < Math.min(context.mfaTokenExpiresAt, context.expiresAt),
    choosesUsable: (scope) => {
      const target = chosen(scope);
      return target !== undefined && mayUse(scope.context, target, scope.event.at);
    },
    choosesEntered: (scope) => {
      const target = chosen(scope);
      return target !== undefined && isOwnCode(target.factor);
    },
    beginsEnrollable: ({ context, event }) =>
      event.type === 'enrollment.begin' &&
      enrollableFactors(context).includes(event.factor) &&
      mayUse(context, { factor: event.factor }, event.at),
    mayResend: ({ context, event }) =>
      context.target?.authenticatorId !== undefined &&
      sendsMessage(context.target.factor) &&
      mayUse(context, context.target, event.at),
    hasWaited: ({ context, event }) => event.at >= (context.waitUntil ?? 0),
    mayExchange: ({ context, event }) =>
      event.at >= affordableAt(context.budget, currentWay(context).exchangeLimit, 1),

    hasSilentWay: ({ context }) => silentWay(context) !== undefined,
    hasOtherWay: ({ context }) => otherWay(context) !== undefined,
    isFirstPing: ({ context }) => currentWay(context).pings === true && context.pingedAt === undefined,
    awaitsPushCode: ({ context }) => awaitsPushCode(context),
    isPushCode: ({ event }) => event.type === 'code.submit' && event.isPushCode === true,
    isLastTry: ({ context }) => context.codeTries + 1 >= PUSH_CODE_TRIES,

    isPrompted: ({ event }) =>
      (event.type === 'challenge.sent' || event.type === 'enrollment.started') && event.binding === 'prompt',
    isRedirected: ({ event }) => event.type === 'challenge.sent' && event.binding === 'redirect',
    isReturnLate: ({ context, event }) => event.at >= Math.min(context.challengeExpiresAt, context.expiresAt),
    isTryDue: ({ context, event }) => event.at >= context.nextPollAt && event.at < context.expiresAt,
    isChallengeOver: ({ context, event }) => event.at >= context.challengeExpiresAt,
    isFlowOver: ({ context, event }) => event.at >= context.expiresAt,
    hasRecoveryCodes: ({ context }) => context.hasRecoveryCodes,
  },
});
