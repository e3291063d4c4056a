import { assertKnownOptions } from '../lib/parse-options.ts';
import { once, type Retry } from '../store/retry.ts';
import type { Store } from '../store/store.ts';
import { createSlidingWindow, type SlidingWindow } from './sliding-window.ts';

/** At most `count` within any `windowMs`; `false` lifts the limit. */
export type Limit = { readonly count: number; readonly windowMs: number } | false;

/** One limit for each scope in which an attempt is counted. */
export interface LimitScopes {
  /** One browser or client. */
  readonly perFlow?: Limit;
  /** One login, however many browsers show its cookie. */
  readonly perSession?: Limit;
  /** All of the user's logins together. */
  readonly perSubject?: Limit;
}

/**
 * How much a gate allows one session and one user; counted in the gate's store. A limit counts what the provider may
 * have done: only the provider's definite answer gives an attempt back. Session limits are checked first, and a
 * refused attempt counts nowhere. One session never gets the last attempt of a user, so whatever a stolen session
 * does, the owner has at least one left.
 */
export interface Limits {
  /** Flows started or begun again, factors whose enrolment began without a message, and users sent to the provider's page. */
  readonly starts: LimitScopes;
  /** Pushes sent. */
  readonly pushes: LimitScopes;
  /** Pushes that did not lead to a proof: denied, not answered, or cancelled. */
  readonly unapprovedPushes: LimitScopes;
  /** Texts, calls and e-mails sent. */
  readonly messages: LimitScopes;
  /** Passwords that were wrong, or never answered by the provider. */
  readonly passwords: LimitScopes;
  /** Reads of the list where authenticators are managed. Each is a request to the tenant. */
  readonly lists: LimitScopes;
  /** Codes that were wrong, or never answered by the provider. */
  readonly codes: LimitScopes;
}

/** Limits as options: a bare limit holds in every scope of its attempt. */
export type LimitOptions = { readonly [Name in keyof Limits]?: Limit | LimitScopes | undefined };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The defaults of {@link Limits}. */
export const DEFAULT_LIMITS: Limits = {
  starts: { perSession: { count: 10, windowMs: 10 * MINUTE_MS } },
  pushes: {
    perSession: { count: 3, windowMs: 5 * MINUTE_MS },
    perSubject: { count: 5, windowMs: 10 * MINUTE_MS },
  },
  unapprovedPushes: {
    perSession: { count: 5, windowMs: HOUR_MS },
    perSubject: { count: 8, windowMs: HOUR_MS },
  },
  messages: {
    perSession: { count: 3, windowMs: 5 * MINUTE_MS },
    perSubject: { count: 5, windowMs: 10 * MINUTE_MS },
  },
  passwords: {
    perSession: { count: 5, windowMs: 15 * MINUTE_MS },
    perSubject: { count: 10, windowMs: 15 * MINUTE_MS },
  },
  lists: { perSession: { count: 30, windowMs: MINUTE_MS } },
  codes: {
    perFlow: { count: 5, windowMs: 15 * MINUTE_MS },
    perSession: { count: 5, windowMs: HOUR_MS },
    perSubject: { count: 8, windowMs: HOUR_MS },
  },
};

/** What is counted: one of {@link Limits}, or the time between two messages to one device. */
export type LimitName = keyof Limits | 'resends';

/** What an attempt counts against, with one name for each scope. */
export interface LimitKeys {
  /** One browser's flow. */
  readonly flow: string;
  readonly session: string;
  readonly subject: string;
  /** The device that a message goes to, for `resends`. */
  readonly device?: string | undefined;
  /** The devices among which this one is. */
  readonly among?: string | undefined;
  /** Devices that may be this one: a message to any of them counts as one to it. */
  readonly apartFrom?: string | undefined;
}

/** Counts attempts. Each has an id, so that it is counted once and can be given back exactly. */
export interface LimitBook {
  /** Counts an attempt. If there were too many, returns how long to wait, and counts nothing. */
  charge(name: LimitName, id: string, keys: LimitKeys, retry?: Retry): Promise<number | undefined>;
  /** Gives back an attempt that the limit does not cover. */
  refund(name: LimitName, id: string, keys: LimitKeys, retry?: Retry): Promise<void>;
}

/** One window of an attempt, and its owner. */
interface Counter {
  readonly window: SlidingWindow;
  readonly whose: keyof LimitKeys;
  /** Counts nothing: what others have counted is in the way. */
  readonly onlyLooks?: boolean;
}

/** More than anybody has. */
const MOST_DEVICES = 1_000;

/** The scopes in the order in which they are checked: an attacker reaches the limit of their own session first. */
const SCOPES = [
  ['perFlow', 'flow'],
  ['perSession', 'session'],
  ['perSubject', 'subject'],
] as const;

/**
 * Makes the counters. `resendAfterMs`: the least time between two messages to one device.
 *
 * @throws TypeError naming the limit that is wrong.
 */
export function createLimitBook(options: {
  readonly store: Store;
  readonly now: () => number;
  readonly resendAfterMs: number;
  readonly limits?: LimitOptions | undefined;
}): LimitBook {
  const { store, now, resendAfterMs } = options;
  const limits = parseLimits(options.limits ?? {});

  function countersOf(name: keyof Limits): readonly Counter[] {
    return SCOPES.flatMap(([scope, whose]): readonly Counter[] => {
      const limit = limits[name][scope] ?? false;
      if (limit === false) return [];
      const own = { window: createSlidingWindow({ store, now, name: `${name}.${scope}`, ...limit }), whose };
      if (whose !== 'subject') return [own];
      const count = Math.max(1, limit.count - 1);
      const share = createSlidingWindow({ store, now, name: `${name}.share`, ...limit, count });
      return [{ window: share, whose: 'session' }, own];
    });
  }

  const distance = (count: number): SlidingWindow =>
    createSlidingWindow({ store, now, name: 'resends', count, windowMs: resendAfterMs });
  const counters: Readonly<Record<LimitName, readonly Counter[]>> = {
    starts: countersOf('starts'),
    pushes: countersOf('pushes'),
    unapprovedPushes: countersOf('unapprovedPushes'),
    messages: countersOf('messages'),
    passwords: countersOf('passwords'),
    lists: countersOf('lists'),
    codes: countersOf('codes'),
    resends: [
      { window: distance(1), whose: 'apartFrom', onlyLooks: true },
      { window: distance(1), whose: 'device' },
      { window: distance(MOST_DEVICES), whose: 'among' },
    ],
  };

  /** The counters of an attempt, each with the key that it counts under. */
  function entriesOf(name: LimitName, keys: LimitKeys): readonly (Counter & { readonly key: string })[] {
    return counters[name].flatMap((counter) => {
      const key = keys[counter.whose];
      return key === undefined ? [] : [{ ...counter, key }];
    });
  }

  return {
    async charge(name, id, keys, retry = once) {
      const entries = entriesOf(name, keys);
      for (const [index, { window, key, onlyLooks }] of entries.entries()) {
        const wait = await retry(async () =>
          onlyLooks ? (await window.wait(key)) || undefined : window.take(key, id),
        );
        if (wait === undefined) continue;
        for (const before of entries.slice(0, index)) {
          await retry(() => before.window.giveBack(before.key, id));
        }
        // The scopes not checked yet may want a longer wait. The user learns of it now, not after the first one.
        const others = entries.slice(index + 1).map((one) => retry(() => one.window.wait(one.key)));
        return Math.max(wait, ...(await Promise.all(others)));
      }
      return undefined;
    },
    async refund(name, id, keys, retry = once) {
      for (const { window, key } of entriesOf(name, keys)) await retry(() => window.giveBack(key, id));
    },
  };
}

function parseLimits(options: LimitOptions): Limits {
  if (typeof options !== 'object' || options === null) throw new TypeError('limits: must be an object');
  assertKnownOptions('limits.', options, Object.keys(DEFAULT_LIMITS));
  const scopesOf = (name: keyof Limits): LimitScopes => parseScopes(name, options[name]);
  return {
    starts: scopesOf('starts'),
    pushes: scopesOf('pushes'),
    unapprovedPushes: scopesOf('unapprovedPushes'),
    messages: scopesOf('messages'),
    passwords: scopesOf('passwords'),
    lists: scopesOf('lists'),
    codes: scopesOf('codes'),
  };
}

function parseScopes(name: keyof Limits, option: Limit | LimitScopes | undefined): LimitScopes {
  const defaults = DEFAULT_LIMITS[name];
  if (option === undefined) return defaults;
  const scopes = Object.keys(defaults) as (keyof LimitScopes)[];
  if (option === false || (typeof option === 'object' && option !== null && 'count' in option)) {
    assertLimit(`limits.${name}`, option);
    return Object.fromEntries(scopes.map((scope) => [scope, option]));
  }
  if (typeof option !== 'object' || option === null) throw wrongLimit(`limits.${name}`);
  assertKnownOptions(`limits.${name}.`, option, scopes);
  for (const scope of scopes) {
    if (option[scope] !== undefined) assertLimit(`limits.${name}.${scope}`, option[scope]);
  }
  return {
    ...defaults,
    ...Object.fromEntries(Object.entries(option).filter(([, one]) => one !== undefined)),
  };
}

function assertLimit(path: string, limit: Limit): void {
  if (limit !== false && !(isWhole(limit?.count) && isWhole(limit?.windowMs))) throw wrongLimit(path);
}

function wrongLimit(path: string): TypeError {
  return new TypeError(`${path}: must be false, or { count, windowMs } of whole numbers from 1`);
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
