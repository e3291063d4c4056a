import type { ServerContext } from '@modelcontextprotocol/server';
import type { FlowView } from '@stepgate/core';
import type { RunningFlow } from '@stepgate/server';

/** What is needed of a flow, wherever it runs. */
export type HeldFlow = Pick<RunningFlow, 'changes' | 'cancel'>;

/** How holding a call has ended: with the flow's last view, or still waiting. */
export type Held = { readonly isWaiting: false; readonly view: FlowView } | { readonly isWaiting: true };

/** Progress is told this often, so that clients see that the call goes on. */
const PROGRESS_MS = 5_000;

/** The time, and timers. */
interface Clock {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/**
 * Holds a call until the flow has ended, or somebody has to type something, or for `holdMs`. Meanwhile the client gets
 * progress notifications, if it has asked for them. When the client cancels the call, the flow is cancelled too.
 *
 * @throws the reason of the call's signal when the client has cancelled it.
 */
export async function hold(
  flow: HeldFlow,
  context: ServerContext,
  { holdMs, clock }: { readonly holdMs: number; readonly clock: Clock },
): Promise<Held> {
  const { signal } = context.mcpReq;
  const timeIsUp = new AbortController();
  const timer = clock.setTimeout(() => timeIsUp.abort(), holdMs);
  const progress = createProgress(context, clock);
  try {
    for await (const view of flow.changes(AbortSignal.any([signal, timeIsUp.signal]))) {
      if (!goesOnByItself(view)) return { isWaiting: false, view };
      progress.tell(view);
    }
  } finally {
    clock.clearTimeout(timer);
    progress.stop();
    if (signal.aborted) await flow.cancel();
  }
  signal.throwIfAborted();
  return { isWaiting: true };
}

/** The states in which only the provider or the phone is waited for. */
const BY_ITSELF: readonly FlowView['state'][] = [
  'idle',
  'authenticating',
  'listing',
  'challenging',
  'polling',
  'verifying',
  'identifying',
];

/** The states of a flow on the page, in which nothing more comes of it unless the user starts over. */
const OVER: readonly FlowView['state'][] = ['approved', 'cancelled', 'rejected', 'expired'];

/** Whether the flow goes on without anything that is typed here: by itself, or on the page. */
function goesOnByItself({ state, allowedEvents, runsElsewhere }: FlowView): boolean {
  if (runsElsewhere === true) return !OVER.includes(state);
  return BY_ITSELF.includes(state) && !isTypedOn({ allowedEvents });
}

/** Whether a password or a code is asked for. */
export function isTypedOn({ allowedEvents }: Pick<FlowView, 'allowedEvents'>): boolean {
  return allowedEvents.includes('password.submit') || allowedEvents.includes('code.submit');
}

/** Tells the client that the call goes on. */
function createProgress(context: ServerContext, clock: Clock) {
  const progressToken = context.mcpReq._meta?.progressToken;
  let progress = 0;
  let message = '';
  let timer: unknown;

  function send(): void {
    progress += 1;
    const params = { progressToken, progress, message };
    // A client that has gone is noticed by the call's signal.
    context.mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
    timer = clock.setTimeout(send, PROGRESS_MS);
  }

  return {
    tell(view: FlowView): void {
      const words = progressWords(view);
      if (progressToken === undefined || words === message) return;
      message = words;
      clock.clearTimeout(timer);
      send();
    },
    stop: () => clock.clearTimeout(timer),
  };
}

function progressWords({ state, disclosure, runsElsewhere }: FlowView): string {
  if (runsElsewhere === true) return 'Waiting for the user, who approves on the page';
  if (state !== 'polling') return 'Asking for an approval on the phone';
  const code = disclosure?.pushCode;
  return `Waiting for the approval on the phone${code === undefined ? '' : `, which shows ${code}`}`;
}
