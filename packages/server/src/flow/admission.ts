import { randomUUID } from 'node:crypto';
import {
  type Clock,
  type Effect,
  type EffectResult,
  type FirstLegMethod,
  type ReasonCode,
  StepUpError,
} from '@stepgate/core';
import type { Audit } from '../events/audit.ts';
import { digest } from '../lib/seal.ts';
import { attemptsOf, givenBack, isPush, limitKeysOf } from '../limits/attempts.ts';
import type { LimitBook, LimitName } from '../limits/limits.ts';
import type { TenantBudget } from '../limits/tenant-budget.ts';
import type { Records } from '../records/records.ts';
import type { Owner } from '../request/handle-cookie.ts';
import type { Lock, Locks } from '../store/lock.ts';
import { once, type Retry } from '../store/retry.ts';
import { awaitsPush } from './rules.ts';
import type { Job } from './steps.ts';

/** The effect may go out at once, or nobody wants it any more; otherwise the result that replaces it. */
export type AdmissionResult = 'admitted' | 'unwanted' | EffectResult;

/** An effect that asks to go out, and the claim under which it is counted. */
export type Admitted = Pick<Job, 'effect' | 'claim'>;

/** What an effect needs while it waits to go out. */
export interface Waiting {
  /** Whether the flow still waits for the effect. */
  readonly isWanted: () => Promise<boolean>;
  readonly retry: Retry;
  /** Does what is due for the flow that holds the lock: polls for its push, or ends it when its time is over. */
  readonly checkHolder: (holder: string) => Promise<void>;
}

/** Decides what may go out: within the limits, and with one live push per subject. */
export interface Admission {
  /**
   * Counts a start. Returns a function that takes it back, for a start that began no flow.
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
  /**
   * Counts a push code before it is compared. Answers with a function that takes it back, for one that was right.
   *
   * @throws StepUpError `too_many_attempts` (429) after too many wrong codes.
   */
  admitPushCode(owner: Owner): Promise<() => Promise<void>>;
  /** Whether the effect may go out. If it does not go out, it is not counted. */
  admit(owner: Owner, job: Admitted, waiting: Waiting): Promise<AdmissionResult>;
  /** Gives attempts back as the result allows, and keeps the push lock for as long as a sent push lives. */
  account(
    owner: Owner,
    job: Pick<Job, 'effect' | 'claim' | 'pushes' | 'purpose'>,
    result: EffectResult,
  ): Promise<void>;
  /** Lets the subject's next push go out when this flow no longer waits for one. */
  release(owner: Owner): Promise<void>;
  /** Another flow's hold on the subject's push; `undefined` when a push may go out. */
  otherHolder(owner: Owner): Promise<Lock | undefined>;
}

const pushLock = (subject: string): string => `push:${digest(subject)}`;

/** Creates the admission. `challengeTtlMs`: how long a push can be answered. */
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

  /** Counts an attempt. Returns how long to wait instead if there were too many, and publishes that. */
  async function charge(
    limit: LimitName,
    id: string,
    owner: Owner,
    { retry = once, effect }: { readonly retry?: Retry; readonly effect?: Effect } = {},
  ): Promise<number | undefined> {
    const retryAfterMs = await limits.charge(limit, id, limitKeysOf(owner, effect), retry);
    if (retryAfterMs !== undefined) {
      audit.publish({ caller: owner.caller }, { type: 'limit.reached', limit, retryAfterMs });
    }
    return retryAfterMs;
  }

  /** Counts an effect in all of its limits, or in none if one refuses it. */
  async function chargeAll(
    owner: Owner,
    { effect, claim }: Admitted,
    retry: Retry,
  ): Promise<EffectResult | undefined> {
    const attempts = attemptsOf(effect);
    for (const [nth, limit] of attempts.entries()) {
      const wait = await charge(limit, claim, owner, { retry, effect });
      if (wait === undefined) continue;
      await refundAll(owner, { effect, claim }, attempts.slice(0, nth), retry);
      return refusal(REFUSED_AS[limit], wait);
    }
    return undefined;
  }

  async function refundAll(
    owner: Owner,
    { effect, claim }: Admitted,
    attempts: readonly LimitName[],
    retry: Retry = once,
  ): Promise<void> {
    for (const limit of attempts) await limits.refund(limit, claim, limitKeysOf(owner, effect), retry);
  }

  /** Takes the subject's push lock, or extends it. Resolves to the other flow that holds it. */
  function lockPush({ key, caller }: Owner, ttlMs: number): Promise<Lock | undefined> {
    return locks.acquire(pushLock(caller.subject), key, clock.now() + ttlMs);
  }

  /** Takes the lock. If another flow holds it, does first what is due there: nobody may be watching it any more. */
  async function lockOrAsk(owner: Owner, { retry, checkHolder }: Waiting): Promise<Lock | undefined> {
    const other = await retry(() => lockPush(owner, challengeTtlMs));
    if (other === undefined) return undefined;
    await checkHolder(other.holder);
    return retry(() => lockPush(owner, challengeTtlMs));
  }

  /** Reports to the first browser that a second one has asked, which may be an attacker's. */
  async function notifyHolder(holder: string): Promise<void> {
    await records.update(holder, (record) => {
      const isTold = record?.flow?.isContested === true;
      if (record?.flow === undefined || isTold || !awaitsPush(record.flow)) return { result: undefined };
      const flow = { ...record.flow, version: record.flow.version + 1, isContested: true };
      return { record: { ...record, flow }, result: undefined };
    });
  }

  /** Waits for the budget's turn, and asks whether the effect is still wanted after the wait. */
  async function takeTurn(effect: Effect, isWanted: () => Promise<boolean>): Promise<AdmissionResult> {
    const busy = asksTenant(effect) ? await budget.takeTurn() : undefined;
    if (busy !== undefined) return refusal('rate_limited', busy);
    return (await isWanted()) ? 'admitted' : 'unwanted';
  }

  return {
    async admitStart(owner) {
      const id = randomUUID();
      const retryAfterMs = await charge('starts', id, owner);
      if (retryAfterMs === undefined) return () => limits.refund('starts', id, limitKeysOf(owner));
      throw tooOften(
        'This session has started flows, or begun them again, too often. Try again later.',
        retryAfterMs,
      );
    },

    async admitList(owner) {
      const retryAfterMs = await charge('lists', randomUUID(), owner);
      if (retryAfterMs !== undefined) {
        throw tooOften(
          'This session has looked at its list of authenticators too often. Try again later.',
          retryAfterMs,
        );
      }
    },

    async admitPushCode(owner) {
      const id = randomUUID();
      const retryAfterMs = await charge('codes', id, owner);
      if (retryAfterMs === undefined) return () => limits.refund('codes', id, limitKeysOf(owner));
      throw new StepUpError('too_many_attempts', 'too many codes were wrong', { retryAfterMs });
    },

    async admit(owner, job, waiting) {
      const { isWanted, retry } = waiting;
      const { effect } = job;
      // A poll takes its turn before it is claimed.
      if (effect.type === 'poll') return 'admitted';
      // The lock first: a push that waits for another one is not sent, and so not counted.
      const other = isPush(effect) ? await lockOrAsk(owner, waiting) : undefined;
      if (other !== undefined) {
        await retry(() => notifyHolder(other.holder));
        return refusal('push_in_progress', Math.max(0, other.until - clock.now()));
      }
      const tooMany = await chargeAll(owner, job, retry);
      if (tooMany !== undefined) return tooMany;
      // The turn is taken inside the retry: what goes out after a pause then still goes out at once.
      const result = await retry(() => takeTurn(effect, isWanted));
      if (result !== 'admitted') await refundAll(owner, job, attemptsOf(effect), retry).catch(onError);
      return result;
    },

    async account(owner, job, result) {
      const { effect, pushes, purpose } = job;
      const { fact } = result;
      // From now on the push can be answered, for as long as the provider says, which may be longer than ours.
      if (fact.type === 'challenge.sent' && isPush(effect)) {
        await lockPush(owner, Math.max(challengeTtlMs, fact.expiresInMs ?? 0));
      }
      await refundAll(owner, job, givenBack(effect, result));
      // Any factor counts: a user who types a code instead of tapping is not an attacker. Only once it is known who
      // proved it, and only what this flow was charged.
      if (fact.type === 'identity.verified' && purpose !== 'adding') {
        for (const push of pushes) await limits.refund('unapprovedPushes', push, limitKeysOf(owner));
      }
    },

    async release({ key, caller }) {
      await locks.release(pushLock(caller.subject), key, async () => {
        const { record } = await records.read(key);
        return record?.flow === undefined || !awaitsPush(record.flow);
      });
    },

    async otherHolder({ key, caller }) {
      const lock = await locks.holder(pushLock(caller.subject));
      return lock?.holder === key ? undefined : lock;
    },
  };
}

/** The reason that the user sees when a limit is reached. */
const REFUSED_AS: Readonly<Record<LimitName, ReasonCode>> = {
  starts: 'rate_limited',
  pushes: 'rate_limited',
  messages: 'rate_limited',
  lists: 'rate_limited',
  resends: 'rate_limited',
  unapprovedPushes: 'too_many_attempts',
  passwords: 'too_many_attempts',
  codes: 'too_many_attempts',
};

function tooOften(message: string, retryAfterMs: number): StepUpError {
  return new StepUpError('rate_limited', message, { retryAfterMs });
}

/** The first legs that send no request. */
const LOCAL_LEGS: readonly FirstLegMethod[] = ['access-token', 'mfa-token', 'none'];

/**
 * Whether a user's effect is a request to the tenant, by the gate or, in a custom first leg, by the app. A poll takes
 * its turn before it is claimed.
 */
function asksTenant({ type, params }: Effect): boolean {
  if (type === 'authenticate') return !LOCAL_LEGS.includes(params.method);
  return type !== 'poll' && type !== 'identify';
}

function refusal(code: ReasonCode, retryAfterMs: number): EffectResult {
  return { fact: { type: 'effect.failed', code, retryAfterMs } };
}
