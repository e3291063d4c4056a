import { and, assign, not, setup } from 'xstate';
import type { ReasonCode } from './errors.ts';
import type { FirstLegMethod, FlowEvent } from './events.ts';
import { type EnrollableFactor, type Factor, sendsMessage } from './factor.ts';
import {
  enrollableFactors,
  type FlowContext,
  type FlowSettings,
  initialContext,
  mayUse,
  soleEnrollment,
  solePush,
  type Target,
  usableAuthenticators,
} from './flow-context.ts';
import { adjustPace, nextPollTime, type PollOutcome, refill, spend } from './poll-schedule.ts';

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

const passing: readonly ReasonCode[] = ['provider_unavailable', 'rate_limited'];

const failedWith = (...codes: readonly ReasonCode[]) => ({ type: 'failedWith', params: { codes } }) as const;

/** The authenticator that a `factor.choose` names, when it is one the user may take. */
function chosen({ context, event }: Scope): Target | undefined {
  if (event.type !== 'factor.choose') return undefined;
  const found = usableAuthenticators(context).find(({ id }) => id === event.authenticatorId);
  return found && { factor: found.factor, authenticatorId: found.id };
}

function isEntered(factor: Factor): boolean {
  return factor === 'otp' || factor === 'recovery-code';
}

function waited(event: FlowEvent): Partial<FlowContext> {
  if (event.type !== 'effect.failed' || event.retryAfterMs === undefined) return { waitUntil: undefined };
  return { waitUntil: event.at + event.retryAfterMs };
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
  if (event.type === 'poll.slowed') return { type: 'slow_down', retryAfterMs: event.retryAfterMs };
  if (event.type !== 'effect.failed') return { type: 'pending' };
  const type = event.code === 'rate_limited' ? 'rate_limited' : 'unavailable';
  return { type, retryAfterMs: event.retryAfterMs };
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
    noteTime: assign(({ event }) => ({ at: event.at })),
    takeInput: assign(({ event }) => ({ at: event.at, reason: undefined, waitUntil: undefined })),
    spendExchange: assign(({ context }) => ({
      budget: spend(context.budget, context.settings.exchangeLimit, context.at),
    })),

    beginFlow: assign(({ context, event }) => ({
      at: event.at,
      expiresAt: event.at + context.settings.flowTtlMs,
    })),
    renew: assign(({ context, event }) => ({
      at: event.at,
      leg: context.settings.firstLegs[0] ?? 'custom',
      renewedBySelf: false,
      expiresAt: event.at + context.settings.flowTtlMs,
      reason: undefined,
      waitUntil: undefined,
      failures: 0,
    })),
    renewBySelf: assign(({ context }) => ({
      leg: context.settings.firstLegs[0] ?? 'custom',
      renewedBySelf: true,
      resumesTarget: context.target !== undefined,
    })),
    nextLeg: assign(({ context }) => {
      const { firstLegs } = context.settings;
      return { leg: firstLegs[firstLegs.indexOf(context.leg) + 1] ?? context.leg, failures: 0 };
    }),
    askForPassword: assign({ leg: 'password', reason: 'password_needed', waitUntil: undefined }),
    takeTransaction: assign(({ context, event }) => {
      if (event.type !== 'mfa.required') return {};
      return {
        at: event.at,
        requirements: event.requirements,
        passwordEntered: context.passwordEntered || context.leg === 'password',
        mfaTokenExpiresAt: event.at + context.settings.mfaTokenTtlMs,
        budget: { level: context.settings.exchangeLimit.burst, at: event.at },
        enrollmentClosed: false,
        reason: undefined,
        waitUntil: undefined,
        failures: 0,
      };
    }),
    takeAuthenticators: assign(({ event }) =>
      event.type === 'authenticators.listed'
        ? { authenticators: event.authenticators, at: event.at, failures: 0 }
        : {},
    ),

    forgetTarget: assign({ target: undefined, resumesTarget: false }),
    resumeTarget: assign({ resumesTarget: true }),
    targetReached: assign({ resumesTarget: false, reason: undefined, waitUntil: undefined }),
    targetChosen: assign((scope) => ({ target: chosen(scope), at: scope.event.at, reason: undefined })),
    targetSolePush: assign(({ context }) => {
      const push = solePush(context);
      return push ? { target: { factor: push.factor, authenticatorId: push.id } } : {};
    }),
    targetEnrollment: assign(({ event }) =>
      event.type === 'enrollment.begin'
        ? { target: { factor: event.factor }, at: event.at, reason: undefined }
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
      const intervalMs = event.type === 'challenge.sent' ? event.intervalMs : undefined;
      const expiresInMs = event.type === 'challenge.sent' ? event.expiresInMs : undefined;
      const pace = { intervalMs: Math.max(settings.pollIntervalMs, intervalMs ?? 0), failures: 0 };
      return {
        at: event.at,
        challengeExpiresAt: Math.min(
          event.at + (expiresInMs ?? settings.challengeTtlMs),
          context.mfaTokenExpiresAt,
        ),
        resendAllowedAt: event.at + settings.resendAfterMs,
        renewedBySelf: false,
        reason: undefined,
        waitUntil: undefined,
        failures: 0,
        ...afterPoll({ event, context: { ...context, pace } }, { type: 'pending' }),
      };
    }),
    noteRecoveryCodes: assign(({ context, event }) => ({
      hasRecoveryCodes:
        context.hasRecoveryCodes || ('hasRecoveryCodes' in event && event.hasRecoveryCodes === true),
    })),
    holdResend: assign(({ context, event }) => {
      const retryAfterMs = event.type === 'effect.failed' ? (event.retryAfterMs ?? 0) : 0;
      return { resendAllowedAt: event.at + Math.max(context.settings.resendAfterMs, retryAfterMs) };
    }),
    schedulePoll: assign((scope) => afterPoll(scope, outcomeOf(scope.event))),
    takeTokens: assign(({ context, event }) => ({
      provenAt: event.at,
      enrolledInFlow: context.enrolledInFlow || context.target?.authenticatorId === undefined,
      reason: undefined,
      waitUntil: undefined,
      failures: 0,
    })),
    backOff: assign(({ context, event }) => {
      const retryAfterMs = event.type === 'effect.failed' ? (event.retryAfterMs ?? 0) : 0;
      const wait = Math.min(LONGEST_BACK_OFF_MS, BACK_OFF_MS * 2 ** Math.min(context.failures, 5));
      return {
        failures: context.failures + 1,
        retryAt: event.at + Math.max(wait, retryAfterMs) + event.jitterMs,
      };
    }),
    noteFailure: assign(({ event }) =>
      event.type === 'effect.failed' ? { reason: event.code, at: event.at, ...waited(event) } : {},
    ),
    noteReason: assign(({ event }, { code }: { code: ReasonCode }) => ({
      reason: code,
      waitUntil: undefined,
      at: event.at,
    })),
    noteNothingToOffer: assign(({ context }) => ({
      reason:
        context.settings.enroll === 'refuse' && context.authenticators.every(({ active }) => !active)
          ? ('enrollment_refused' as const)
          : ('no_usable_factor' as const),
    })),
  },
  guards: {
    isCurrent,
    failedWith: (scope: Scope, { codes }: { codes: readonly ReasonCode[] }) =>
      isCurrent(scope) && scope.event.type === 'effect.failed' && codes.includes(scope.event.code),
    isPassingFailure: (scope: Scope) =>
      isCurrent(scope) && scope.event.type === 'effect.failed' && passing.includes(scope.event.code),

    isPasswordLeg: ({ context }) => context.leg === 'password',
    hasNextLeg: ({ context }) => context.leg !== context.settings.firstLegs.at(-1),
    needsPassword: ({ context }) => context.settings.enroll === 'password' && !context.passwordEntered,

    resumes: ({ context }) => context.resumesTarget,
    isTargetUsable: ({ context }) =>
      usableAuthenticators(context).some(({ id }) => id === context.target?.authenticatorId),
    isTargetEnrollable: ({ context }) =>
      context.target?.authenticatorId === undefined &&
      enrollableFactors(context).some((factor) => factor === context.target?.factor),
    isTargetEntered: ({ context }) => context.target !== undefined && isEntered(context.target.factor),
    maySendTarget: ({ context }) =>
      context.target !== undefined && mayUse(context, context.target.factor, context.at),
    hasSolePush: ({ context }) => solePush(context) !== undefined && mayUse(context, 'push', context.at),
    hasUsable: ({ context }) => usableAuthenticators(context).length > 0,
    hasSoleEnrollment: ({ context }) => soleEnrollment(context) !== undefined,
    hasEnrollable: ({ context }) => enrollableFactors(context).length > 0,

    isTransactionAlive: ({ context, event }) => event.at < context.mfaTokenExpiresAt,
    choosesUsable: (scope) => {
      const target = chosen(scope);
      return target !== undefined && mayUse(scope.context, target.factor, scope.event.at);
    },
    choosesEntered: (scope) => {
      const target = chosen(scope);
      return target !== undefined && isEntered(target.factor);
    },
    beginsEnrollable: ({ context, event }) =>
      event.type === 'enrollment.begin' && enrollableFactors(context).includes(event.factor),
    mayResend: ({ context, event }) =>
      context.target?.authenticatorId !== undefined &&
      !isEntered(context.target.factor) &&
      event.at >= context.resendAllowedAt,
    hasWaited: ({ event, context }) => context.waitUntil === undefined || event.at >= context.waitUntil,
    isExpiredToken: (scope: Scope) =>
      isCurrent(scope) &&
      scope.event.type === 'effect.failed' &&
      scope.event.code === 'mfa_token_expired' &&
      !scope.context.renewedBySelf,
    isMessageTarget: ({ context }) => context.target !== undefined && sendsMessage(context.target.factor),

    isPrompted: ({ event }) =>
      (event.type === 'challenge.sent' || event.type === 'enrollment.started') && event.binding === 'prompt',
    isPollDue: ({ context, event }) => event.at >= context.nextPollAt,
    isRetryDue: ({ context, event }) => event.at >= context.retryAt,
    isChallengeOver: ({ context, event }) => event.at >= context.challengeExpiresAt,
    isFlowOver: ({ context, event }) => event.at >= context.expiresAt,
    isPushTarget: ({ context }) => context.target?.factor === 'push',
    hasRecoveryCodes: ({ context }) => context.hasRecoveryCodes,
  },
});

const because = (code: ReasonCode) => ({ type: 'noteReason', params: { code } }) as const;

/** Waiting out a passing failure; `requesting` is tried again when its time has come. */
const backingOff = flow.createStateConfig({
  on: { 'time.passed': { guard: 'isRetryDue', target: 'requesting', actions: 'noteTime' } },
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
        actions: ['targetEnrollment', 'resumeTarget', 'askForPassword'],
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
      {
        guard: and(['mayResend', 'isTransactionAlive']),
        target: '#flow.challenging',
        actions: 'noteTime',
      },
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
  actions: ['takeTransaction', 'forgetTarget'],
} as const;

const renewal = { guard: 'isExpiredToken', target: '#flow.authenticating', actions: 'renewBySelf' } as const;

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
            { guard: 'isPollDue', target: 'requesting', actions: 'noteTime' },
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
          'tokens.received': { guard: 'isCurrent', target: '#flow.identifying', actions: ['takeTokens'] },
          'mfa.required': chained,
          'effect.failed': [
            { guard: 'isPassingFailure', target: 'waiting', actions: 'schedulePoll' },
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
    'flow.cancel': { target: '.cancelled', actions: 'noteTime' },
    'time.passed': { guard: 'isFlowOver', target: '.expired', actions: because('flow_expired') },
  },
  states: {
    idle: {
      on: { 'flow.start': { target: 'authenticating', actions: 'beginFlow' } },
    },

    authenticating: {
      initial: 'deciding',
      states: {
        deciding: {
          always: [{ guard: 'isPasswordLeg', target: 'askingPassword' }, { target: 'requesting' }],
        },
        askingPassword: {
          on: {
            'password.submit': { guard: 'hasWaited', target: 'requesting', actions: 'takeInput' },
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
                  'isCurrent',
                  'isPasswordLeg',
                  not(failedWith('mfa_not_required', 'provider_misconfigured')),
                ]),
                target: 'askingPassword',
                actions: 'noteFailure',
              },
              { guard: 'isPassingFailure', target: 'backingOff', actions: 'backOff' },
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
              { guard: 'isPassingFailure', target: 'backingOff', actions: 'backOff' },
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
              guard: and(['resumes', 'isTargetEnrollable', not('needsPassword')]),
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
                actions: ['startWaiting', 'noteRecoveryCodes'],
              },
              {
                guard: 'isCurrent',
                target: '#flow.confirming',
                actions: ['startWaiting', 'noteRecoveryCodes'],
              },
            ],
            'effect.failed': [
              {
                guard: and(['isPassingFailure', 'isMessageTarget', not('isPushTarget')]),
                target: '#flow.failed',
                actions: ['noteFailure', 'holdResend'],
              },
              { guard: 'isPassingFailure', target: 'backingOff', actions: 'backOff' },
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
          {
            guard: failedWith('not_enrolled'),
            target: '#flow.listing.deciding',
            actions: 'dropAuthenticator',
          },
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
        'code.submit': { guard: 'hasWaited', target: 'verifying', actions: 'takeInput' },
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
          {
            guard: failedWith('challenge_expired'),
            target: 'expired',
            actions: 'noteFailure',
          },
          {
            guard: and(['isExpiredToken', 'isTargetUsable']),
            target: 'authenticating',
            actions: 'renewBySelf',
          },
          { guard: failedWith('mfa_token_expired'), target: 'expired', actions: 'noteFailure' },
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
                actions: 'noteTime',
              },
              { guard: 'isCurrent', target: '#flow.approved', actions: 'noteTime' },
            ],
            'effect.failed': [
              { guard: 'isPassingFailure', target: 'backingOff', actions: 'backOff' },
              failure,
            ],
          },
        },
        backingOff,
      },
    },

    acknowledging: {
      on: { 'codes.acknowledge': { target: 'approved', actions: 'noteTime' } },
    },

    rejected: { on: nextSteps },
    expired: { on: nextSteps },
    failed: { on: nextSteps },

    approved: { type: 'final' },
    cancelled: { type: 'final', entry: because('cancelled') },
  },
});
