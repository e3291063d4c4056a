import type { Json } from '../../src/index.ts';
import { boundDigest } from '../../src/policy/binding.ts';
import { isAsAsked } from './ciba-provider.ts';
import type { Clocks } from './clocks.ts';
import {
  boundOfErrand,
  contentOf,
  ERRANDS,
  type Errand,
  isLinked,
  policyOf,
  recordOf,
  type Setup,
} from './deeds.ts';
import type { Asked, GivenProof, Push, Run, Truth } from './truth.ts';

/** What the promises are judged by, besides the truth. */
export interface Evidence {
  readonly truth: Truth;
  readonly setup: Setup;
  readonly clocks: Pick<Clocks, 'now' | 'gain' | 'loss'>;
  /** What was last written to the store, by key. */
  readonly written: ReadonlyMap<string, Json>;
  readonly hadFaults: boolean;
  /** Whether time has passed between a decision of the gate and what came of it. */
  readonly wasCutOff: boolean;
}

const HOUR_MS = 3_600_000;
const RESEND_AFTER_MS = 15_000;
/** What the provider allows a sign-in, without the exchanges that are kept for codes. */
const BURST = 9;
const PER_MINUTE = 12;
const MOST_OF_SESSION = 5;
const MOST_OF_SUBJECT = 8;
const PUSH_CODE_TRIES = 3;
/** How long polls keep their distance where the provider pings. */
const UNPINGED_MS = 15_000;
const WINDOW_MS = 300_000;
/** How long a receipt lives, and how far the clock of a service may be behind. */
const RECEIPT_MS = 60_000 + 5_000;
/** Times in receipts are whole seconds. */
const SECOND_MS = 1_000;

/** The promises that are broken, in words. */
export function brokenPromises(evidence: Evidence): readonly string[] {
  const { truth } = evidence;
  const wrong = truth.codes.filter(({ isRight }) => !isRight);
  return [
    ...truth.noticed,
    ...uncounted(evidence),
    ...tooMany(evidence, 'unapproved pushes', unapproved(truth)),
    ...tooMany(evidence, 'wrong codes', wrong),
    ...tooClose(evidence),
    ...severalLive(evidence),
    ...guessedTooOften(truth),
    ...usedTwice(truth),
    ...usedTooLate(evidence),
    ...withoutProof(truth),
    ...withoutCode(evidence),
    ...otherFactors(truth),
    ...newPhones(evidence),
    ...otherDetails(truth),
    ...atOnce(evidence),
    ...recoveredTwice(truth),
    ...polledWithoutPing(evidence),
    ...besideCode(evidence),
    ...exchangedTwice(truth),
    ...visitedForOthers(truth),
    ...otherThanApproved(truth),
    ...wrongLinks(truth),
    ...wrongReceipts(evidence),
    ...polledTooMuch(evidence),
  ];
}

/** Whether polls of one challenge were under way at once, or closer to each other than the provider allows. */
function polledTooMuch({ truth: { polls }, setup, clocks, wasCutOff }: Evidence): readonly string[] {
  // A ping hurries the next poll, by when the last one was decided on: nobody knows when it went out.
  const isPunctual = setup.pings !== true || !wasCutOff;
  const broken = new Set<string>();
  for (const own of polls.values()) {
    for (const [index, { sentAt, intervalMs, underWaySince }] of own.entries()) {
      const before = own[index - 1]?.sentAt ?? Number.NEGATIVE_INFINITY;
      if (underWaySince !== undefined && clocks.gain(underWaySince, sentAt) === 0) {
        broken.add('two polls of one challenge were under way at once');
      }
      if (isPunctual && sentAt - before < intervalMs - clocks.gain(before, sentAt)) {
        broken.add('two polls of one challenge were sent within its interval');
      }
      for (let more = 0; index + more < own.length; more += 1) {
        const to = own[index + more]?.sentAt ?? 0;
        const ms = to - sentAt + clocks.gain(sentAt, to);
        if (more + 1 > BURST + (ms / 60_000) * PER_MINUTE + 1e-6) {
          broken.add('polls of one challenge went beyond what the provider allows');
        }
      }
    }
  }
  return [...broken];
}

/** The pushes after which no proof was shown in a flow of the same record. */
function unapproved({ pushes, proofs }: Truth): readonly Push[] {
  return pushes.filter(
    ({ browser, sentAt }) =>
      !proofs.some((proof) => recordOf(proof.browser) === recordOf(browser) && proof.at >= sentAt),
  );
}

/** Whether a session, or the user, did more than allowed within an hour, wherever in its doubt each was counted. */
function tooMany({ clocks }: Evidence, what: string, asked: readonly Asked[]): readonly string[] {
  const within = (own: readonly Asked[], most: number): boolean =>
    own.some(({ countedFrom }, index) => {
      const last = own[index + most]?.sentAt;
      return last !== undefined && last - countedFrom < HOUR_MS - clocks.gain(countedFrom, last);
    });
  const sessions = [...Map.groupBy(asked, ({ session }) => session).values()];
  return [
    ...(sessions.some((own) => within(own, MOST_OF_SESSION))
      ? [`too many ${what} of one session in an hour`]
      : []),
    ...(within(asked, MOST_OF_SUBJECT) ? [`too many ${what} of one user in an hour`] : []),
  ];
}

/** Whether the tenant saw more than the gate has counted: each attempt is counted before it is made. */
function uncounted({ truth, clocks, written }: Evidence): readonly string[] {
  const now = clocks.now();
  const since = now - HOUR_MS;
  // Counters forget by a clock that was set.
  if (clocks.gain(0, now) > 0 || clocks.loss(0, now) > 0) return [];
  const later = (asked: readonly Asked[]): number => asked.filter(({ sentAt }) => sentAt > since).length;
  const counted = (limit: string): number => {
    let sum = 0;
    for (const [key, value] of written) {
      if (!key.includes(`limit:${limit}.perSession:`)) continue;
      sum += timesIn(value).filter((time) => time > since).length;
    }
    return sum;
  };
  const wrong = truth.codes.filter(({ isRight }) => !isRight);
  return [
    ...(later(unapproved(truth)) > counted('unapprovedPushes') ? ['a push was not counted'] : []),
    ...(later(wrong) > counted('codes') ? ['a wrong code was not counted'] : []),
  ];
}

/** When the attempts were made that a counter holds. */
function timesIn(value: Json): readonly number[] {
  return (value as { readonly points: readonly [number, string][] }).points.map(([time]) => time);
}

function tooClose({ truth: { pushes }, clocks }: Evidence): readonly string[] {
  const close = pushes.find(({ countedFrom }, index) => {
    const next = pushes[index + 1]?.sentAt;
    return next !== undefined && next - countedFrom < RESEND_AFTER_MS - clocks.gain(countedFrom, next);
  });
  return close === undefined ? [] : ['two pushes to one phone within 15 seconds'];
}

/** A flow's state as it is stored, as far as it matters here. */
interface StoredFlow {
  readonly state?: {
    readonly value: unknown;
    readonly context: { readonly challengeExpiresAt: number; readonly expiresAt: number };
  };
}

/** Whether flows of several browsers wait for a push at the same time, by whatever way. */
function severalLive({ clocks, written }: Evidence): readonly string[] {
  const now = clocks.now();
  if (clocks.gain(0, now) > 0 || clocks.loss(0, now) > 0) return [];
  let live = 0;
  for (const value of written.values()) {
    const { text } = value as { readonly text?: unknown };
    if (typeof text !== 'string' || !text.includes('{"polling":')) continue;
    const { state } = (JSON.parse(text) as { readonly flow?: StoredFlow }).flow ?? {};
    if (state === undefined) continue;
    const { polling } = state.value as { readonly polling?: string };
    const ends = Math.min(state.context.challengeExpiresAt, state.context.expiresAt);
    if ((polling === 'waiting' || polling === 'requesting') && ends > now) live += 1;
  }
  return live > 1 ? ['two browsers wait for a push at the same time'] : [];
}

function guessedTooOften({ pushes }: Truth): readonly string[] {
  const found = pushes.some(({ wrongCodes }) => wrongCodes > PUSH_CODE_TRIES);
  return found ? ['the code of a push was guessed more than three times'] : [];
}

function usedTwice({ runs, released }: Truth): readonly string[] {
  const times = (ids: readonly string[], id: string): number => ids.filter((one) => one === id).length;
  const single = runs
    .filter(({ errand, isByOtherLogin }) => ERRANDS[errand].isSingleUse || isByOtherLogin)
    .map(({ approval }) => approval);
  const twice = single.some((id) => times(single, id) > 1 + times(released, id));
  return twice ? ['an approval for a single use ran a handler twice'] : [];
}

/** Whether an approval lived longer than its five minutes, and by as much as the clocks went back. */
function usedTooLate({ truth: { runs, grants }, clocks }: Evidence): readonly string[] {
  const late = runs.some(({ approval, askedAt }) => {
    const granted = grants.get(approval)?.at;
    return granted !== undefined && askedAt - granted > WINDOW_MS + clocks.loss(granted, askedAt);
  });
  return late ? ['an approval was used after its time'] : [];
}

/** Whether more approvals of one browser ran handlers than it has given proofs. */
function outnumber(runs: readonly Run[], proofs: readonly GivenProof[]): boolean {
  return [...Map.groupBy(runs, ({ browser }) => recordOf(browser))].some(([record, own]) => {
    const proven = proofs.filter(({ browser }) => recordOf(browser) === record);
    return new Set(own.map(({ approval }) => approval)).size > proven.length;
  });
}

/** Whether a browser's handler ran on anything but a proof that was given in a flow of the same record. */
function withoutProof({ runs, proofs }: Truth): readonly string[] {
  return outnumber(runs, proofs) ? ['a handler ran for a browser that has proven nothing'] : [];
}

/** Whether a tap alone was worth something: each approval by CIBA takes a push whose code its user has typed. */
function withoutCode({ truth: { runs, proofs }, setup }: Evidence): readonly string[] {
  if (setup.pushCode !== 'typed') return [];
  const overCiba = runs.filter(({ way }) => way === 'ciba');
  const typed = proofs.filter(({ push }) => push?.isTyped === true);
  return outnumber(overCiba, typed)
    ? ['an approval by CIBA ran a handler without the code that the phone showed']
    : [];
}

/** Whether an approval names a factor that was not proven, or ran a handler whose policy does not take it. */
function otherFactors({ runs, proofs }: Truth): readonly string[] {
  const isUnproven = [...Map.groupBy(runs, ({ factor }) => factor)].some(([factor, own]) =>
    outnumber(
      own,
      proofs.filter((proof) => proof.factor === factor),
    ),
  );
  const isWeak = runs.some(({ errand, factor }) => policyOf(errand).factors?.includes(factor) !== true);
  return [
    ...(isUnproven ? ['an approval names a factor that was not proven'] : []),
    ...(isWeak ? ['a handler ran on a factor that its policy does not take'] : []),
  ];
}

/** Whether a phone that was just added was worth as much as one that is known. */
function newPhones({ truth: { runs, proofs }, clocks }: Evidence): readonly string[] {
  const known = proofs.filter(({ isConfirmation }) => isConfirmation !== true);
  const unmarked = runs.filter(({ isMarkedNew, way }) => way === 'mfa-api' && !isMarkedNew);
  const careful = runs.filter(({ errand }) => (ERRANDS[errand] as Errand).forbidsNewPhone === true);
  const isTooNew = runs.some(({ errand, browser, at, way }) => {
    const { leastAgeMs }: Errand = ERRANDS[errand];
    if (leastAgeMs === undefined || way !== 'mfa-api') return false;
    return !known.some(({ browser: other, phone: { addedAt = Number.NEGATIVE_INFINITY } = {} }) => {
      const age = at - addedAt + (addedAt > 0 ? clocks.gain(addedAt, at) : 0);
      return recordOf(other) === recordOf(browser) && age >= leastAgeMs;
    });
  });
  return [
    ...(outnumber(unmarked, known) ? ['an approval does not say that its phone was added in the flow'] : []),
    ...(outnumber(careful, known)
      ? ['a phone that was added in the flow was enough for careful routes']
      : []),
    ...(isTooNew ? ['a phone that was too new was enough'] : []),
  ];
}

/** Whether an approval came of details that the provider did not hand back as they were asked for. */
function otherDetails({ runs, proofs }: Truth): readonly string[] {
  const overCiba = runs.filter(({ way }) => way === 'ciba');
  const found = outnumber(
    overCiba,
    proofs.filter(({ handedBack }) => isAsAsked(handedBack)),
  );
  return found ? ['other details than those that were asked for were approved'] : [];
}

/** Whether two requests of one sign-in were under way at once of which one alone may be. */
function atOnce({ truth: { exclusive }, clocks }: Evidence): readonly string[] {
  const found = [...exclusive.values()]
    .flat()
    .find(
      ({ sentAt, underWaySince }) => underWaySince !== undefined && clocks.gain(underWaySince, sentAt) === 0,
    );
  return found === undefined ? [] : [`in one flow two ${found.what} at once`];
}

/** Whether the tenant was sent a recovery code more often than users have typed one, each view for one try. */
function recoveredTwice({ recoveryTyped, recoverySent }: Truth): readonly string[] {
  return recoverySent > recoveryTyped.size ? ['a recovery code was sent more often than it was typed'] : [];
}

/** Whether a push was polled sooner than its provider's pings allow for, before there was one. */
function polledWithoutPing({
  truth: { pushes, polls },
  setup,
  clocks,
  hadFaults,
}: Evidence): readonly string[] {
  if (setup.pings !== true || hadFaults) return [];
  const found = pushes.some(({ way, isPinged, sentAt: rungAt }, id) => {
    if (way !== 'ciba' || isPinged) return false;
    const own = polls.get(String(id)) ?? [];
    return own.some(({ sentAt }, index) => {
      const before = own[index - 1]?.sentAt ?? rungAt;
      return sentAt - before < UNPINGED_MS - clocks.gain(before, sentAt);
    });
  });
  return found ? ['a ping that does not count made a poll due'] : [];
}

/** Whether a push went out without a code, beside a way whose code must be typed. */
function besideCode({ truth: { pushes }, setup }: Evidence): readonly string[] {
  if (setup.pushCode !== 'typed' || !setup.ways.includes('ciba')) return [];
  return pushes.some(({ way }) => way !== 'ciba') ? ['a push without a code was a way around the code'] : [];
}

function exchangedTwice({ departures }: Truth): readonly string[] {
  return departures.some(({ exchanges }) => exchanges > 1)
    ? ['a code of the provider was exchanged twice']
    : [];
}

/** Whether the user's own visit at the provider's page was worth something to somebody who has the session alone. */
function visitedForOthers({ runs }: Truth): readonly string[] {
  const found = runs.some(({ way, browser }) => way === 'redirect' && browser === 'attacker');
  return found ? ['a visit of the user approved the flow of a stolen session'] : [];
}

/** Whether a handler ran something else than its flow was started for. */
function otherThanApproved({ runs, grants, flows }: Truth): readonly string[] {
  const found = runs.some(({ approval, errand, isByOtherLogin }) => {
    const grant = grants.get(approval);
    const asked = grant && flows.get(grant.flow);
    if (asked === undefined) return false;
    const isBound = ERRANDS[asked].isSingleUse || ERRANDS[errand].isSingleUse || isByOtherLogin;
    return isBound && contentOf(asked) !== contentOf(errand);
  });
  return found ? ['a handler ran something else than was approved'] : [];
}

/** Whether the flow of a link was run by two browsers, or by its asker, or came to something where none may. */
function wrongLinks({ linked, runs, grants }: Truth): readonly string[] {
  const seats = [...linked.values()];
  const isUnmarked = runs.some(({ approval, isByOtherLogin }) => {
    const grant = grants.get(approval);
    return grant !== undefined && linked.has(grant.flow) !== isByOtherLogin;
  });
  const isTaken = runs.some(
    ({ errand, isByOtherLogin }) => isByOtherLogin && (ERRANDS[errand] as Errand).isByLink !== true,
  );
  return [
    ...(seats.some(({ size }) => size > 1) ? ['two browsers have opened one link'] : []),
    ...(seats.some((own) => [...own].some((seat) => !isLinked(seat)))
      ? ['a login has run the flow of a link that it asked for itself']
      : []),
    ...(isUnmarked ? ['an approval does not say whether another login has run its flow'] : []),
    ...(isTaken ? ['an approval by another login was enough for a route that takes none'] : []),
  ];
}

/** Whether a receipt names anything but what ran, lives too long, or was given for an approval that was given back. */
function wrongReceipts({ truth: { receipts }, clocks }: Evidence): readonly string[] {
  return receipts.flatMap(({ approval, errand, at, isAfterRelease, says }) => {
    const bound = boundOfErrand(errand);
    const isOther = says.approval !== approval || says.bound !== (bound && boundDigest(bound));
    const isLong = says.expiresAt > at + RECEIPT_MS + SECOND_MS + clocks.gain(0, at);
    return [
      ...(isOther ? ['a receipt names something else than what ran'] : []),
      ...(isLong ? ['a receipt lives longer than a minute'] : []),
      ...(isAfterRelease ? ['an approval that was given back has a receipt'] : []),
    ];
  });
}
