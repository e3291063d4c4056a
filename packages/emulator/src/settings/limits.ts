import { setBounded } from '../lib/bounded.ts';

/** A token bucket: `burst` at once, then one more every `refillMs`. */
export interface RateLimit {
  readonly burst: number;
  readonly refillMs: number;
}

/** The limits the emulator keeps; `'off'` lifts one. Defaults are the published ones of Auth0. */
export interface Limits {
  /**
   * Requests to the Authentication API, of all users together. Off, since it hangs on the plan: Auth0 publishes 100 a
   * second (`{ burst: 100, refillMs: 10 }`), and 300 a minute for free tenants (`{ burst: 300, refillMs: 200 }`).
   */
  readonly authenticationApi: RateLimit | 'off';
  /** `mfa-oob` exchanges, polls and codes alike, per `mfa_token`: 12, then 12 a minute. */
  readonly oobExchange: RateLimit | 'off';
  /** Push notifications per user: 5, then 5 a minute. */
  readonly pushes: RateLimit | 'off';
  /** Starts of CIBA requests, of all users together: 500, then 500 a minute. */
  readonly bcAuthorize: RateLimit | 'off';
  /** CIBA requests per user: 5, then 5 a minute. */
  readonly cibaPushes: RateLimit | 'off';
  /** SMS and calls per user: 10, then one an hour. */
  readonly phoneMessages: RateLimit | 'off';
  /** E-mails per user: 20, then one a minute. */
  readonly emails: RateLimit | 'off';
  /** Wrong one-time passwords and message codes per user: 10, then 10 an hour. */
  readonly wrongCodes: RateLimit | 'off';
  /** Wrong recovery codes per user: 10, then 10 an hour. */
  readonly wrongRecoveryCodes: RateLimit | 'off';
  /** Wrong passwords per user: 10, then 10 an hour. */
  readonly wrongPasswords: RateLimit | 'off';
}

/** Auth0's published limits. */
export const defaultLimits: Limits = {
  authenticationApi: 'off',
  oobExchange: { burst: 12, refillMs: 5_000 },
  pushes: { burst: 5, refillMs: 12_000 },
  bcAuthorize: { burst: 500, refillMs: 120 },
  cibaPushes: { burst: 5, refillMs: 12_000 },
  phoneMessages: { burst: 10, refillMs: 3_600_000 },
  emails: { burst: 20, refillMs: 60_000 },
  wrongCodes: { burst: 10, refillMs: 360_000 },
  wrongRecoveryCodes: { burst: 10, refillMs: 360_000 },
  wrongPasswords: { burst: 10, refillMs: 360_000 },
};

/** How a bucket stands after it was asked. */
export interface LimitState {
  readonly isExceeded: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** When the next unit is added, in epoch milliseconds. */
  readonly resetAt: number;
}

/** Counts what was used of each limit, per key. */
export interface LimitBook {
  /** Uses one unit, unless none is left. */
  take(name: string, key: string, limit: RateLimit): LimitState;
  /** Looks without using anything. */
  peek(name: string, key: string, limit: RateLimit): LimitState;
  /** Forgets what a key has used. */
  forget(key: string): void;
}

/** How many buckets are remembered: those that were not asked for the longest time are full again. */
const mostBuckets = 20_000;

/** Token buckets on the emulator's clock. */
export function createLimitBook(now: () => number): LimitBook {
  const buckets = new Map<string, { readonly key: string; used: number; at: number }>();

  function refill(name: string, key: string, limit: RateLimit): { used: number; at: number } {
    const id = `${name} ${key}`;
    const bucket = buckets.get(id) ?? { key, used: 0, at: now() };
    const units = Math.min(bucket.used, Math.floor((now() - bucket.at) / limit.refillMs));
    bucket.used -= units;
    bucket.at = bucket.used === 0 ? now() : bucket.at + units * limit.refillMs;
    setBounded(buckets, id, bucket, mostBuckets);
    return bucket;
  }

  function ask(name: string, key: string, limit: RateLimit, cost: 0 | 1): LimitState {
    const bucket = refill(name, key, limit);
    const isExceeded = bucket.used >= limit.burst;
    if (!isExceeded) bucket.used += cost;
    return {
      isExceeded,
      limit: limit.burst,
      remaining: Math.max(0, limit.burst - bucket.used),
      resetAt: bucket.at + limit.refillMs,
    };
  }

  return {
    take: (name, key, limit) => ask(name, key, limit, 1),
    peek: (name, key, limit) => ask(name, key, limit, 0),
    forget(key) {
      for (const [id, bucket] of buckets) {
        if (bucket.key === key) buckets.delete(id);
      }
    },
  };
}

/** The limit's headers; `x-ratelimit-reset` is in UNIX seconds. */
export function toLimitHeaders(state: LimitState): Record<string, string> {
  return {
    'x-ratelimit-limit': String(state.limit),
    'x-ratelimit-remaining': String(state.remaining),
    'x-ratelimit-reset': String(Math.ceil(state.resetAt / 1000)),
  };
}
