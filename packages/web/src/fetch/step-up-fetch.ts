import { platformFetch } from '../remote/platform-fetch.ts';
import { createApprover, type StepUpFetchOptions } from './approver.ts';
import { readRefusal } from './refusal.ts';
import { hasUserGesture } from './user-gesture.ts';

/**
 * A `fetch` that steps up: when the guard refuses a call, it starts a flow, shows it, and repeats the call after the
 * approval. Parallel calls share a flow. If the user did not click, tap or type just before the call (a page that calls
 * on load), nothing is sent to a phone until the user presses the button in the dialog.
 *
 * Rejects with {@link StepUpCancelled} when the user gives up, and with the signal's reason when the caller does. It
 * hands back unchanged: refusals from another origin than the page's (or than that of `basePath`, if it is a URL), and
 * refusals after a redirect of anything but a GET, since the call may have done its work before the redirect.
 *
 * @example
 * const stepUpFetch = createStepUpFetch();
 * const response = await stepUpFetch('/transfers', { method: 'POST', body });
 */
export function createStepUpFetch(options: StepUpFetchOptions = {}): typeof globalThis.fetch {
  const { fetch = platformFetch } = options;
  const beforeTry = createApprover(options);

  return async (input, init) => {
    const call = { hasGesture: hasUserGesture() };
    const request = new Request(input, init);
    let isLastTry = false;
    for (;;) {
      const approve = beforeTry(call);
      const response = await fetch(request.clone());
      const refusal = isLastTry ? undefined : await readRefusal(response, request, options.basePath);
      if (refusal === undefined) return response;
      isLastTry = await approve(refusal, request.signal);
    }
  };
}

/** {@link createStepUpFetch} with its defaults. */
export const stepUpFetch: typeof globalThis.fetch = /* @__PURE__ */ createStepUpFetch();
