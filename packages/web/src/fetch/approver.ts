import type { StepUpPrompt } from '../dialog/step-up-prompt.ts';
import { createRemoteStepUp } from '../remote/remote-step-up.ts';
import type { Refusal } from './refusal.ts';
import { StepUpCancelled } from './step-up-cancelled.ts';

/** Options of {@link createStepUpFetch}. */
export interface StepUpFetchOptions {
  /** Where the server's endpoints are, when the refusals' own word (`step_up.start`) does not hold here. */
  readonly basePath?: string;
  readonly fetch?: typeof globalThis.fetch;
  /** Shows the flow; default, the dialog of `@stepgate/web/dialog`, loaded when it is first needed. */
  readonly onStepUp?: (prompt: StepUpPrompt) => void | Promise<void>;
}

/**
 * Gets the approval that a refused call needs. Resolves when the call may be made once more, and tells whether that is
 * its last chance: the approval was this call's own.
 *
 * Rejects with `StepUpCancelled` when the user gives up, and with the signal's reason when the caller does.
 */
export type Approve = (refusal: Refusal, signal: AbortSignal) => Promise<boolean>;

/** A flow under way. */
interface Run {
  readonly policy: string;
  /** Resolves with the approval. A flow that nobody waits for any more is cancelled. */
  wait(signal: AbortSignal): Promise<void>;
}

/**
 * Makes what is called before each call: it remembers how many approvals there have been, since one that comes while
 * the call is under way may do for it. Calls that are refused at the same time share a flow.
 */
export function createApprover(options: StepUpFetchOptions): () => Approve {
  const show = options.onStepUp ?? showDialog;
  let running: Run | undefined;
  let approvals = 0;

  function run({ action, basePath, policy, requirement }: Refusal): Run {
    const stepUp = createRemoteStepUp({ ...options, basePath: options.basePath ?? basePath, requirement });
    const shown = new AbortController();
    let waiting = 0;

    const ended = new Promise<void>((resolve, reject) => {
      stepUp.subscribe({
        complete() {
          const { view, error } = stepUp.getSnapshot();
          running = undefined;
          if (view.state !== 'approved') return reject(new StepUpCancelled(view.reason ?? error?.code));
          approvals += 1;
          resolve();
        },
      });
    });
    stepUp.send({ type: 'flow.start' });
    const showing = Promise.resolve({ stepUp, action, signal: shown.signal }).then(show);
    const approved = Promise.race([ended, showing.then(() => ended)]);
    approved.catch(abandon);

    function abandon(): void {
      shown.abort();
      stepUp.send({ type: 'flow.cancel' });
      stepUp.stop();
    }

    return {
      policy,
      wait: (signal) =>
        new Promise((resolve, reject) => {
          const abort = (): void => {
            reject(signal.reason);
            waiting -= 1;
            if (!waiting) abandon();
          };
          waiting += 1;
          signal.addEventListener('abort', abort);
          approved.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
        }),
    };
  }

  return () => {
    const before = approvals;
    return async (refusal, signal) => {
      signal.throwIfAborted();
      if (approvals !== before) return false;
      const isOwn = !running;
      running ??= run(refusal);
      const { policy } = running;
      try {
        await running.wait(signal);
      } catch (error) {
        // The user's no to one action is not a no to another: that one asks for itself.
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
