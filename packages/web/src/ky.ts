import ky, { type AfterResponseHook } from 'ky';
import { createApprover, type StepUpFetchOptions } from './fetch/approver.ts';
import { readRefusal } from './fetch/refusal.ts';
import { hasUserGesture } from './fetch/user-gesture.ts';

/**
 * A hook that makes ky step up as `stepUpFetch` does: when the guard refuses a call, it starts a flow and shows it, and
 * ky repeats the call after the approval (so `retry.limit` must not be 0; the method does not matter). ky's timeout does
 * not run while the user answers. The gesture that lets the flow start by itself is looked for when the refusal comes.
 *
 * The call rejects with `StepUpCancelled` when the user gives up.
 *
 * @example
 * const api = ky.extend({ hooks: { afterResponse: [createStepUpHook()] } });
 * await api.post('/transfers', { json: { to: 'Grace', amount: 250 } });
 */
export function createStepUpHook(options: StepUpFetchOptions = {}): AfterResponseHook {
  const beforeTry = createApprover(options);
  // ky passes the same options object at every try of a call.
  const retried = new WeakSet<object>();

  return async function stepUp({ request, options: call, response }) {
    const refusal = retried.has(call) ? undefined : await readRefusal(response, request, options.basePath);
    if (refusal === undefined) return undefined;
    const approve = beforeTry({ hasGesture: hasUserGesture() });
    if (await approve(refusal, request.signal)) retried.add(call);
    return ky.retry({ delay: 0, code: 'step_up' });
  };
}
