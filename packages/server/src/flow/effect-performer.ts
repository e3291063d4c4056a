import {
  type Clock,
  type Departed,
  type Destination,
  type Effect,
  type EffectResult,
  type Inputs,
  isStepUpError,
  type ReasonCode,
  runEffect,
  StepUpError,
  type TokenSet,
  type Way,
} from '@stepgate/core';
import { createErrorThrottle } from '../events/error-throttle.ts';
import { notificationToken } from '../provider/notification-token.ts';
import { retryUntilDone } from '../store/retry.ts';
import type { FlowParts, FlowTarget } from './parts.ts';
import type { Job } from './steps.ts';

/** Runs claimed effects, if the limits allow it and the user still wants them. */
export interface EffectPerformer {
  /**
   * Runs one effect within its lease, so that at most one process ever works on it. A hook that does not end by then
   * is abandoned, and a late result is ignored. `undefined` when the flow no longer wants the effect.
   */
  perform(
    target: FlowTarget,
    job: Job,
    inputs: Inputs,
    unwanted: AbortSignal,
  ): Promise<EffectResult | undefined>;
}

/** What ends an effect before it has its result. */
interface Endings {
  /** The flow does not want it any more. */
  readonly unwanted: AbortSignal;
  /** Its lease is nearly over. */
  readonly late: AbortSignal;
  /** Either of them. */
  readonly signal: AbortSignal;
}

/** How much of a lease is kept for committing the result. */
const SETTLING_MS = 2_000;
const TIMER_STEP_MS = 250;

/** Where the provider's page sends users back to, below the base path. */
export const CALLBACK_PATH = '/callback';

/** Retries work under a claim until it succeeds, the claim ends, or the flow no longer wants it. */
export function whileClaimed<T>(
  clock: Clock,
  { claimedUntil }: Job,
  unwanted: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  return retryUntilDone(work, { clock, until: claimedUntil, signal: unwanted });
}

function hasCode(error: unknown, code: ReasonCode): boolean {
  return isStepUpError(error) && error.code === code;
}

/** Creates the performer. `checkHolder`: does what is due for the flow that holds the subject's push. */
export function createEffectPerformer(
  parts: FlowParts,
  checkHolder: (target: FlowTarget, holder: string) => Promise<void>,
): EffectPerformer {
  const { admission } = parts;
  const { ways, firstLeg, managementLeg, identityCheck, eagerPolling } = parts.connection;
  const { records, subjects, sealer } = parts.state;
  const { clock, onError } = parts.runtime;

  const tellFault = createErrorThrottle({ now: () => clock.now(), onError });
  /** Stands for an error that `onError` has already received. */
  const saveFailed = new StepUpError('provider_unavailable', 'saveRefreshToken failed');

  /** Whether the flow still waits for this effect: a cancel may have come between the commit and now. */
  async function isWanted(key: string, { claim }: Job): Promise<boolean> {
    const { record } = await records.read(key);
    return record?.flow?.pending?.claim === claim;
  }

  /** The way that the flow was started on. */
  function wayOf(job: Job): Way {
    const found = ways.find(({ name }) => name === job.way);
    // A process with other options has started it.
    if (found === undefined) throw new TypeError(`the provider has no way ${job.way}, which this flow takes`);
    return found;
  }

  /** Where the provider's page sends the user of this request back to. */
  function destinationOf({ context: { request }, origin }: FlowTarget): Destination {
    return { redirectUri: `${origin}${parts.basePath}${CALLBACK_PATH}`, uiLocales: languageOf(request) };
  }

  /** Only the app's own choice: the browser tells the provider its own. */
  function languageOf(request: unknown): string | undefined {
    try {
      const told: unknown = parts.language?.(request);
      return typeof told === 'string' && told !== '' ? told.replaceAll('_', '-') : undefined;
    } catch (error) {
      onError(error);
      return undefined;
    }
  }

  /** What the tokens of a return must prove besides; `undefined` for other ways. */
  function departedOf(job: Job): Departed | undefined {
    if (!wayOf(job).can.needsBrowser) return undefined;
    const { departure, times } = job.vault;
    if (departure !== undefined && times !== undefined) return { ...times, departure };
    throw new StepUpError('result_lost', 'the departure of this flow was lost: do it again');
  }

  /** Runs one effect; `undefined` when the flow no longer wants it. */
  async function performWanted(
    target: FlowTarget,
    job: Job,
    inputs: Inputs,
    { unwanted, late, signal }: Endings,
  ): Promise<EffectResult | undefined> {
    // Before anything is sent whose answer could not be checked, and before a turn that does not wait for it.
    const prepared = signsIn(job.effect)
      ? identityCheck.prepare(target.caller.subject, { signal })
      : undefined;
    const isPrepared = prepared === undefined || (await prepared.then(() => true).catch(() => false));
    // Without the keys nothing is sent, and so nothing is counted.
    const admitted = !isPrepared
      ? 'admitted'
      : await admission.admit(target, job, {
          isWanted: async () => (await isWanted(target.key, job)) && !late.aborted,
          retry: (step) => whileClaimed(clock, job, unwanted, step),
          checkHolder: (holder) => checkHolder(target, holder),
        });
    if (admitted === 'unwanted') return undefined;
    if (admitted !== 'admitted') return admitted;
    const done = await runEffect(job.effect, {
      way: wayOf(job),
      vault: job.vault,
      inputs,
      signal,
      approval: { ...job.approval, subject: target.caller.subject },
      destination: destinationOf(target),
      createPushCode: parts.createPushCode,
      createNotificationToken: () => notificationToken(sealer, { key: target.key, push: job.claim }),
      authenticate: async (method, typed) => {
        await prepared;
        const legs = job.purpose === 'managing' ? managementLeg : firstLeg;
        try {
          return await legs.authenticate(method, typed, target.context, signal);
        } catch (error) {
          // One user has to sign in again, or the set-up lets none through: only the operator can tell.
          if (hasCode(error, 'login_required') && method === legs.methods.at(-1)) tellFault(error);
          throw error;
        }
      },
      identify: async (tokens) => {
        // The flow began with a token whose owner was checked, and its end grants nothing.
        if (job.purpose === 'adding') return undefined;
        const departed = departedOf(job);
        const told = await identityCheck.check(tokens, target.caller.subject, { signal, departed });
        // Unless it rotates the app's own, the app has no use for a refresh token for the MFA API.
        if (job.purpose !== 'managing' || job.leg === 'refresh-token') {
          await saveRefreshToken(target, tokens, late);
        }
        // What comes after a first leg says how the user signed in then.
        return wayOf(job).can.firstLeg === 'none' ? told : undefined;
      },
      onError(error) {
        if (error !== saveFailed) tellFault(error);
      },
    });
    if (job.effect.type === 'poll') eagerPolling.note(done);
    // What is not given back errs on the safe side, and must not cost the result.
    await admission.account(target, job, done).catch(onError);
    return whileClaimed(clock, job, unwanted, () => recognised(target, job, done));
  }

  /** The result, with the times since when its authenticators are known. */
  async function recognised({ caller }: FlowTarget, job: Job, result: EffectResult): Promise<EffectResult> {
    const { fact } = result;
    if (fact.type !== 'authenticators.listed' || !wayOf(job).can.listsDevices) return result;
    // The list of a token that a client has sent may belong to another user.
    const learns = job.leg !== 'mfa-token';
    const authenticators = await subjects.recognise(caller.subject, fact.authenticators, { learns });
    return { ...result, fact: { ...fact, authenticators } };
  }

  /** A failure to save a token counts as a passing fault and is retried: otherwise the approval would be lost too. */
  async function saveRefreshToken(
    { context }: FlowTarget,
    { refreshToken }: TokenSet,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await firstLeg.save({ ...context, signal }, refreshToken);
    } catch (error) {
      onError(error);
      throw saveFailed;
    }
  }

  return {
    async perform(target, job, inputs, unwanted) {
      const leftMs = roundedDown(job.claimedUntil - SETTLING_MS - clock.now());
      // It has waited behind another one for too long: another process may have it by now.
      if (leftMs <= 0) return undefined;
      const late = new AbortController();
      // `AbortSignal.any` costs as much as the rest of a poll's work here.
      const either = new AbortController();
      const end = (): void => either.abort();
      unwanted.addEventListener('abort', end);
      if (unwanted.aborted) end();
      const { promise: givenUp, resolve: giveUp } = Promise.withResolvers<EffectResult>();
      const timer = clock.setTimeout(() => {
        late.abort();
        end();
        onError(tooLong(job.effect, leftMs));
        giveUp({ fact: { type: 'effect.failed', code: 'provider_unavailable' } });
      }, leftMs);
      try {
        const done = performWanted(target, job, inputs, {
          unwanted,
          late: late.signal,
          signal: either.signal,
        });
        return await Promise.race([done, givenUp]);
      } finally {
        clock.clearTimeout(timer);
        unwanted.removeEventListener('abort', end);
      }
    },
  };
}

/** Timers of the same length share a list, which makes them cheap. */
function roundedDown(ms: number): number {
  return ms > TIMER_STEP_MS ? ms - (ms % TIMER_STEP_MS) : ms;
}

/** Whether the effect ends in a token of the tenant, and did not begin with one that was checked. */
function signsIn({ type, params }: Effect): boolean {
  return type === 'authenticate' && params.method !== 'access-token';
}

function tooLong({ type }: Effect, ms: number): StepUpError {
  return new StepUpError('misconfigured', `${type}: no answer within ${Math.ceil(ms / 1_000)} s, given up`);
}
