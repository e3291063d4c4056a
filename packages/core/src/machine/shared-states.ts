import { and } from 'xstate';
import type { ReasonCode } from '../terms/reason-codes.ts';
import { failedWith, flowSetup } from './setup.ts';

/** Why a flow comes to rest. */
export const because = (code: ReasonCode) => ({ type: 'noteReason', params: { code } }) as const;

/** Waits after a transient failure, then tries `requesting` again. */
export const backingOff = flowSetup.createStateConfig({
  on: { 'time.passed': { guard: 'isTryDue', target: 'requesting' } },
});

/** What the user can do instead, wherever the flow waits or rests. */
export const alternatives = flowSetup.createStateConfig({
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
    'way.next': {
      guard: 'hasOtherWay',
      target: '#flow.authenticating',
      actions: ['takeOtherWay', 'renew'],
    },
    'challenge.resend': [
      { guard: and(['mayResend', 'isTransactionAlive']), target: '#flow.challenging', actions: 'noteAsked' },
      { guard: 'mayResend', target: '#flow.authenticating', actions: ['renew', 'resumeTarget'] },
    ],
  },
}).on;

/** What the user can do at rest: all of the above, or start again from the first leg. */
export const nextSteps = {
  ...alternatives,
  'flow.retry': {
    guard: 'hasWaited',
    target: '#flow.authenticating',
    actions: ['renew', 'forgetTarget'],
  },
} as const;

/** The provider demands another factor (chained MFA): the flow continues with the new token. */
export const chained = {
  guard: 'isCurrent',
  target: '#flow.listing',
  actions: ['takeChainedTransaction', 'forgetTarget'],
} as const;

/** The token has expired on the way: the first leg is done again by itself. */
export const renewal = {
  guard: 'isExpiredToken',
  target: '#flow.authenticating',
  actions: 'renewSilently',
} as const;

/** The authenticator is gone: the list is looked at without it. */
export const notEnrolled = {
  guard: failedWith('not_enrolled'),
  target: '#flow.listing.deciding',
  actions: 'dropAuthenticator',
} as const;

/** The current effect failed for good. */
export const failure = { guard: 'isCurrent', target: '#flow.failed', actions: 'noteFailure' } as const;

/** Polls until the user has answered on the phone. Confirming and polling differ in nothing else. */
function pollLoop(enrolling: boolean) {
  return flowSetup.createStateConfig({
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
          {
            type: 'poll',
            params: ({ context }) => ({
              seq: context.seq,
              enrolling,
              expiresAt: context.challengeExpiresAt,
            }),
          },
        ],
        on: {
          'poll.pending': { guard: 'isCurrent', target: 'waiting', actions: 'schedulePoll' },
          'poll.slowed': { guard: 'isCurrent', target: 'waiting', actions: 'schedulePoll' },
          'poll.rejected': { guard: 'isCurrent', target: '#flow.rejected', actions: because('rejected') },
          'tokens.received': [
            {
              guard: and(['isCurrent', 'awaitsPushCode']),
              target: '#flow.polling.answered',
              actions: 'takeTokens',
            },
            {
              guard: 'isCurrent',
              target: '#flow.identifying',
              actions: ['takeTokens', 'noteRecoveryCodes'],
            },
          ],
          'mfa.required': chained,
          'effect.failed': [
            { guard: 'isTransientFailure', target: 'waiting', actions: 'schedulePoll' },
            // The provider asks for a code after all.
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

/** The wait for a phone that is being added. */
export const confirming = pollLoop(true);

const waitForPhone = pollLoop(false);

/** The wait for the phone's answer and, where the phone shows a code, for the user to type it. */
export const polling = {
  ...waitForPhone,
  on: {
    ...waitForPhone.on,
    'ping.received': { guard: 'isFirstPing', actions: 'notePing' },
    'code.submit': [
      { guard: and(['awaitsPushCode', 'isPushCode']), actions: 'noteCodeEntered' },
      {
        guard: and(['awaitsPushCode', 'isLastTry']),
        target: '#flow.rejected',
        actions: 'noteWrongCode',
      },
      { guard: 'awaitsPushCode', actions: 'noteWrongCode' },
    ],
  },
  states: {
    ...waitForPhone.states,
    // The answer alone is worth nothing: anybody could have caused the push.
    answered: flowSetup.createStateConfig({
      on: {
        'code.submit': {
          guard: and(['awaitsPushCode', 'isPushCode']),
          target: '#flow.identifying',
          actions: 'noteCodeEntered',
        },
        'time.passed': {
          guard: 'isChallengeOver',
          target: '#flow.expired',
          actions: because('challenge_expired'),
        },
      },
    }),
  },
} as const;
