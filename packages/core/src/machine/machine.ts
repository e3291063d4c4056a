import { and, not } from 'xstate';
import type { EnrollableFactor, Factor } from '../terms/factor.ts';
import { currentWay, initialContext } from './context.ts';
import { failedWith, flowSetup } from './setup.ts';
import {
  alternatives,
  backingOff,
  because,
  chained,
  confirming,
  failure,
  nextSteps,
  notEnrolled,
  polling,
  renewal,
} from './shared-states.ts';

/**
 * One run of step-up authentication: first leg, choice of a factor, enrolment or challenge, proof, identity.
 *
 * The machine has no clock, no randomness, no I/O and no secrets. Time and jitter come with each event. Effects go out
 * as named actions, and their results come back as facts. `approved` and `cancelled` are final. `rejected`, `expired`
 * and `failed` are at rest: `reason` says why, and their transitions say what can be done next.
 */
export const stepUpMachine = flowSetup.createMachine({
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
            'password.submit': {
              guard: 'hasWaited',
              target: 'requesting',
              actions: ['clearReason', 'noteAsked'],
            },
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
              {
                guard: and([failedWith('login_required'), 'hasSilentWay']),
                target: 'deciding',
                actions: 'takeSilentWay',
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
              guard: and(['resumes', 'isTargetUsable', 'maySendTarget', 'isAskedLately']),
              target: '#flow.challenging',
              actions: 'targetReached',
            },
            {
              guard: and(['resumes', 'isTargetEnrollable', 'needsPassword']),
              target: '#flow.authenticating.askingPassword',
              actions: 'askForPassword',
            },
            // After a long wait the user no longer expects a message, so the flow asks first.
            {
              guard: and(['resumes', 'isTargetEnrollable', 'isTargetSentOnAdding', not('isAskedLately')]),
              target: '#flow.choosing',
              actions: 'forgetTarget',
            },
            {
              guard: and(['resumes', 'isTargetEnrollable', 'maySendTarget']),
              target: '#flow.enrolling',
              actions: 'targetReached',
            },
            {
              guard: and(['hasSolePush', 'isAskedLately']),
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
            { guard: 'hasSilentWay', target: '#flow.authenticating', actions: 'takeSilentWay' },
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
              // Only the user can enter the number or the address again.
              { guard: failedWith('input_lost'), target: '#flow.choosing', actions: 'noteFailure' },
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

    confirming: confirming,

    challenging: {
      entry: [
        'nextSeq',
        'forgetPing',
        {
          type: 'challenge',
          params: ({ context }) => ({
            seq: context.seq,
            factor: context.target?.factor as Factor,
            authenticatorId: context.target?.authenticatorId as string,
            ...(!currentWay(context).listsDevices && { isForAnyDevice: true }),
          }),
        },
      ],
      on: {
        'challenge.sent': [
          {
            guard: and(['isCurrent', 'isRedirected']),
            target: 'redirecting',
            actions: ['startWaiting', 'noteDeparture'],
          },
          { guard: and(['isCurrent', 'isPrompted']), target: 'prompting', actions: 'startWaiting' },
          { guard: 'isCurrent', target: 'polling', actions: 'startWaiting' },
        ],
        // It can be faster than the answer to the request.
        'ping.received': { guard: 'isFirstPing', actions: 'notePing' },
        'effect.failed': [
          renewal,
          notEnrolled,
          // Some tenants say "unavailable" when they mean "not enrolled".
          { ...notEnrolled, guard: and([failedWith('factor_unavailable'), 'hasEnrollable']) },
          { ...notEnrolled, guard: and([failedWith('factor_unavailable'), 'hasSilentWay']) },
          // Nothing was sent, so the user can try again at once.
          { guard: and(['isCurrent', 'isTargetHosted']), target: 'failed', actions: 'noteFailure' },
          {
            guard: failedWith('delivery_unknown', 'provider_unavailable', 'result_lost'),
            target: 'failed',
            actions: ['holdResend', because('delivery_unknown')],
          },
          { guard: 'isCurrent', target: 'failed', actions: ['holdResend', 'noteFailure'] },
        ],
      },
    },

    polling,

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

    redirecting: {
      on: {
        ...alternatives,
        'redirect.returned': [
          {
            guard: and(['isCurrent', 'isReturnLate']),
            target: 'expired',
            actions: because('challenge_expired'),
          },
          { guard: 'isCurrent', target: 'verifying', actions: 'clearReason' },
        ],
        'redirect.refused': [
          { guard: failedWith('rejected'), target: 'rejected', actions: 'noteFailure' },
          { guard: failedWith('challenge_expired'), target: 'expired', actions: 'noteFailure' },
          { ...notEnrolled, guard: and([failedWith('not_enrolled', 'factor_unavailable'), 'hasSilentWay']) },
          failure,
        ],
        'time.passed': {
          guard: 'isChallengeOver',
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
          // A code of the provider's page is spent.
          { guard: and(['isCurrent', 'isTargetHosted']), target: 'failed', actions: 'noteFailure' },
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
          // Continuing with a target that gets a message would send it again. Only the user may ask for that.
          {
            guard: and(['isExpiredToken', 'isTargetUsable', 'isTargetEntered']),
            target: 'authenticating',
            actions: 'renewSilently',
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
                actions: ['clearReason', 'noteAuthentication'],
              },
              {
                guard: 'isCurrent',
                target: '#flow.approved',
                actions: ['clearReason', 'noteAuthentication'],
              },
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
    // An expired flow cannot expire again.
    expired: { on: { ...nextSteps, 'time.passed': {} } },
    failed: { on: { ...nextSteps, 'push.freed': { guard: 'waitsForPush', actions: 'stopWaiting' } } },

    approved: { type: 'final' },
    cancelled: { type: 'final', entry: because('cancelled') },
  },
});
