import { setTimeout as sleep } from 'node:timers/promises';
import { type EnrollingWay, FLOW_DEFAULTS, isStepUpError, type Redemption } from '@stepgate/core';

/** How often, and for how long, to poll for the phone's answer. */
export interface Pace {
  readonly pollMs: number;
  readonly patienceMs: number;
}

/** The default interval: tenants allow twelve polls a minute. */
export const STEADY_POLL_MS = FLOW_DEFAULTS.pollIntervalMs;

/** The result of a push; `undefined` when nobody has answered in time. */
export async function phoneAnswer(
  api: EnrollingWay,
  { mfaToken, oobCode }: { readonly mfaToken: string; readonly oobCode: string },
  { pollMs, patienceMs }: Pace,
): Promise<Redemption | undefined> {
  const end = Date.now() + patienceMs;
  while (Date.now() < end) {
    await sleep(pollMs);
    const answer = await api.redeem({ mfaToken, proof: { type: 'oob', oobCode } }).catch(mustPass);
    if (answer !== undefined && answer.status !== 'pending' && answer.status !== 'slow_down') return answer;
  }
  return undefined;
}

/** Retries after passing faults. */
function mustPass(error: unknown): undefined {
  if (isStepUpError(error, 'provider_unavailable') || isStepUpError(error, 'rate_limited')) return undefined;
  throw error;
}
