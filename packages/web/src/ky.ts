import ky, { type AfterResponseHook } from 'ky';
import { createApprover, type StepUpFetchOptions } from './fetch/approver.ts';
import { readRefusal } from './fetch/refusal.ts';

/**
 * A hook for ky that steps up as `stepUpFetch` does: when the guard refuses a call, the flow is started and shown, and
 * after the approval ky makes the call once more (so `retry.limit` must not be 0; the method does not matter). ky's
 * timeout does not run while the user answers.
 *
 * The call rejects with `StepUpCancelled` when the user gives up.
 *
 * @example
 * const api = ky.extend({ hooks: { afterResponse: [createStepUpHook()] } });
 * await api.post('/transfers', { json: { to: 'Grace', amount: 250 } });
 */
export function createStepUpHook(options: StepUpFetchOptions = {}): AfterResponseHook {
  const beforeCall = createApprover(options);
  // ky's options are one object through all the tries of a call.
  const retried = new WeakSet<object>();

  return async function stepUp({ request, options: call, response }) {
    const refusal = retried.has(call) ? undefined : await readRefusal(response, request, options.basePath);
    if (refusal === undefined) return undefined;
    if (await beforeCall()(refusal, request.signal)) retried.add(call);
    return ky.retry({ delay: 0, code: 'step_up' });
  };
}
