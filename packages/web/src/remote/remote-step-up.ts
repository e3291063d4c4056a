import type { FlowView, StepUpActor, StepUpRequest, StepUpRequestType } from '@stepgate/core';
import { type Clock, systemClock } from '@stepgate/core/ui';
import { createFlowClient } from './flow-client.ts';
import { createFollower } from './follower.ts';
import { idleView } from './idle-view.ts';
import { platformFetch } from './platform-fetch.ts';
import { documentPresence, type Presence } from './presence.ts';
import { toFailure } from './remote-error.ts';
import {
  createSnapshots,
  isFinal,
  placeOf,
  QUIET,
  type RemoteStepUpObserver,
  type RemoteStepUpSnapshot,
} from './snapshots.ts';

/** Options of {@link createRemoteStepUp}. */
export interface RemoteStepUpOptions {
  /** Where the server's endpoints are: a path on this origin, or a URL. Default `/step-up`. */
  readonly basePath?: string;
  /** The requirement from a refused call; it starts a flow. Without it, you can only join a live flow. */
  readonly requirement?: string;
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly clock?: Clock;
  /** Returns 0 up to 1, for the jitter of reconnections. */
  readonly random?: () => number;
  /** Whether the tab is visible and the network is there. Default: this document's. */
  readonly presence?: Presence;
}

/** A flow that runs on the server, with the interface of every `StepUpActor`. It sends nothing before `send` or `join`. */
export interface RemoteStepUp extends StepUpActor {
  getSnapshot(): RemoteStepUpSnapshot;
  subscribe(observer: ((snapshot: RemoteStepUpSnapshot) => void) | RemoteStepUpObserver): {
    unsubscribe(): void;
  };
  /**
   * Joins the flow that this browser is in, after a reload for instance, and resolves with whether there is one. It
   * sends nothing to a phone, and does not join a flow that has ended.
   */
  join(): Promise<boolean>;
  /** After `flow_in_progress`: cancels the other flow of this browser, then starts this one. */
  takeOver(): void;
}

/**
 * The flow as a remote actor over the server's endpoints. It holds no secret and no state machine, and asks no more
 * often than the server allows.
 *
 * @example
 * const stepUp = createRemoteStepUp({ requirement });
 * stepUp.subscribe(({ view }) => render(view));
 * button.onclick = () => stepUp.send({ type: 'flow.start' });
 */
export function createRemoteStepUp(options: RemoteStepUpOptions = {}): RemoteStepUp {
  const {
    basePath = '/step-up',
    fetch = platformFetch,
    clock = systemClock,
    random = Math.random,
    presence = documentPresence(),
  } = options;
  const client = createFlowClient(basePath.replace(/\/+$/, ''), fetch);
  let { requirement } = options;
  /** Aborted by the next request of the user. */
  let request = new AbortController();
  /** Aborts a start. A cancel does not: it may overtake the start, and must learn what became of it. */
  const stopped = new AbortController();
  let starting: Promise<FlowView> | undefined;
  const snapshots = createSnapshots(idle(), () => follower.stop());
  const { update, expectViews } = snapshots;
  const follower = createFollower({ client, clock, random, presence, snapshots, idle });
  const { receive } = follower;

  function idle(): FlowView {
    return idleView(clock.now(), requirement === undefined ? ['flow.cancel'] : ['flow.start', 'flow.cancel']);
  }

  /** Makes one request for the user. It breaks off the one before, which has had its outcome, or is being cancelled. */
  async function ask(
    pending: StepUpRequestType | undefined,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    update({ pending, error: undefined });
    try {
      await work(signal);
      if (!signal.aborted && snapshots.current.pending !== undefined) update({ pending: undefined });
    } catch (error) {
      if (signal.aborted) return;
      update({ pending: undefined, error: toFailure(error) });
      follower.forgetUnreachableOnceOnline(signal);
    }
  }

  async function start(): Promise<void> {
    if (requirement === undefined || snapshots.current.pending !== 'flow.start') return;
    try {
      starting = client.start(requirement, stopped.signal);
      await receive(starting);
    } catch (error) {
      const { code, retryAfterMs } = toFailure(error);
      if (code === 'requirement_expired' || code === 'requirement_invalid') {
        // It can never start a flow again.
        requirement = undefined;
        update({ view: idle() });
      }
      if (code !== 'flow_in_progress' || retryAfterMs === undefined) throw error;
      // Another tab is starting a flow that this browser does not know yet. In a moment it can be joined.
      await new Promise<void>((resolve) => clock.setTimeout(resolve, retryAfterMs));
      await start();
    }
  }

  async function post(event: StepUpRequest, signal: AbortSignal): Promise<void> {
    const { view } = snapshots.current;
    try {
      await receive(client.send(event, view.version, signal));
    } catch (error) {
      const failure = toFailure(error);
      const { code } = failure;
      if (code === 'flow_not_found') return follower.lose(failure);
      if (code !== 'version_stale' && code !== 'event_not_allowed') throw error;
      await receive(client.read(signal));
      const { view: now } = snapshots.current;
      if (now.version === view.version) throw error;
      if (code === 'version_stale' && isStillMeant(event, view, now)) {
        update({ pending: event.type });
        await receive(client.send(event, now.version, signal));
      }
    }
  }

  async function cancel(isStarted: boolean): Promise<void> {
    if (isStarted) await unlessGone(receive(client.cancel()));
    expectViews()({ ...snapshots.current.view, state: 'cancelled', reason: 'cancelled', allowedEvents: [] });
  }

  /** A start that reaches the server after its cancel must leave nothing behind. */
  async function cancelOvertaken(begun: Promise<FlowView>): Promise<void> {
    const isOver = await begun.then(isFinal, (error: unknown) => toFailure(error).code !== 'unreachable');
    if (!isOver) await client.cancel();
  }

  function sendCancel(): void {
    const { pending, view } = snapshots.current;
    if (pending === 'flow.cancel') return;
    const isStarting = pending === 'flow.start';
    void ask('flow.cancel', () => cancel(isStarting || view.state !== 'idle'));
    if (isStarting && starting !== undefined) cancelOvertaken(starting).catch(() => {});
  }

  function isIdle(): boolean {
    const { pending, status } = snapshots.current;
    return status === 'active' && pending === undefined && !follower.isFollowing;
  }

  return {
    get view() {
      return snapshots.current.view;
    },
    getSnapshot: () => snapshots.current,
    subscribe: snapshots.subscribe,
    send(event) {
      const { status, view, pending } = snapshots.current;
      if (status !== 'active' || !view.allowedEvents.includes(event.type)) return;
      if (event.type === 'flow.cancel') sendCancel();
      else if (pending === undefined) {
        void ask(event.type, (signal) => (event.type === 'flow.start' ? start() : post(event, signal)));
      }
    },
    async join() {
      if (isIdle()) {
        await ask(undefined, async (signal) => {
          const view = await unlessGone(client.read(signal));
          if (view === undefined || isFinal(view)) return;
          expectViews()(view);
          follower.follow();
        });
      }
      return follower.isFollowing;
    },
    takeOver() {
      if (!isIdle()) return;
      void ask('flow.start', async () => {
        await unlessGone(client.cancel());
        await start();
      });
    },
    stop() {
      request.abort();
      stopped.abort();
      update({ status: 'stopped', ...QUIET });
    },
  };
}

/** Whether a request that met a newer view still says what the user wanted. A code belongs to its challenge. */
function isStillMeant({ type }: StepUpRequest, before: FlowView, now: FlowView): boolean {
  if (!now.allowedEvents.includes(type)) return false;
  if (type === 'challenge.resend' && (now.resendAllowedAt ?? 0) > now.now) return false;
  return !(type === 'challenge.resend' || type === 'code.submit') || placeOf(before) === placeOf(now);
}

/** The answer, or `undefined` when there is no flow. */
function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (toFailure(error).code !== 'flow_not_found') throw error;
    return undefined;
  });
}
