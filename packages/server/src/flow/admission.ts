import {
  type Clock,
  type Effect,
  type EffectResult,
  isAddressed,
  isTapped,
  type ReasonCode,
  StepUpError,
  sendsMessage,
} from '@stepgate/core';
import type { Audit } from '../events/audit.ts';
import { digest } from '../lib/seal.ts';
import type { Attempt, LimitBook, LimitKeys } from '../limits/limits.ts';
import type { TenantBudget } from '../limits/tenant-budget.ts';
import type { Records } from '../records/records.ts';
import type { Owner } from '../request/handle-cookie.ts';
import type { Lock, Locks } from '../store/lock.ts';
import { once, type Retry } from '../store/retry.ts';
import { awaitsPush } from './rules.ts';

/** It may go out at once, nobody wants it any more, or the result that stands in for it. */
export type AdmissionResult = 'admitted' | 'unwanted' | EffectResult;

/** Decides what may go out: within the limits, and with one live push per subject. */
export interface Admission {
  /**
   * Counts a start; answers with what takes it back, for a start that began no flow.
   *
   * @throws StepUpError `rate_limited` (429) when the session has started flows, or begun them again, too often.
   */
  admitStart(owner: Owner): Promise<() => Promise<void>>;
  /**
   * Counts a look at the list of authenticators outside of a flow.
   *
   * @throws StepUpError `rate_limited` (429) when the session has looked too often.
   */
  admitList(owner: Owner): Promise<void>;
  /** Whether the effect may go out. What does not go out is not counted. */
  admit(
    owner: Owner,
    effect: Effect,
    still: { readonly isWanted: () => Promise<boolean>; readonly retry: Retry },
  ): Promise<AdmissionResult>;
  /** Takes an attempt back that was no wrong one, and keeps the push lock for as long as a sent push lives. */
  account(owner: Owner, effect: Effect, result: EffectResult): Promise<void>;
  /** Lets the subject's next push go out when this flow waits for none any more. */
  release(owner: Owner): Promise<void>;
}

const pushLock = (subject: string): string => `push:${digest(subject)}`;

/** Makes the admission. `challengeTtlMs`: how long a push can be answered. */
export function createAdmission(options: {
  readonly records: Records;
  readonly locks: Locks;
  readonly limits: LimitBook;
  readonly budget: TenantBudget;
  readonly clock: Clock;
  readonly challengeTtlMs: number;
  readonly audit: Pick<Audit, 'publish'>;
  readonly onError: (error: unknown) => void;
}): Admission {
  const { records, locks, limits, budget, clock, challengeTtlMs, audit, onError } = options;

  /** Counts an attempt; answers how long to wait instead when there were too many, and tells of it. */
  async function charge(attempt: Attempt, owner: Owner, retry: Retry): Promise<number | undefined> {
    const retryAfterMs = await limits.charge(attempt, limitKeysOf(owner), retry);
    if (retryAfterMs !== undefined) {
      audit.publish({ caller: owner.caller }, { type: 'limit.reached', attempt, retryAfterMs });
    }
    return retryAfterMs;
  }

  async function refund(attempts: readonly Attempt[], owner: Owner, retry: Retry = once): Promise<void> {
    for (const attempt of attempts) await limits.refund(attempt, limitKeysOf(owner), retry);
  }

  /** Counts what an effect counts as, or nothing of it: what is refused counts nowhere. */
  async function chargeAll(
    attempts: readonly Attempt[],
    owner: Owner,
    retry: Retry,
  ): Promise<EffectResult | undefined> {
    for (const [nth, attempt] of attempts.entries()) {
      const wait = await charge(attempt, owner, retry);
      if (wait === undefined) continue;
      await refund(attempts.slice(0, nth), owner, retry);
      return refusal(attempt === 'message' ? 'rate_limited' : 'too_many_attempts', wait);
    }
    return undefined;
  }

  /** Takes the subject's push lock, or extends it; answers with whoever else holds it. */
  async function lockPush({ key, caller }: Owner, ttlMs: number): Promise<Lock | undefined> {
    return locks.acquire(pushLock(caller.subject), key, clock.now() + ttlMs);
  }

  /** The first browser is told that a second one has asked: it may be a thief's. */
  async function tellHolder(holder: string): Promise<void> {
    await records.update(holder, (record) => {
      const isTold = record?.flow?.isContested === true;
      if (record?.flow === undefined || isTold || !awaitsPush(record.flow)) return { result: undefined };
      const flow = { ...record.flow, version: record.flow.version + 1, isContested: true };
      return { record: { ...record, flow }, result: undefined };
    });
  }

  /** The budget's turn, and whether the effect is wanted still after the wait for it. */
  async function lastWord(effect: Effect, isWanted: () => Promise<boolean>): Promise<AdmissionResult> {
    const busy = asksTenant(effect) ? await budget.takeTurn() : undefined;
    if (busy !== undefined) return refusal('rate_limited', busy);
    return (await isWanted()) ? 'admitted' : 'unwanted';
  }

  return {
    async admitStart(owner) {
      const retryAfterMs = await charge('start', owner, once);
      if (retryAfterMs === undefined) return () => limits.refund('start', limitKeysOf(owner));
      throw tooOften('this session has started flows, or begun them again, too often', retryAfterMs);
    },

    async admitList(owner) {
      const retryAfterMs = await charge('list', owner, once);
      if (retryAfterMs !== undefined) {
        throw tooOften('this session has looked at the list of its sign-in devices too often', retryAfterMs);
      }
    },

    async admit(owner, effect, { isWanted, retry }) {
      // Its turn has come before its claim, so that nothing was waited for since the flow wanted it.
      if (effect.type === 'poll') return 'admitted';
      // The lock first: a push that waits for another one is not sent, and so not counted.
      const other = isPush(effect) ? await retry(() => lockPush(owner, challengeTtlMs)) : undefined;
      if (other !== undefined) {
        await retry(() => tellHolder(other.holder));
        return refusal('push_in_progress', Math.max(0, other.until - clock.now()));
      }
      const attempts = attemptsOf(effect);
      const tooMany = await chargeAll(attempts, owner, retry);
      if (tooMany !== undefined) return tooMany;
      // Tried again with a turn of its own: what goes out then goes out at once.
      const result = await retry(() => lastWord(effect, isWanted));
      if (result !== 'admitted') await refund(attempts, owner, retry).catch(onError);
      return result;
    },

    async account(owner, effect, { fact }) {
      // It can be answered from now on, and by the provider's word for longer than ours.
      if (fact.type === 'challenge.sent' && isPush(effect)) {
        await lockPush(owner, Math.max(challengeTtlMs, fact.expiresInMs ?? 0));
      }
      const isWrong =
        fact.type === 'effect.failed' &&
        (fact.code === 'code_refused' || fact.code === 'credentials_refused');
      // What was lost before it was used has sent nothing.
      const isUnsent = fact.type === 'effect.failed' && fact.code === 'input_lost';
      if (isUnsent || (isTyped(effect) && !isWrong)) await refund(attemptsOf(effect), owner);
      // By whichever factor: whoever takes a code in the place of a push is no thief.
      const isApproved =
        provesFactor(effect) && (fact.type === 'tokens.received' || fact.type === 'mfa.required');
      if (isApproved || (isPush(effect) && fact.type === 'effect.failed')) await refund(['push'], owner);
    },

    async release({ key, caller }) {
      await locks.release(pushLock(caller.subject), key, async () => {
        const { record } = await records.read(key);
        return record?.flow === undefined || !awaitsPush(record.flow);
      });
    },
  };
}

function tooOften(message: string, retryAfterMs: number): StepUpError {
  return new StepUpError('rate_limited', message, { status: 429, retryAfterMs });
}

/** What an effect counts as, until it has come to a good end. */
function attemptsOf(effect: Effect): readonly Attempt[] {
  switch (effect.type) {
    case 'challenge':
      if (isPush(effect)) return ['push', 'message'];
      return sendsMessage(effect.params.factor) ? ['message'] : [];
    case 'enroll':
      return isAddressed(effect.params.factor) ? ['message'] : [];
    case 'verify':
      return ['code'];
    case 'authenticate':
      return effect.params.method === 'password' ? ['password'] : [];
    default:
      return [];
  }
}

/**
 * Whether a user's effect is a request to the tenant, of the gate's own or, in a custom first leg, of the app's. A
 * poll's turn comes before it is claimed.
 */
function asksTenant({ type, params }: Effect): boolean {
  if (type === 'authenticate') return params.method !== 'access-token' && params.method !== 'mfa-token';
  return type !== 'poll' && type !== 'identify';
}

function limitKeysOf({ key, caller: { session, subject } }: Owner): LimitKeys {
  return { flow: key, session, subject: digest(subject) };
}

function isPush(effect: Effect): boolean {
  return effect.type === 'challenge' && isTapped(effect.params.factor);
}

/** Whether the effect can show that the user has a factor, rather than add one. */
function provesFactor({ type, params }: Effect): boolean {
  return (type === 'poll' || type === 'verify') && !params.enrolling;
}

/** Whether the effect tries something that the user typed. */
function isTyped(effect: Effect): boolean {
  return effect.type === 'verify' || (effect.type === 'authenticate' && effect.params.method === 'password');
}

function refusal(code: ReasonCode, retryAfterMs: number): EffectResult {
  return { fact: { type: 'effect.failed', code, retryAfterMs } };
}
