import { platformFetch } from '../remote/platform-fetch.ts';
import { createApprover, type StepUpFetchOptions } from './approver.ts';
import { readRefusal } from './refusal.ts';

/**
 * A `fetch` that steps up: when the guard refuses a call, the flow is started and shown, and after the approval the
 * call is made once more. Parallel calls share one flow.
 *
 * Rejects with {@link StepUpCancelled} when the user gives up, and with the signal's reason when the caller does.
 * Refusals of other origins than the page's (than that of `basePath`, when it is a URL) are handed back as they are, and
 * those that a redirect of anything but a GET has led to: the call may have done its work by then.
 *
 * @example
 * const stepUpFetch = createStepUpFetch();
 * const response = await stepUpFetch('/transfers', { method: 'POST', body });
 */
export function createStepUpFetch(options: StepUpFetchOptions = {}): typeof globalThis.fetch {
  const { fetch = platformFetch } = options;
  const beforeCall = createApprover(options);

  return async (input, init) => {
    const request = new Request(input, init);
    for (let isOwn = false; ; ) {
      const approve = beforeCall();
      const response = await fetch(request.clone());
      const refusal = isOwn ? undefined : await readRefusal(response, request, options.basePath);
      if (!refusal) return response;
      isOwn = await approve(refusal, request.signal);
    }
  };
}

/** {@link createStepUpFetch} with its defaults. */
export const stepUpFetch: typeof globalThis.fetch = /* @__PURE__ */ createStepUpFetch();
