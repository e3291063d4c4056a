import { type Clock, createAuth0MfaApi, createAuth0SignIn, createStepUpActor } from '@stepgate/core';

interface Options {
  readonly client: { issuer: string; clientId: string; fetch: typeof fetch; now(): number };
  readonly refreshToken: string;
  readonly clock: Clock;
}

/** A flow that ends with the user's approval, or without one. */
export function createFlow({ client, refreshToken, clock }: Options) {
  const audience = 'https://bank.example/';
  const firstLeg = createAuth0SignIn({ ...client, audience, scope: 'transfer:funds' });
  return createStepUpActor({
    way: createAuth0MfaApi(client),
    factors: ['push', 'recovery-code'],
    pollSchedule: 'eager',
    clock,
    async signIn({ signal }) {
      // The tenant demands MFA for this scope, so its answer is an mfa_token.
      const answer = await firstLeg.refreshToken({ refreshToken, signal });
      if (answer.status !== 'mfa_required') throw new Error('The tenant did not ask for MFA.');
      return answer;
    },
  });
}
