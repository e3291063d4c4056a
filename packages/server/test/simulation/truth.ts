/** Something that a user's phone, or the tenant, was asked for. */
export interface Asked {
  /** Whose request it was: the browser's name. */
  readonly browser: string;
  readonly session: string;
  /** When the gate sent it, in milliseconds since the epoch. */
  readonly sentAt: number;
  /** A time before which the gate cannot have counted it. */
  readonly countedFrom: number;
}

/** A push, as the phone knows it. */
export interface Push extends Asked {
  state: 'waiting' | 'approved' | 'given out' | 'denied';
}

/** A code, as the tenant judged it. */
export interface JudgedCode extends Asked {
  readonly isRight: boolean;
}

/** A poll, as the process that sent it knows it. */
export interface SentPoll {
  readonly sentAt: number;
  /** Whether its process waits for it no more. */
  isOver: () => boolean;
  /** Whether another one of the same challenge was under way. */
  readonly isSecond: boolean;
}

/** What really happened: what the phone and the tenant saw, and what the handlers did. Knows nothing of the gate. */
export interface Truth {
  readonly pushes: Push[];
  readonly codes: JudgedCode[];
  /** The text messages that the tenant has sent. */
  readonly messages: Asked[];
  /** The polls that the tenant was sent, by challenge. */
  readonly polls: Map<string, SentPoll[]>;
  /** The least time between two of them. */
  leastIntervalMs: number;
  /** The proofs that the tenant has given tokens for. */
  readonly proofs: { readonly browser: string; readonly at: number }[];
  /** The approvals that let a handler run, and for whom. */
  readonly runs: { readonly approval: string; readonly browser: string; readonly isSingleUse: boolean }[];
  /** The approvals that a handler has given back. */
  readonly released: string[];
}

export function createTruth(): Truth {
  return {
    pushes: [],
    codes: [],
    messages: [],
    polls: new Map(),
    leastIntervalMs: 5_000,
    proofs: [],
    runs: [],
    released: [],
  };
}

const HOUR_MS = 3_600_000;
const RESEND_AFTER_MS = 15_000;
/** What the provider allows a sign-in, without the exchanges that are kept for codes. */
const BURST = 9;
const PER_MINUTE = 12;
const MOST_UNAPPROVED = 5;
const MOST_WRONG_CODES = 5;

/** How many attempts of a kind the gate's counters hold that were made since a time, of all sessions. */
export type Counted = (limit: string, since: number) => number;

/** The promises that are broken, in words. */
export function brokenPromises(truth: Truth, counted: Counted, now: number): readonly string[] {
  return [
    ...uncounted(truth, counted, now - HOUR_MS),
    ...tooMany('unapproved pushes of one session', unapproved(truth), MOST_UNAPPROVED),
    ...tooMany(
      'wrong codes of one session',
      truth.codes.filter(({ isRight }) => !isRight),
      MOST_WRONG_CODES,
    ),
    ...tooClose(truth.pushes),
    ...usedTwice(truth),
    ...usedWithoutHandle(truth),
    ...withoutProof(truth),
    ...polledTooMuch(truth),
  ];
}

/** Whether polls of one challenge were under way at once, or closer to each other than the provider allows. */
function polledTooMuch({ polls, leastIntervalMs }: Truth): readonly string[] {
  const all = [...polls.values()];
  const isTooClose = all.some((own) =>
    own.some(({ sentAt }, index) => sentAt - (own[index - 1]?.sentAt ?? 0) < leastIntervalMs),
  );
  const isTooOften = all.some((own) =>
    own.some(({ sentAt: from }, first) =>
      own
        .slice(first)
        .some(({ sentAt: to }, more) => more + 1 > BURST + ((to - from) / 60_000) * PER_MINUTE + 1e-6),
    ),
  );
  return [
    ...(all.flat().some(({ isSecond }) => isSecond)
      ? ['two polls of one challenge were under way at once']
      : []),
    ...(isTooClose ? ['two polls of one challenge were sent within its interval'] : []),
    ...(isTooOften ? ['polls of one challenge went beyond what the provider allows'] : []),
  ];
}

/** Owner and twin show the same handle, so a flow of one is the other's too. */
const recordOf = (browser: string): string => (browser === 'twin' ? 'owner' : browser);

/** The pushes after which no proof was shown in a flow of the same record. */
function unapproved({ pushes, proofs }: Truth): readonly Push[] {
  return pushes.filter(
    ({ browser, sentAt }) =>
      !proofs.some((proof) => recordOf(proof.browser) === recordOf(browser) && proof.at >= sentAt),
  );
}

/** Whether one session did more than `most` within an hour, wherever in its doubt each was counted. */
function tooMany(what: string, asked: readonly Asked[], most: number): readonly string[] {
  return [...Map.groupBy(asked, ({ session }) => session).values()].flatMap((own) => {
    const first = own.find((one, index) => {
      const last = own[index + most];
      return last !== undefined && last.sentAt - one.countedFrom < HOUR_MS;
    });
    return first === undefined ? [] : [`more than ${most} ${what} in an hour`];
  });
}

/** Whether the tenant saw more than the gate has counted: each attempt is counted before it is made. */
function uncounted(truth: Truth, counted: Counted, since: number): readonly string[] {
  const later = (asked: readonly Asked[]): number => asked.filter(({ sentAt }) => sentAt > since).length;
  const wrong = truth.codes.filter(({ isRight }) => !isRight);
  return [
    ...(later(unapproved(truth)) > counted('unapprovedPushes', since) ? ['a push was not counted'] : []),
    ...(later(wrong) > counted('codes', since) ? ['a wrong code was not counted'] : []),
  ];
}

function tooClose(pushes: readonly Push[]): readonly string[] {
  const close = pushes.find((push, index) => {
    const next = pushes[index + 1];
    return next !== undefined && next.sentAt - push.countedFrom < RESEND_AFTER_MS;
  });
  return close === undefined ? [] : ['two pushes to one phone within 15 seconds'];
}

function usedTwice({ runs, released }: Truth): readonly string[] {
  const times = (ids: readonly string[], id: string): number => ids.filter((one) => one === id).length;
  const single = runs.filter(({ isSingleUse }) => isSingleUse).map(({ approval }) => approval);
  const twice = single.some((id) => times(single, id) > 1 + times(released, id));
  return twice ? ['an approval for a single use ran a handler twice'] : [];
}

function usedWithoutHandle({ runs }: Truth): readonly string[] {
  return runs.some(({ browser }) => browser === 'attacker')
    ? ['a session without the handle ran a handler']
    : [];
}

function withoutProof({ runs, proofs }: Truth): readonly string[] {
  const used = new Set(runs.map(({ approval }) => approval));
  return used.size > proofs.length ? ['there are more approvals than proofs'] : [];
}
