import { type Refusal, readRefusal, type StepUpAction } from './refusal.ts';
import { createRemoteStepUp, type RemoteStepUp } from './remote-step-up.ts';
import { StepUpCancelled } from './step-up-cancelled.ts';

/** A flow that wants to be shown. */
export interface StepUpPrompt {
  /** Started already, by the call that was refused. Send `flow.cancel`, or stop it, when the user gives up. */
  readonly stepUp: RemoteStepUp;
  /** What the approval is for, when the guard names it. */
  readonly action?: StepUpAction | undefined;
  /** Aborted when nobody waits for the approval any more: take it off the screen. */
  readonly signal: AbortSignal;
}

/** Options of {@link createStepUpFetch}. */
export interface StepUpFetchOptions {
  /** Where the server's endpoints are, when the refusals' own word (`step_up.start`) does not hold here. */
  readonly basePath?: string;
  readonly fetch?: typeof globalThis.fetch;
  /** Shows the flow; default, the dialog of `@stepgate/web/dialog`, loaded when it is first needed. */
  readonly onStepUp?: (prompt: StepUpPrompt) => void | Promise<void>;
}

/** A flow under way. */
interface Run {
  readonly policy: string;
  /** Resolves with the approval. A flow that nobody waits for any more is cancelled. */
  wait(signal: AbortSignal): Promise<void>;
}

/**
 * A `fetch` that steps up: when the guard refuses a call, the flow is started and shown, and after the approval the
 * call is made once more. Parallel calls share one flow.
 *
 * Rejects with {@link StepUpCancelled} when the user gives up, and with the signal's reason when the caller does.
 * Refusals of other origins than the page's are handed back as they are.
 *
 * @example
 * const stepUpFetch = createStepUpFetch();
 * const response = await stepUpFetch('/transfers', { method: 'POST', body });
 */
export function createStepUpFetch(options: StepUpFetchOptions = {}): typeof globalThis.fetch {
  const fetch: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const show = options.onStepUp ?? showDialog;
  let running: Run | undefined;
  let approvals = 0;

  function run({ action, basePath, policy, requirement }: Refusal): Run {
    const stepUp = createRemoteStepUp({ basePath: options.basePath ?? basePath, requirement, fetch });
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
            if (waiting === 0) abandon();
          };
          waiting += 1;
          signal.addEventListener('abort', abort);
          approved.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
        }),
    };
  }

  return async (input, init) => {
    const request = new Request(input, init);
    for (let isOwn = false; ; ) {
      const approvalsBefore = approvals;
      const response = await fetch(request.clone());
      const refusal = isOwn || !isSameOrigin(request) ? undefined : await readRefusal(response, request.url);
      if (refusal === undefined) return response;
      request.signal.throwIfAborted();
      // Refused before an approval that has come since: that one may do.
      if (approvals !== approvalsBefore) continue;
      isOwn = running === undefined;
      running ??= run(refusal);
      const { policy } = running;
      try {
        await running.wait(request.signal);
      } catch (error) {
        // The user's no to one action is not a no to another: that one asks for itself.
        if (policy === refusal.policy || request.signal.aborted) throw error;
      }
    }
  };
}

function isSameOrigin(request: Request): boolean {
  const page = globalThis.location as Location | undefined;
  return page === undefined || new URL(request.url).origin === page.origin;
}

async function showDialog(prompt: StepUpPrompt): Promise<void> {
  const { openStepUpDialog } = await import('./dialog.ts');
  openStepUpDialog(prompt);
}

/** {@link createStepUpFetch} with its defaults. */
export const stepUpFetch: typeof globalThis.fetch = /* @__PURE__ */ createStepUpFetch();
