import { createAuth0MfaApi, type MfaTransaction, type StepUpErrorCode } from '@stepgate/core';
import { type Finding, fail, ok, skipped } from '../finding.ts';
import type { DoctorAuth0 } from '../options.ts';
import { inWords, type Outcome, observe, type Wire } from '../wire.ts';

const SWITCH_ON =
  'switch Push Notification using Auth0 Guardian on under Security, Multi-factor Auth, with the push service of your app where it is not Guardian itself';
const LET_IT_SEND =
  'let it try with --send: it sends one push, or begins an enrolment that it leaves unconfirmed';

/** Whether the test user can be sent a push, or enrol a phone. */
export async function checkPush(
  auth0: DoctorAuth0,
  wire: Wire,
  { transaction, sends }: { readonly transaction: MfaTransaction; readonly sends: boolean },
): Promise<Finding> {
  const { mfaToken, requirements } = transaction;
  const wanted = [...(requirements?.challenge ?? []), ...(requirements?.enroll ?? [])];
  if (requirements !== undefined && !wanted.includes('push')) {
    const fix = "name push-notification in the Action's challengeWithAny and enrollWithAny";
    return fail('push', `the tenant asks for ${wanted.join(', ') || 'nothing'}, and not for push`, fix);
  }
  const api = createAuth0MfaApi({ ...auth0, fetch: wire.fetch });
  const listed = await observe(wire, () => api.list({ mfaToken }));
  if (!listed.isDone) {
    return fail(
      'push',
      `${inWords(listed)} for the list of authenticators`,
      "look at the tenant's log for this minute",
    );
  }
  const active = listed.value.filter((authenticator) => authenticator.active);
  const phone = active.find(({ factor }) => factor === 'push');
  if (!sends) {
    const seen = phone ? 'the test user has a phone; nothing was sent' : 'the test user has no phone yet';
    return skipped('push', seen, LET_IT_SEND);
  }
  if (phone !== undefined) {
    const sent = await observe(wire, () =>
      api.challenge({ mfaToken, authenticatorId: phone.id, factor: 'push' }),
    );
    return sent.isDone ? ok('push', "the tenant has taken a push for the test user's phone") : refused(sent);
  }
  const begun = await observe(wire, () => api.enroll({ mfaToken, factor: 'push' }));
  if (begun.isDone) return ok('push', 'an enrolment begins with a QR code; it was left unconfirmed');
  if (begun.code === 'already_enrolled') {
    const factors = active.map(({ factor }) => factor).join(', ');
    const fix = 'give a test user with a phone, or without any factor';
    return skipped('push', `the test user has ${factors}, and no phone`, fix);
  }
  return refused(begun);
}

const HELP: Partial<Record<StepUpErrorCode, string>> = {
  rate_limited: 'wait a minute: a user gets five pushes a minute',
  provider_misconfigured: 'allow the MFA grant, and give the client that has got the mfa_token',
};

function refused(outcome: Outcome<unknown> & { readonly isDone: false }): Finding {
  return fail('push', inWords(outcome), HELP[outcome.code] ?? SWITCH_ON);
}
