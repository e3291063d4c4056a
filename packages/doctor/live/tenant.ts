import { setTimeout as sleep } from 'node:timers/promises';
import {
  createAuth0MfaApi,
  createAuth0SignIn,
  type EnrollingWay,
  isStepUpError,
  type MfaTransaction,
  type Redemption,
} from '@stepgate/core';
import type { DoctorAuth0, TestUser } from '../src/options.ts';
import { type Pace, phoneAnswer } from '../src/phone-answer.ts';
import { createWire, type Exchange, inWords, observe, type Wire } from '../src/wire.ts';

/** The tenant under question, with a test user who has a phone. */
export interface LiveTenant {
  readonly auth0: DoctorAuth0;
  readonly user: TestUser;
  readonly api: EnrollingWay;
  readonly wire: Wire;
  /** A first leg for the step-up scope, anew each time. */
  readonly beginTransaction: () => Promise<MfaTransaction>;
  /** Sends a push to the user's phone. */
  readonly push: (mfaToken: string) => Promise<{ readonly oobCode: string }>;
  /** How the next exchange of a push goes. */
  readonly poll: (mfaToken: string, oobCode: string) => Promise<Exchange | undefined>;
  /** Polls until the phone has answered, and says how. */
  readonly answer: (mfaToken: string, oobCode: string) => Promise<Redemption['status'] | 'nothing'>;
  /** Whether an `mfa_token` still lists authenticators, in the answer's words. */
  readonly isAlive: (mfaToken: string) => Promise<string>;
}

/** What an experiment cannot go on without. */
export class Missing extends Error {}

/** Reaches a tenant as the given application. */
export function createLiveTenant(auth0: DoctorAuth0, user: TestUser, pace: Pace): LiveTenant {
  const wire = createWire(auth0.fetch);
  const options = { ...auth0, fetch: wire.fetch };
  const api = createAuth0MfaApi(options);
  const signIn = createAuth0SignIn(options);

  async function poll(mfaToken: string, oobCode: string): Promise<Exchange | undefined> {
    const outcome = await observe(wire, () => api.redeem({ mfaToken, proof: { type: 'oob', oobCode } }));
    return outcome.exchange;
  }

  return {
    auth0,
    user,
    api,
    wire,
    poll,
    async beginTransaction() {
      const result = await signIn.password(user);
      if (result.status === 'mfa_required') return result;
      throw new Missing('a tenant that demands MFA for the scope (see the doctor)');
    },
    async push(mfaToken) {
      const authenticators = await api.list({ mfaToken });
      const phone = authenticators.find(({ factor, active }) => active && factor === 'push');
      if (phone === undefined) throw new Missing('a test user with a phone');
      const challenge = { mfaToken, authenticatorId: phone.id, factor: 'push' } as const;
      const { oobCode = '' } = await api.challenge(challenge).catch(async (error: unknown) => {
        // A user gets five pushes a minute.
        if (!isStepUpError(error, 'rate_limited')) throw error;
        await sleep(error.retryAfterMs ?? 60_000);
        return api.challenge(challenge);
      });
      return { oobCode };
    },
    async answer(mfaToken, oobCode) {
      const redemption = await phoneAnswer(api, { mfaToken, oobCode }, pace);
      return redemption?.status ?? 'nothing';
    },
    async isAlive(mfaToken) {
      const outcome = await observe(wire, () => api.list({ mfaToken }));
      return outcome.isDone ? 'still good' : `dead: ${inWords(outcome)}`;
    },
  };
}
