import { and, assign, not, setup } from 'xstate';
import type { ReasonCode } from './errors.ts';
import type { FirstLegMethod, FlowEvent } from './events.ts';
import { type EnrollableFactor, type Factor, sendsCode, sendsMessage } from './factor.ts';
import {
  addressee,
  enrollableFactors,
  type FlowContext,
  type FlowSettings,
  initialContext,
  isEnrolled,
  mayUse,
  soleEnrollment,
  solePush,
  type Target,
  usableAuthenticators,
} from './flow-context.ts';
import type { Authenticator } from './mfa-api.ts';
import { adjustPace, affordableAt, nextPollTime, type PollOutcome, refill, spend } from './poll-schedule.ts';

/** What the machine asks its runner to do. Answers come back as facts with the same `seq`. */
export type Effect =
  | {
      readonly type: 'authenticate';
      readonly params: { readonly seq: number; readonly method: FirstLegMethod };
    }
  | { readonly type: 'list'; readonly params: { readonly seq: number } }
  | { readonly type: 'enroll'; readonly params: { readonly seq: number; readonly factor: EnrollableFactor } }
  | {
      readonly type: 'challenge';
      readonly params: { readonly seq: number; readonly factor: Factor; readonly authenticatorId: string };
    }
  | { readonly type: 'poll'; readonly params: { readonly seq: number; readonly enrolling: boolean } }
  | {
      readonly type: 'verify';
      readonly params: { readonly seq: number; readonly factor: Factor; readonly enrolling: boolean };
    }
  | { readonly type: 'identify'; readonly params: { readonly seq: number } };

/** The parameters of one type of effect. */
export type EffectParams<T extends Effect['type']> = Extract<Effect, { type: T }>['params'];

interface Scope {
  readonly context: FlowContext;
  readonly event: FlowEvent;
}

/** Effects are declared here and run by whoever runs the machine. */
function effect<T extends Effect['type']>(_type: T): (_: unknown, _params: EffectParams<T>) => void {
  return () => {};
}

const isCurrent = ({ context, event }: Scope): boolean => 'seq' in event && event.seq === context.seq;

/** Whether an effect failed for a reason that passes. */
const isPassing = (scope: Scope): boolean =>
  isCurrent(scope) &&
  scope.event.type === 'effect.failed' &&
  ['provider_unavailable', 'rate_limited'].includes(scope.event.code);

const failedWith = (...codes: readonly ReasonCode[]) => ({ type: 'failedWith', params: { codes } }) as const;

/** The authenticator that a `factor.choose` names, when it is one the user may take. */
function chosen({ context, event }: Scope): Target | undefined {
  if (event.type !== 'factor.choose') return undefined;
  const found = usableAuthenticators(context).find(({ id }) => id === event.authenticatorId);
  return found && targetOf(found);
}

function targetOf({ factor, id }: Authenticator): Target {
  return { factor, authenticatorId: id };
}

const firstLeg = ({ settings }: FlowContext): FirstLegMethod => settings.firstLegs[0] ?? 'custom';

/** The leg to try after this one; a password that was asked for in between has none. */
function followingLeg({ leg, settings: { firstLegs } }: FlowContext): FirstLegMethod | undefined {
  return firstLegs.includes(leg) ? firstLegs[firstLegs.indexOf(leg) + 1] : undefined;
}

function retryAfterOf(event: FlowEvent): number | undefined {
  return 'retryAfterMs' in event ? event.retryAfterMs : undefined;
}

/** A new `mfa_token`, with the exchanges that the provider grants it. */
function transaction({ context, event }: Scope): Partial<FlowContext> {
  if (event.type !== 'mfa.required') return {};
  const { mfaTokenTtlMs, exchangeLimit } = context.settings;
  return {
    requirements: event.requirements,
    mfaTokenExpiresAt: event.at + mfaTokenTtlMs,
    budget: { level: exchangeLimit.burst, at: event.at },
    enrollmentClosed: false,
    reason: undefined,
    waitUntil: undefined,
    failures: 0,
  };
}

/** Keeps the target from getting another message too soon. */
function hold({ context, event }: Scope): Partial<FlowContext> {
  const { target, resendAllowedAt, settings } = context;
  if (target === undefined) return {};
  const allowedAt = event.at + Math.max(settings.resendAfterMs, retryAfterOf(event) ?? 0);
  return { resendAllowedAt: { ...resendAllowedAt, [addressee(target)]: allowedAt } };
}

/** Polls and their pace. */
function afterPoll({ context, event }: Scope, outcome: PollOutcome): Partial<FlowContext> {
  const pace = adjustPace(context.pace, outcome);
  const { settings } = context;
  const nextPollAt = nextPollTime({
    at: event.at,
    jitterMs: event.jitterMs,
    pace,
    budget: refill(context.budget, settings.exchangeLimit, event.at),
    limit: settings.exchangeLimit,
    retryAfterMs: outcome.retryAfterMs,
  });
  return { pace, nextPollAt };
}

function outcomeOf(event: FlowEvent): PollOutcome {
  const retryAfterMs = retryAfterOf(event);
  if (event.type === 'poll.slowed') return { type: 'slow_down', retryAfterMs };
  if (event.type !== 'effect.failed') return { type: 'pending' };
  return { type: event.code === 'rate_limited' ? 'rate_limited' : 'unavailable', retryAfterMs };
}

const BACK_OFF_MS = 1_000;
const LONGEST_BACK_OFF_MS = 30_000;

const flow = setup({
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
    clearReason: assign({ reason: undefined, waitUntil: undefined }),
    spendExchange: assign(({ context, event }) => ({
      budget: spend(context.budget, context.settings.exchangeLimit, event.at),
    })),

    renew: assign(({ context, event }) => ({
      leg: firstLeg(context),
      renewedBySelf: false,
      isChained: false,
      expiresAt: event.at + context.settings.flowTtlMs,
      reason: undefined,
      waitUntil: undefined,
      failures: 0,
    })),
    renewBySelf: assign(({ context }) => ({
      leg: firstLeg(context),
      renewedBySelf: true,
      resumesTarget: context.target !== undefined,
      // Only where it is not silent does it need words.
      reason: firstLeg(context) === 'password' ? ('mfa_token_expired' as const) : undefined,
    })),
    nextLeg: assign(({ context }) => ({ leg: followingLeg(context) ?? context.leg, failures: 0 })),
    askForPassword: assign({ leg: 'password', reason: 'password_needed', waitUntil: undefined }),
    takeTransaction: assign((scope) => ({
      ...transaction(scope),
      passwordEntered: scope.context.leg === 'password',
    })),
    takeChainedTransaction: assign((scope) => ({ ...transaction(scope), isChained: true })),
    takeAuthenticators: assign(({ event }) =>
      event.type === 'authenticators.listed'
        ? { authenticators: event.authenticators, isListed: true, reason: undefined, failures: 0 }
        : {},
    ),

    forgetTarget: assign({ target: undefined, resumesTarget: false }),
    resumeTarget: assign({ resumesTarget: true }),
    targetReached: assign(({ context }) => ({
      resumesTarget: false,
      // A code is not kept while the token that it was meant for is renewed.
      reason:
        context.renewedBySelf && context.target !== undefined && !sendsMessage(context.target.factor)
          ? ('input_lost' as const)
          : undefined,
      waitUntil: undefined,
    })),
    targetChosen: assign((scope) => {
      const { context } = scope;
      const target = chosen(scope);
      // A limit on one factor's codes does not hold for another's.
      const isSame = target?.authenticatorId === context.target?.authenticatorId;
      return { target, reason: undefined, waitUntil: isSame ? context.waitUntil : undefined };
    }),
    targetSolePush: assign(({ context }) => {
      const push = solePush(context);
      return push ? { target: targetOf(push) } : {};
    }),
    targetEnrollment: assign(({ event }) =>
      event.type === 'enrollment.begin'
        ? { target: { factor: event.factor }, reason: undefined, waitUntil: undefined }
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
      const { settings, target } = context;
      const isSent = event.type === 'challenge.sent';
      const intervalMs = (isSent ? event.intervalMs : undefined) ?? 0;
      const ttlMs = (isSent ? event.expiresInMs : undefined) ?? settings.challengeTtlMs;
      const pace = { intervalMs: Math.max(settings.pollIntervalMs, intervalMs), failures: 0 };
      return {
        // An `mfa_token` cannot be used for longer than it lives, whatever the challenge says.
        challengeExpiresAt: Math.min(event.at + ttlMs, context.mfaTokenExpiresAt),
        renewedBySelf: false,
        reason: undefined,
        waitUntil: undefined,
        failures: 0,
        ...(isSent || (target !== undefined && sendsCode(target.factor)) ? hold(scope) : {}),
        ...afterPoll({ event, context: { ...context, pace } }, { type: 'pending' }),
      };
    }),
    noteEnrollment: assign({ enrolledInFlow: true }),
    noteRecoveryCodes: assign(({ context, event }) => ({
      hasRecoveryCodes:
        context.hasRecoveryCodes || ('hasRecoveryCodes' in event && event.hasRecoveryCodes === true),
    })),
    holdResend: assign(hold),
    schedulePoll: assign((scope) => ({
      ...afterPoll(scope, outcomeOf(scope.event)),
      reason: scope.event.type === 'effect.failed' ? scope.event.code : undefined,
    })),
    takeTokens: assign(({ event }) => ({
      provenAt: event.at,
      reason: undefined,
      waitUntil: undefined,
      failures: 0,
    })),
    backOff: assign(({ context, event }) => {
      const wait = Math.min(LONGEST_BACK_OFF_MS, BACK_OFF_MS * 2 ** Math.min(context.failures, 5));
      return {
        failures: context.failures + 1,
        nextPollAt: event.at + Math.max(wait, retryAfterOf(event) ?? 0) + event.jitterMs,
        reason: event.type === 'effect.failed' ? event.code : undefined,
      };
    }),
    noteFailure: assign(({ event }) => {
      if (event.type !== 'effect.failed') return {};
      const { code, at, retryAfterMs } = event;
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
    noteNothingToOffer: assign(({ context }) => ({
      reason:
        context.settings.enroll === 'refuse' && !isEnrolled(context)
          ? ('enrollment_refused' as const)
          : ('no_usable_factor' as const),
    })),
  },
  guards: {
    isCurrent,
    failedWith: (scope: Scope, { codes }: { codes: readonly ReasonCode[] }) =>
      isCurrent(scope) && scope.event.type === 'effect.failed' && codes.includes(scope.event.code),
    isPassingFailure: (scope: Scope) => isPassing(scope),
    isWorthWaiting: (scope: Scope) =>
      isPassing(scope) && scope.event.at + (retryAfterOf(scope.event) ?? 0) < scope.context.expiresAt,
    isExpiredToken: (scope: Scope) =>
      isCurrent(scope) &&
      scope.event.type === 'effect.failed' &&
      scope.event.code === 'mfa_token_expired' &&
      !scope.context.renewedBySelf,

    isPasswordLeg: ({ context }) => context.leg === 'password',
    hasNextLeg: ({ context }) => followingLeg(context) !== undefined,
    needsPassword: ({ context, event }) =>
      context.settings.enroll === 'password' &&
      !(context.passwordEntered && event.at < context.mfaTokenExpiresAt),

    resumes: ({ context }) => context.resumesTarget,
    isTargetUsable: ({ context }) =>
      usableAuthenticators(context).some(({ id }) => id === context.target?.authenticatorId),
    isTargetEnrollable: ({ context }) =>
      context.target?.authenticatorId === undefined &&
      enrollableFactors(context).some((factor) => factor === context.target?.factor),
    isTargetEntered: ({ context }) => context.target !== undefined && !sendsMessage(context.target.factor),
    isTargetSentOnAdding: ({ context }) => context.target !== undefined && sendsCode(context.target.factor),
    maySendTarget: ({ context, event }) =>
      context.target !== undefined && mayUse(context, context.target, event.at),
    hasSolePush: ({ context, event }) => {
      const push = solePush(context);
      return push !== undefined && !context.isChained && mayUse(context, targetOf(push), event.at);
    },
    hasUsable: ({ context }) => usableAuthenticators(context).length > 0,
    hasSoleEnrollment: ({ context }) => soleEnrollment(context) !== undefined,
    hasEnrollable: ({ context }) => enrollableFactors(context).length > 0,

    isTransactionAlive: ({ context, event }) =>
      event.at < Math.min(context.mfaTokenExpiresAt, context.expiresAt),
    choosesUsable: (scope) => {
      const target = chosen(scope);
      return target !== undefined && mayUse(scope.context, target, scope.event.at);
    },
    choosesEntered: (scope) => {
      const target = chosen(scope);
      return target !== undefined && !sendsMessage(target.factor);
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
      event.at >= affordableAt(context.budget, context.settings.exchangeLimit, 1),

    isPrompted: ({ event }) =>
      (event.type === 'challenge.sent' || event.type === 'enrollment.started') && event.binding === 'prompt',
    isTryDue: ({ context, event }) => event.at >= context.nextPollAt && event.at < context.expiresAt,
    isChallengeOver: ({ context, event }) => event.at >= context.challengeExpiresAt,
    isFlowOver: ({ context, event }) => event.at >= context.expiresAt,
    hasRecoveryCodes: ({ context }) => context.hasRecoveryCodes,
  },
});

const because = (code: ReasonCode) => ({ type: 'noteReason', params: { code } }) as const;

/** Waiting out a passing failure; `requesting` is tried again when its time has come. */
const backingOff = flow.createStateConfig({
  on: { 'time.passed': { guard: 'isTryDue', target: 'requesting' } },
});

/** What the user can do instead, wherever the flow waits or rests. */
const alternatives = flow.createStateConfig({
  on: {
    'factor.choose': [
      {
        guard: and(['choosesUsable', 'isTransactionAlive', 'choosesEntered']),
        target: '#flow.prompting',
        actions: 'targetChosen',
      },
      {
        guard: and(['choosesUsable', 'isTransactionAlive']),
        target: '#flow.challenging',
        actions: 'targetChosen',
      },
      {
        guard: 'choosesUsable',
        target: '#flow.authenticating',
        actions: ['targetChosen', 'renew', 'resumeTarget'],
      },
    ],
    'enrollment.begin': [
      {
        guard: and(['beginsEnrollable', 'needsPassword']),
        target: '#flow.authenticating.askingPassword',
        actions: ['targetEnrollment', 'renew', 'resumeTarget', 'askForPassword'],
      },
      {
        guard: and(['beginsEnrollable', 'isTransactionAlive']),
        target: '#flow.enrolling',
        actions: 'targetEnrollment',
      },
      {
        guard: 'beginsEnrollable',
        target: '#flow.authenticating',
        actions: ['targetEnrollment', 'renew', 'resumeTarget'],
      },
    ],
    'challenge.resend': [
      { guard: and(['mayResend', 'isTransactionAlive']), target: '#flow.challenging' },
      { guard: 'mayResend', target: '#flow.authenticating', actions: ['renew', 'resumeTarget'] },
    ],
  },
}).on;

/** What the user can do at rest: all of the above, or everything again from the first leg. */
const nextSteps = {
  ...alternatives,
  'flow.retry': {
    guard: 'hasWaited',
    target: '#flow.authenticating',
    actions: ['renew', 'forgetTarget'],
  },
} as const;

/** Another factor is asked for on top (chained MFA): the flow goes on with the new token. */
const chained = {
  guard: 'isCurrent',
  target: '#flow.listing',
  actions: ['takeChainedTransaction', 'forgetTarget'],
} as const;

const renewal = { guard: 'isExpiredToken', target: '#flow.authenticating', actions: 'renewBySelf' } as const;

const notEnrolled = {
  guard: failedWith('not_enrolled'),
  target: '#flow.listing.deciding',
  actions: 'dropAuthenticator',
} as const;

const failure = { guard: 'isCurrent', target: '#flow.failed', actions: 'noteFailure' } as const;

/** Asks the provider again and again until the phone has answered; confirming and polling differ in nothing else. */
function pollLoop(enrolling: boolean) {
  return flow.createStateConfig({
    initial: 'waiting',
    on: alternatives,
    states: {
      waiting: {
        on: {
          'time.passed': [
            {
              guard: 'isChallengeOver',
              target: '#flow.expired',
              actions: because('challenge_expired'),
            },
            { guard: 'isTryDue', target: 'requesting' },
          ],
        },
      },
      requesting: {
        entry: [
          'nextSeq',
          'spendExchange',
          { type: 'poll', params: ({ context }) => ({ seq: context.seq, enrolling }) },
        ],
        on: {
          'poll.pending': { guard: 'isCurrent', target: 'waiting', actions: 'schedulePoll' },
          'poll.slowed': { guard: 'isCurrent', target: 'waiting', actions: 'schedulePoll' },
          'poll.rejected': { guard: 'isCurrent', target: '#flow.rejected', actions: because('rejected') },
          'tokens.received': {
            guard: 'isCurrent',
            target: '#flow.identifying',
            actions: ['takeTokens', 'noteRecoveryCodes'],
          },
          'mfa.required': chained,
          'effect.failed': [
            { guard: 'isPassingFailure', target: 'waiting', actions: 'schedulePoll' },
            // The provider wants a code after all.
            { guard: failedWith('code_refused'), target: '#flow.prompting', actions: 'clearReason' },
            {
              guard: failedWith('challenge_expired', 'mfa_token_expired'),
              target: '#flow.expired',
              actions: 'noteFailure',
            },
            failure,
          ],
        },
      },
    },
  });
}

/**
 * One run of step-up authentication: first leg, choice of the factor, enrolment or challenge, proof, identity.
 *
 * It has no clock, no chance, no I/O and no secret: time and jitter come with each event, effects go out as named
 * actions and come back as facts. `approved` and `cancelled` are final; `rejected`, `expired` and `failed` are at
 * rest and say in `reason` why, and their transitions say what can be done next.
 */
export const stepUpMachine = flow.createMachine({
  id: 'flow',
  context: ({ input }) => initialContext(input),
  initial: 'idle',
  on: {
    'flow.cancel': '.cancelled',
    'time.passed': { guard: 'isFlowOver', target: '.expired', actions: because('flow_expired') },
  },
  states: {
    idle: {
      on: { 'flow.start': { target: 'authenticating', actions: 'renew' } },
    },

    authenticating: {
      initial: 'deciding',
      states: {
        deciding: {
          always: [{ guard: 'isPasswordLeg', target: 'askingPassword' }, { target: 'requesting' }],
        },
        askingPassword: {
          on: {
            ...alternatives,
            'password.submit': { guard: 'hasWaited', target: 'requesting', actions: 'clearReason' },
          },
        },
        requesting: {
          entry: [
            'nextSeq',
            {
              type: 'authenticate',
              params: ({ context }) => ({ seq: context.seq, method: context.leg }),
            },
          ],
          on: {
            'mfa.required': { guard: 'isCurrent', target: '#flow.listing', actions: 'takeTransaction' },
            'effect.failed': [
              {
                guard: and([
                  'isPasswordLeg',
                  failedWith(
                    'credentials_refused',
                    'input_lost',
                    'provider_unavailable',
                    'rate_limited',
                    'result_lost',
                    'too_many_attempts',
                  ),
                ]),
                target: 'askingPassword',
                actions: 'noteFailure',
              },
              { guard: 'isWorthWaiting', target: 'backingOff', actions: 'backOff' },
              {
                guard: and([failedWith('login_required'), 'hasNextLeg']),
                target: 'deciding',
                actions: 'nextLeg',
              },
              failure,
            ],
          },
        },
        backingOff,
      },
    },

    listing: {
      initial: 'requesting',
      states: {
        requesting: {
          entry: ['nextSeq', { type: 'list', params: ({ context }) => ({ seq: context.seq }) }],
          on: {
            'authenticators.listed': {
              guard: 'isCurrent',
              target: 'deciding',
              actions: 'takeAuthenticators',
            },
            'effect.failed': [
              { guard: 'isWorthWaiting', target: 'backingOff', actions: 'backOff' },
              renewal,
              failure,
            ],
          },
        },
        deciding: {
          always: [
            {
              guard: and(['resumes', 'isTargetUsable', 'isTargetEntered']),
              target: '#flow.prompting',
              actions: 'targetReached',
            },
            {
              guard: and(['resumes', 'isTargetUsable', 'maySendTarget']),
              target: '#flow.challenging',
              actions: 'targetReached',
            },
            {
              guard: and(['resumes', 'isTargetEnrollable', 'needsPassword']),
              target: '#flow.authenticating.askingPassword',
              actions: 'askForPassword',
            },
            {
              guard: and(['resumes', 'isTargetEnrollable', 'maySendTarget']),
              target: '#flow.enrolling',
              actions: 'targetReached',
            },
            {
              guard: 'hasSolePush',
              target: '#flow.challenging',
              actions: ['targetSolePush', 'targetReached'],
            },
            { guard: 'hasUsable', target: '#flow.choosing', actions: 'forgetTarget' },
            {
              guard: and(['hasSoleEnrollment', 'needsPassword']),
              target: '#flow.authenticating.askingPassword',
              actions: ['targetSoleEnrollment', 'resumeTarget', 'askForPassword'],
            },
            {
              guard: 'hasSoleEnrollment',
              target: '#flow.enrolling',
              actions: ['targetSoleEnrollment', 'targetReached'],
            },
            { guard: 'hasEnrollable', target: '#flow.choosing', actions: 'forgetTarget' },
            { target: '#flow.failed', actions: 'noteNothingToOffer' },
          ],
        },
        backingOff,
      },
    },

    choosing: { on: nextSteps },

    enrolling: {
      initial: 'requesting',
      states: {
        requesting: {
          entry: [
            'nextSeq',
            {
              type: 'enroll',
              params: ({ context }) => ({
                seq: context.seq,
                factor: context.target?.factor as EnrollableFactor,
              }),
            },
          ],
          on: {
            'enrollment.started': [
              {
                guard: and(['isCurrent', 'isPrompted']),
                target: '#flow.prompting',
                actions: ['startWaiting', 'noteEnrollment', 'noteRecoveryCodes'],
              },
              {
                guard: 'isCurrent',
                target: '#flow.confirming',
                actions: ['startWaiting', 'noteEnrollment', 'noteRecoveryCodes'],
              },
            ],
            'effect.failed': [
              {
                guard: and(['isTargetSentOnAdding', failedWith('provider_unavailable', 'result_lost')]),
                target: '#flow.failed',
                actions: ['holdResend', because('delivery_unknown')],
              },
              {
                guard: and(['isTargetSentOnAdding', failedWith('rate_limited')]),
                target: '#flow.failed',
                actions: ['holdResend', 'noteFailure'],
              },
              { guard: 'isWorthWaiting', target: 'backingOff', actions: 'backOff' },
              renewal,
              {
                guard: failedWith('already_enrolled'),
                target: '#flow.listing',
                actions: 'closeEnrollment',
              },
              failure,
            ],
          },
        },
        backingOff,
      },
    },

    confirming: pollLoop(true),

    challenging: {
      entry: [
        'nextSeq',
        {
          type: 'challenge',
          params: ({ context }) => ({
            seq: context.seq,
            factor: context.target?.factor as Factor,
            authenticatorId: context.target?.authenticatorId as string,
          }),
        },
      ],
      on: {
        'challenge.sent': [
          { guard: and(['isCurrent', 'isPrompted']), target: 'prompting', actions: 'startWaiting' },
          { guard: 'isCurrent', target: 'polling', actions: 'startWaiting' },
        ],
        'effect.failed': [
          renewal,
          notEnrolled,
          // Some tenants say "unavailable" for "not enrolled".
          { ...notEnrolled, guard: and([failedWith('factor_unavailable'), 'hasEnrollable']) },
          {
            guard: failedWith('provider_unavailable', 'result_lost'),
            target: 'failed',
            actions: ['holdResend', because('delivery_unknown')],
          },
          { guard: 'isCurrent', target: 'failed', actions: ['holdResend', 'noteFailure'] },
        ],
      },
    },

    polling: pollLoop(false),

    prompting: {
      on: {
        ...alternatives,
        'code.submit': {
          guard: and(['hasWaited', 'mayExchange']),
          target: 'verifying',
          actions: 'clearReason',
        },
        'time.passed': {
          guard: and(['isChallengeOver', not('isTargetEntered')]),
          target: 'expired',
          actions: because('challenge_expired'),
        },
      },
    },

    verifying: {
      entry: [
        'nextSeq',
        'spendExchange',
        {
          type: 'verify',
          params: ({ context }) => ({
            seq: context.seq,
            factor: context.target?.factor as Factor,
            enrolling: context.target?.authenticatorId === undefined,
          }),
        },
      ],
      on: {
        'tokens.received': {
          guard: 'isCurrent',
          target: 'identifying',
          actions: ['takeTokens', 'noteRecoveryCodes'],
        },
        'mfa.required': chained,
        'effect.failed': [
          {
            guard: failedWith('code_refused', 'input_lost', 'provider_unavailable', 'rate_limited'),
            target: 'prompting',
            actions: 'noteFailure',
          },
          notEnrolled,
          {
            guard: failedWith('factor_unavailable'),
            target: 'failed',
            actions: ['noteFailure', 'dropAuthenticator'],
          },
          // Taking up a target that is sent would send it again: that is the user's to ask for.
          {
            guard: and(['isExpiredToken', 'isTargetUsable', 'isTargetEntered']),
            target: 'authenticating',
            actions: 'renewBySelf',
          },
          {
            guard: failedWith('challenge_expired', 'mfa_token_expired'),
            target: 'expired',
            actions: 'noteFailure',
          },
          failure,
        ],
      },
    },

    identifying: {
      initial: 'requesting',
      states: {
        requesting: {
          entry: ['nextSeq', { type: 'identify', params: ({ context }) => ({ seq: context.seq }) }],
          on: {
            'identity.verified': [
              {
                guard: and(['isCurrent', 'hasRecoveryCodes']),
                target: '#flow.acknowledging',
                actions: 'clearReason',
              },
              { guard: 'isCurrent', target: '#flow.approved', actions: 'clearReason' },
            ],
            'effect.failed': [{ guard: 'isWorthWaiting', target: 'backingOff', actions: 'backOff' }, failure],
          },
        },
        backingOff,
      },
    },

    acknowledging: {
      on: { 'codes.acknowledge': 'approved' },
    },

    rejected: { on: nextSteps },
    // Here time has nothing more to end.
    expired: { on: { ...nextSteps, 'time.passed': {} } },
    failed: { on: nextSteps },

    approved: { type: 'final' },
    cancelled: { type: 'final', entry: because('cancelled') },
  },
});
