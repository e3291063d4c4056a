import {
  type Clock,
  createAuth0MfaApi,
  createAuth0SignIn,
  createCibaWay,
  createDiscovery,
  createStepUpActor,
} from '@stepgate/core';

interface Client {
  readonly issuer: string;
  readonly clientId: string;
  /** On your server only. This tenant is in the page, so its secret may be, too. */
  readonly clientSecret: string;
  readonly fetch: typeof fetch;
  now(): number;
}

/** By CIBA: the phone shows what is approved, and a code that the user types here. */
export function createCibaFlow(client: Client, { subject, clock }: { subject: string; clock: Clock }) {
  return createStepUpActor({
    way: createCibaWay({ ...client, discover: createDiscovery(client) }),
    subject,
    action: { id: 'transfer-250', title: 'Transfer 250 EUR to Grace' },
    pollSchedule: 'eager',
    clock,
  });
}

/** By the MFA API: the phone shows that the bank asks. Recovery codes count, and a first phone can be added. */
export function createMfaFlow(
  client: Client,
  { refreshToken, clock }: { refreshToken: string; clock: Clock },
) {
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
