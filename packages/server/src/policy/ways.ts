import { isTapped, type PhoneShown, type PhoneShows, type PushCodeEntry } from '@stepgate/core';
import type { WayDescription } from '../provider/provider.ts';
import type { ParsedPolicy } from './policy.ts';

const RANK: Readonly<Record<PhoneShows | PhoneShown, number>> = {
  nothing: 0,
  code: 0,
  message: 1,
  details: 2,
};

/** Whether what was shown is at least what the policy asks for. */
export function isShownAsAsked(
  shown: PhoneShown | undefined,
  { phoneShows }: Pick<ParsedPolicy, 'phoneShows'>,
): boolean {
  return RANK[shown ?? 'nothing'] >= RANK[phoneShows ?? 'nothing'];
}

/** Whether the phone shows a code with a push that goes out by the way. */
function hasPushCode({ can }: WayDescription): boolean {
  return can.phoneShows !== 'nothing' && can.factors.some(isTapped);
}

/**
 * Whether a tap counts for nothing by a way: it shows no code, and another way of the gate has one to type, which a push
 * by this way would get around.
 */
export function refusesTaps(
  way: WayDescription,
  ways: readonly WayDescription[],
  pushCode: PushCodeEntry,
): boolean {
  return pushCode === 'typed' && !hasPushCode(way) && ways.some(hasPushCode);
}

/** The ways, with the factors alone that count by them. */
export function withoutRefusedTaps(
  ways: readonly WayDescription[],
  pushCode: PushCodeEntry,
): readonly WayDescription[] {
  return ways.map((way) => {
    const { name, can } = way;
    if (!refusesTaps(way, ways, pushCode)) return way;
    return { name, can: { ...can, factors: can.factors.filter((factor) => !isTapped(factor)) } };
  });
}

/** The ways that can meet the policy, in their order. */
export function waysFor<W extends WayDescription>(policy: ParsedPolicy, ways: readonly W[]): readonly W[] {
  const { factors, phoneShows, minAuthenticatorAgeSeconds, allowEnrolledInFlow, opensMfaApi } = policy;
  return ways.filter(
    ({ can }) =>
      factors.some((factor) => can.factors.includes(factor)) &&
      RANK[can.phoneShows] >= RANK[phoneShows ?? 'nothing'] &&
      (minAuthenticatorAgeSeconds === 0 || can.listsDevices) &&
      (allowEnrolledInFlow || can.enrollsElsewhere !== true) &&
      (!opensMfaApi || can.enrolls.length > 0),
  );
}

/**
 * Refuses a policy that no way can ever meet.
 *
 * @throws TypeError that names the member.
 */
export function assertMeetable(policy: ParsedPolicy, ways: readonly WayDescription[]): void {
  if (waysFor(policy, ways).length > 0) return;
  const { factors, phoneShows, minAuthenticatorAgeSeconds } = policy;
  const names = ways.map(({ name }) => name).join(', ');
  if (!ways.some(({ can }) => factors.some((factor) => can.factors.includes(factor)))) {
    throw new TypeError(
      `policy.factors: the provider's ways (${names}) prove none of them; name others, or add a way`,
    );
  }
  if (phoneShows !== undefined && !ways.some(({ can }) => RANK[can.phoneShows] >= RANK[phoneShows])) {
    throw new TypeError(
      `policy.phoneShows: the phone shows less than '${phoneShows}' by the provider's ways (${names}); add a way like ciba`,
    );
  }
  if (minAuthenticatorAgeSeconds === 0) {
    throw new TypeError(
      `policy.allowEnrolledInFlow: the page of the way redirect may add a factor, so no approval by it can meet the policy (${names}); allow it, or set enrolls: false if the page refuses users without a factor`,
    );
  }
  throw new TypeError(
    `policy.minAuthenticatorAge: the ways that meet the rest of the policy do not tell devices apart (${names}); leave it out, or add a way like mfaApi`,
  );
}
