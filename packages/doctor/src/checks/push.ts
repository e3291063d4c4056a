import {
  type Authenticator,
  createAuth0MfaApi,
  type EnrollingWay,
  type MfaTransaction,
  type Redemption,
  type StepUpErrorCode,
  type TokenSet,
} from '@stepgate/core';
import { type Finding, fail, ok, skipped, warn } from '../finding.ts';
import type { DoctorAuth0 } from '../options.ts';
import { type Pace, phoneAnswer } from '../phone-answer.ts';
import { inWords, type Outcome, observe, type Wire } from '../wire.ts';

const SWITCH_ON =
  'switch Push Notification using Auth0 Guardian on under Security, Multi-factor Auth, with the push service of your app unless it is Guardian itself';
const LET_IT_SEND = 'try it with --send: it sends one push, or begins an enrolment and leaves it unconfirmed';

/** The results of the push check. */
export interface PushCheck {
  readonly finding: Finding;
  /** The tokens that came with an approved push. */
  readonly tokens?: TokenSet;
}

/** Checks that the test user can get a push, and approves it if the doctor waits, or can enrol a phone. */
export async function checkPush(
  auth0: DoctorAuth0,
  wire: Wire,
  {
    transaction,
    sends,
    pace,
  }: { readonly transaction: MfaTransaction; readonly sends: boolean; readonly pace: Pace },
): Promise<PushCheck> {
  const { mfaToken, requirements } = transaction;
  const wanted = [...(requirements?.challenge ?? []), ...(requirements?.enroll ?? [])];
  if (requirements !== undefined && !wanted.includes('push')) {
    const fix = "name push-notification in the Action's challengeWithAny and enrollWithAny";
    const seen = `the tenant asks for ${wanted.join(', ') || 'nothing'}, but not for push`;
    return { finding: fail('push', seen, fix) };
  }
  const api = createAuth0MfaApi({ ...auth0, fetch: wire.fetch });
  const listed = await observe(wire, () => api.list({ mfaToken }));
  if (!listed.isDone) {
    const fix = "check the tenant's log for this minute";
    return { finding: fail('push', `${inWords(listed)} for the list of authenticators`, fix) };
  }
  const active = listed.value.filter((authenticator) => authenticator.active);
  const phone = active.find(({ factor }) => factor === 'push');
  if (!sends) {
    const seen = phone ? 'the test user has a phone; nothing was sent' : 'the test user has no phone yet';
    return { finding: skipped('push', seen, LET_IT_SEND) };
  }
  if (phone === undefined) return { finding: await tryEnrolment(api, wire, mfaToken, active) };
  const challenge = { mfaToken, authenticatorId: phone.id, factor: 'push' } as const;
  const sent = await observe(wire, () => api.challenge(challenge));
  if (!sent.isDone) return { finding: refused(sent) };
  if (pace.patienceMs === 0) {
    return { finding: ok('push', "the tenant accepted a push for the test user's phone") };
  }
  const { oobCode = '' } = sent.value;
  return answered(await observe(wire, () => phoneAnswer(api, { mfaToken, oobCode }, pace)));
}

async function tryEnrolment(
  api: EnrollingWay,
  wire: Wire,
  mfaToken: string,
  active: readonly Authenticator[],
): Promise<Finding> {
  const begun = await observe(wire, () => api.enroll({ mfaToken, factor: 'push' }));
  if (begun.isDone) return ok('push', 'an enrolment begins with a QR code; it was left unconfirmed');
  if (begun.code !== 'already_enrolled') return refused(begun);
  const factors = active.map(({ factor }) => factor).join(', ');
  const fix = 'name a test user with a phone, or without any factor';
  return skipped('push', `the test user has ${factors}, but no phone`, fix);
}

function answered(outcome: Outcome<Redemption | undefined>): PushCheck {
  if (!outcome.isDone) return { finding: refused(outcome) };
  const status = outcome.value?.status;
  if (outcome.value?.status === 'approved') {
    return { finding: ok('push', 'a push was sent and approved'), tokens: outcome.value.tokens };
  }
  if (status === 'mfa_required') {
    return { finding: ok('push', 'a push was sent and approved; the tenant also asks for another factor') };
  }
  const isDenied = status === 'rejected';
  const fix = isDenied
    ? 'approve it: an answer came, so the push reached the phone'
    : "check whether it arrived: the app on the phone, its permission to notify, the tenant's push service";
  return { finding: warn('push', isDenied ? 'the push was denied' : 'nobody answered the push', fix) };
}

const HELP: Partial<Record<StepUpErrorCode, string>> = {
  rate_limited: 'wait a minute: a user gets at most five pushes a minute',
  provider_misconfigured: 'allow the MFA grant, and authenticate the same client that got the mfa_token',
};

function refused(outcome: Outcome<unknown> & { readonly isDone: false }): Finding {
  return fail('push', inWords(outcome), HELP[outcome.code] ?? SWITCH_ON);
}
