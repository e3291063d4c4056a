import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { once, type Retry } from '../store/retry.ts';
import type { Store } from '../store/store.ts';
import { createSlidingWindow } from './sliding-window.ts';

/** So many within any `windowMs`; `false` lifts the limit. */
export type Limit = { readonly count: number; readonly windowMs: number } | false;

/**
 * What a gate lets one session, and one subject, do, counted in the gate's store. Sessions are asked first, and what
 * is refused counts nowhere. Of what the subject may do, one session can never use up the last: whatever a stolen
 * session does, another of the owner's has at least one left.
 */
export interface Limits {
  /** Flows started. */
  readonly startsPerSession: Limit;
  /** Pushes, SMS, calls and e-mails sent. */
  readonly messagesPerSession: Limit;
  readonly messagesPerSubject: Limit;
  /** Pushes after which no factor was shown: denied, not answered, or cancelled. */
  readonly unapprovedPerSession: Limit;
  readonly unapprovedPerSubject: Limit;
  /** Wrong passwords. */
  readonly passwordsPerSession: Limit;
  readonly passwordsPerSubject: Limit;
  /** Looks at the list of authenticators where they are managed, each of which is a request to the tenant. */
  readonly listsPerSession: Limit;
  /** Wrong codes, of one browser or client. */
  readonly wrongCodesPerFlow: Limit;
  readonly wrongCodesPerSession: Limit;
  readonly wrongCodesPerSubject: Limit;
}

/** The defaults of {@link Limits}. */
export const DEFAULT_LIMITS: Limits = {
  startsPerSession: { count: 10, windowMs: 600_000 },
  messagesPerSession: { count: 3, windowMs: 300_000 },
  messagesPerSubject: { count: 5, windowMs: 600_000 },
  unapprovedPerSession: { count: 5, windowMs: 3_600_000 },
  unapprovedPerSubject: { count: 8, windowMs: 3_600_000 },
  passwordsPerSession: { count: 5, windowMs: 900_000 },
  passwordsPerSubject: { count: 10, windowMs: 900_000 },
  listsPerSession: { count: 30, windowMs: 60_000 },
  wrongCodesPerFlow: { count: 5, windowMs: 900_000 },
  wrongCodesPerSession: { count: 5, windowMs: 3_600_000 },
  wrongCodesPerSubject: { count: 8, windowMs: 3_600_000 },
};

/** What is counted. */
export type Attempt = 'start' | 'message' | 'push' | 'password' | 'list' | 'code';

/** Whom an attempt counts against. */
export interface LimitKeys {
  /** Names the flow of one browser. */
  readonly flow: string;
  readonly session: string;
  readonly subject: string;
}

/** Counts attempts. */
export interface LimitBook {
  /** Counts one attempt. Answers how long to wait instead, when there were too many; then nothing is counted. */
  charge(attempt: Attempt, keys: LimitKeys, retry?: Retry): Promise<number | undefined>;
  /** Takes a counted attempt back, since it was none of those that the limit is about. */
  refund(attempt: Attempt, keys: LimitKeys, retry?: Retry): Promise<void>;
}

/** What an attempt counts as, in the order of the questions: whoever tries too much is stopped at his own limit. */
const COUNTED_AS: Readonly<Record<Attempt, readonly (readonly [keyof Limits, keyof LimitKeys])[]>> = {
  start: [['startsPerSession', 'session']],
  message: [
    ['messagesPerSession', 'session'],
    ['messagesPerSubject', 'subject'],
  ],
  push: [
    ['unapprovedPerSession', 'session'],
    ['unapprovedPerSubject', 'subject'],
  ],
  password: [
    ['passwordsPerSession', 'session'],
    ['passwordsPerSubject', 'subject'],
  ],
  list: [['listsPerSession', 'session']],
  code: [
    ['wrongCodesPerFlow', 'flow'],
    ['wrongCodesPerSession', 'session'],
    ['wrongCodesPerSubject', 'subject'],
  ],
};

/** One counter of an attempt, and whose it is. */
interface Counter {
  readonly limiter: RateLimiterAbstract;
  readonly whose: keyof LimitKeys;
}

/**
 * Makes the counters.
 *
 * @throws TypeError naming the limit that is wrong.
 */
export function createLimitBook(options: {
  readonly store: Store;
  readonly now: () => number;
  readonly limits?: Partial<Limits> | undefined;
}): LimitBook {
  const { store, now } = options;
  const limits = parseLimits(options.limits ?? {});

  function countersOf(name: keyof Limits, whose: keyof LimitKeys): readonly Counter[] {
    const limit = limits[name];
    if (limit === false) return [];
    const own = { limiter: createSlidingWindow({ store, now, name, ...limit }), whose };
    if (whose !== 'subject') return [own];
    const count = Math.max(1, limit.count - 1);
    const share = createSlidingWindow({ store, now, name: `${name}.share`, ...limit, count });
    return [{ limiter: share, whose: 'session' }, own];
  }

  const countersFor = (attempt: Attempt): readonly Counter[] =>
    COUNTED_AS[attempt].flatMap(([name, whose]) => countersOf(name, whose));
  const counters: Readonly<Record<Attempt, readonly Counter[]>> = {
    start: countersFor('start'),
    message: countersFor('message'),
    push: countersFor('push'),
    password: countersFor('password'),
    list: countersFor('list'),
    code: countersFor('code'),
  };

  async function giveBack(counted: readonly Counter[], keys: LimitKeys, retry: Retry): Promise<void> {
    for (const { limiter, whose } of counted) await retry(() => limiter.reward(keys[whose]));
  }

  return {
    async charge(attempt, keys, retry = once) {
      const all = counters[attempt];
      for (const [index, { limiter, whose }] of all.entries()) {
        const wait = await retry(() => limiter.consume(keys[whose]).then(noWait, waitOf));
        if (wait === undefined) continue;
        await giveBack(all.slice(0, index), keys, retry);
        // Those that were not asked may want a longer wait: better heard of now than after the first.
        const others = all.slice(index + 1);
        const waits = await Promise.all(others.map((one) => retry(() => one.limiter.get(keys[one.whose]))));
        return Math.max(wait, ...waits.map((state) => state?.msBeforeNext ?? 0));
      }
      return undefined;
    },
    refund: (attempt, keys, retry = once) => giveBack(counters[attempt], keys, retry),
  };
}

const noWait = (): undefined => undefined;

/** The library rejects with its result when the limit is reached, and with the store's error when it cannot count. */
function waitOf(refused: unknown): number {
  if (refused instanceof RateLimiterRes) return refused.msBeforeNext;
  throw refused;
}

function parseLimits(overrides: Partial<Limits>): Limits {
  if (typeof overrides !== 'object' || overrides === null) throw new TypeError('limits: must be an object');
  const given = Object.entries(overrides).filter(([, limit]) => limit !== undefined);
  for (const [name, limit] of given as [string, Limit][]) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      throw new TypeError(`limits.${name}: is not a limit (${Object.keys(DEFAULT_LIMITS).join(', ')})`);
    }
    if (limit === false) continue;
    if (!isWhole(limit?.count) || !isWhole(limit?.windowMs)) {
      throw new TypeError(`limits.${name}: must be false, or { count, windowMs } of whole numbers from 1`);
    }
  }
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(given) };
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
