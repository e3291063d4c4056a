import type { StepUpPrompt } from '../dialog/step-up-prompt.ts';
import { createRemoteStepUp } from '../remote/remote-step-up.ts';
import type { Refusal } from './refusal.ts';
import { StepUpCancelled } from './step-up-cancelled.ts';

/** Options of {@link createStepUpFetch}. */
export interface StepUpFetchOptions {
  /** Where the server's endpoints are, if not where the refusals say (`step_up.start`). */
  readonly basePath?: string;
  readonly fetch?: typeof globalThis.fetch;
  /** Shows the flow. Default: the dialog of `@stepgate/web/dialog`, loaded when it is first needed. */
  readonly onStepUp?: (prompt: StepUpPrompt) => void | Promise<void>;
}

/**
 * Gets the approval that a refused call needs. Resolves when the call can be made again, with whether the approval was
 * this call's own: then another refusal of it is final.
 *
 * Rejects with `StepUpCancelled` when the user gives up, and with the signal's reason when the caller does.
 */
export type Approve = (refusal: Refusal, signal: AbortSignal) => Promise<boolean>;

/** A flow that calls wait for. */
interface SharedFlow {
  readonly policy: string;
  /** Resolves with the approval. When the last caller leaves, the flow is cancelled. */
  wait(signal: AbortSignal): Promise<void>;
}

/**
 * Makes what `stepUpFetch` is made of, for calls whose refusals do not come by `fetch`: Server Actions, GraphQL, sockets.
 *
 * It returns what you call before each try of a call. That remembers how many approvals there have been, since one that
 * comes while the try is under way may be enough for it. A call that follows a user's gesture starts its flow by itself;
 * for any other, the user starts the flow with a click. Calls that are refused at the same time share a flow.
 *
 * @example
 * const beforeTry = createApprover();
 * const call = { hasGesture: hasUserGesture() };
 * for (let isLastTry = false; ; ) {
 *   const approve = beforeTry(call);
 *   const result = await transfer(form);
 *   const refusal = isLastTry ? undefined : parseRefusal(result.stepUpRefused);
 *   if (refusal === undefined) return result;
 *   isLastTry = await approve(refusal, signal);
 * }
 */
export function createApprover(
  options: StepUpFetchOptions = {},
): (call: { readonly hasGesture: boolean }) => Approve {
  const show = options.onStepUp ?? showDialog;
  let shared: SharedFlow | undefined;
  let approvals = 0;

  function open({ action, basePath, policy, requirement }: Refusal, hasGesture: boolean): SharedFlow {
    const stepUp = createRemoteStepUp({ ...options, basePath: options.basePath ?? basePath, requirement });
    const shown = new AbortController();
    let callers = 0;

    const ended = new Promise<void>((resolve, reject) => {
      stepUp.subscribe({
        complete() {
          const { view, error } = stepUp.getSnapshot();
          shared = undefined;
          if (view.state !== 'approved') return reject(new StepUpCancelled(view.reason ?? error?.code));
          approvals += 1;
          resolve();
        },
      });
    });
    if (hasGesture) stepUp.send({ type: 'flow.start' });
    const approved = Promise.race([ended, showUntilEnded()]);
    approved.catch(abandon);

    /** Fails when the flow cannot be shown. */
    async function showUntilEnded(): Promise<void> {
      // A flow that ends while it is being shown must be known as the shared one already.
      await Promise.resolve();
      await show({ stepUp, action, signal: shown.signal });
      await ended;
    }

    function abandon(): void {
      shown.abort();
      stepUp.send({ type: 'flow.cancel' });
      stepUp.stop();
    }

    return {
      policy,
      wait: (signal) =>
        new Promise((resolve, reject) => {
          function leave(): void {
            reject(signal.reason);
            callers -= 1;
            if (callers === 0) abandon();
          }
          callers += 1;
          signal.addEventListener('abort', leave);
          approved.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
        }),
    };
  }

  return ({ hasGesture }) => {
    const approvalsBefore = approvals;
    return async (refusal, signal) => {
      signal.throwIfAborted();
      if (approvals !== approvalsBefore) return false;
      const isOwn = shared === undefined;
      shared ??= open(refusal, hasGesture);
      const { policy } = shared;
      try {
        await shared.wait(signal);
      } catch (error) {
        // A user who declines one action has not declined another: that one asks for itself.
        if (policy === refusal.policy || signal.aborted) throw error;
      }
      return isOwn;
    };
  };
}

async function showDialog(prompt: StepUpPrompt): Promise<void> {
  const { openStepUpDialog } = await import('../dialog/stepgate-dialog.ts');
  openStepUpDialog(prompt);
}
