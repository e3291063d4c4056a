import { StepUpError } from '@stepgate/core';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** So many in a window; `false` lifts the limit. */
export type Limit = { readonly count: number; readonly windowMs: number } | false;

/**
 * What a gate lets one session, and one subject, do, counted in this process. Sessions are asked first: what a session
 * tries beyond its own limit counts against the subject no more. What it does within it does count.
 */
export interface Limits {
  /** Flows started. */
  readonly startsPerSession: Limit;
  /** Pushes, SMS, calls and e-mails sent. */
  readonly messagesPerSession: Limit;
  readonly messagesPerSubject: Limit;
  readonly passwordsPerSession: Limit;
  readonly wrongCodesPerFlow: Limit;
  readonly wrongCodesPerSubject: Limit;
}

/** The defaults of {@link Limits}. */
export const DEFAULT_LIMITS: Limits = {
  startsPerSession: { count: 10, windowMs: 600_000 },
  messagesPerSession: { count: 3, windowMs: 300_000 },
  messagesPerSubject: { count: 5, windowMs: 600_000 },
  passwordsPerSession: { count: 5, windowMs: 900_000 },
  wrongCodesPerFlow: { count: 5, windowMs: 900_000 },
  wrongCodesPerSubject: { count: 8, windowMs: 3_600_000 },
};

/** Which limits an attempt counts against, in the order in which they are asked: the limit's name and whose it is. */
export type Charges = readonly (readonly [keyof Limits, string])[];

/** Counts attempts. */
export interface LimitBook {
  /** Counts one attempt. Answers how long to wait when there were too many; those after the first full one are spared. */
  charge(charges: Charges): Promise<number | undefined>;
  /** Takes a counted attempt back, since it was none of those that the limit is about. */
  refund(charges: Charges): Promise<void>;
}

/**
 * Makes the counters, in this process's memory.
 *
 * @throws TypeError naming the limit that is wrong.
 */
export function createLimitBook(overrides: Partial<Limits> = {}): LimitBook {
  const limits = { ...DEFAULT_LIMITS, ...overrides };
  const counters = new Map<string, RateLimiterMemory>();
  for (const [name, limit] of Object.entries(limits) as [string, Limit][]) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) throw new TypeError(`limits.${name}: is not a limit`);
    if (limit === false) continue;
    if (!isWhole(limit.count) || !isWhole(limit.windowMs)) {
      throw new TypeError(`limits.${name}: must be false, or { count, windowMs } of whole numbers from 1`);
    }
    counters.set(
      name,
      new RateLimiterMemory({ keyPrefix: name, points: limit.count, duration: limit.windowMs / 1_000 }),
    );
  }

  return {
    async charge(charges) {
      for (const [name, whose] of charges) {
        const wait = await counters.get(name)?.consume(whose).then(noWait, waitOf);
        if (wait !== undefined) return wait;
      }
      return undefined;
    },
    async refund(charges) {
      for (const [name, whose] of charges) await counters.get(name)?.reward(whose);
    },
  };
}

const noWait = (): undefined => undefined;

/** The library rejects with its result when the limit is reached, and with an error when it cannot count. */
function waitOf(refused: unknown): number {
  if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext);
  throw new StepUpError('store_unavailable', 'the limits cannot be counted', { status: 503 });
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
