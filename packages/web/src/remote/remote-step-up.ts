import type { FlowView, StepUpActor, StepUpRequest, StepUpRequestType, StepUpSnapshot } from '@stepgate/core';
import { type Clock, systemClock } from '@stepgate/core/ui';
import { createFlowClient } from './flow-client.ts';
import { idleView } from './idle-view.ts';
import { platformFetch } from './platform-fetch.ts';
import { documentPresence, type Presence } from './presence.ts';
import { type RemoteError, toFailure } from './remote-error.ts';
import { type Connection, watchFlow } from './watch-flow.ts';

/** Options of {@link createRemoteStepUp}. */
export interface RemoteStepUpOptions {
  /** Where the server's endpoints are: a path of this origin, or a URL. Default `/step-up`. */
  readonly basePath?: string;
  /** The requirement of a refused call, which a flow is started with. Without it, a live flow can be joined. */
  readonly requirement?: string;
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly clock?: Clock;
  /** 0 up to 1, for the jitter of reconnections. */
  readonly random?: () => number;
  /** Whether the tab is shown and the network there; default, this document's. */
  readonly presence?: Presence;
}

/** What a {@link RemoteStepUp} shows of itself: the flow as the server last told it, and how the talk with it goes. */
export interface RemoteStepUpSnapshot extends StepUpSnapshot {
  /**
   * The request that is on its way, until the flow is seen to move or the answer comes. Others are ignored meanwhile,
   * but `flow.cancel`.
   */
  readonly pending?: StepUpRequestType | undefined;
  /** Why the last request was refused or lost; gone with the next one, or when the flow moves on or is heard of again. */
  readonly error?: RemoteError | undefined;
  /** How the flow is followed; absent before it has started. */
  readonly connection?: Connection | undefined;
}

/** Hears of snapshots. */
export interface RemoteStepUpObserver {
  next?(snapshot: RemoteStepUpSnapshot): void;
  error?(error: unknown): void;
  complete?(): void;
}

/**
 * A flow that runs on the server, with the interface of every `StepUpActor`. Nothing is sent before `send` or
 * `join`: starting takes the user's own doing.
 */
export interface RemoteStepUp extends StepUpActor {
  getSnapshot(): RemoteStepUpSnapshot;
  subscribe(observer: ((snapshot: RemoteStepUpSnapshot) => void) | RemoteStepUpObserver): {
    unsubscribe(): void;
  };
  /**
   * Takes up the flow that this browser is in, after a reload for instance; sends nothing to a phone. Tells whether
   * there is one. A flow that has ended is not taken up.
   */
  join(): Promise<boolean>;
  /** After `flow_in_progress`: cancels the other flow of this browser, then starts this one. */
  takeOver(): void;
}

/**
 * The flow as a remote actor over the server's endpoints: no secret, no state machine, no polling of its own faster
 * than the server says.
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
  const observers = new Set<RemoteStepUpObserver>();
  let { requirement } = options;
  let request = new AbortController();
  /** Not for a cancel to break off: it may overtake the start, and must hear what became of it. */
  const stopped = new AbortController();
  let starting: Promise<FlowView> | undefined;
  let stopWatch: (() => void) | undefined;
  let received = 0;
  let snapshot: RemoteStepUpSnapshot = { status: 'active', view: idle() };

  function idle(): FlowView {
    return idleView(clock.now(), requirement ? ['flow.start', 'flow.cancel'] : ['flow.cancel']);
  }

  function update(change: Partial<RemoteStepUpSnapshot>): void {
    if (snapshot.status !== 'active') return;
    const told = { ...snapshot, ...change };
    snapshot = told;
    const isOver = told.status !== 'active';
    if (isOver) stopWatch?.();
    for (const observer of observers) {
      observer.next?.(told);
      if (isOver && observers.delete(observer)) observer.complete?.();
    }
  }

  /**
   * Takes views of one request. The first may be older than what we have only when we have heard nothing since the
   * request left: then it is the truth, and the flow is another one.
   */
  function expectViews(): (view: FlowView) => void {
    let mark = received;
    return (view) => {
      const { view: last, pending } = snapshot;
      if (view.version < last.version && (mark !== received || view.flowId === last.flowId)) return;
      mark = ++received;
      const hasMoved = placeOf(view) !== placeOf(last) || view.reason !== last.reason;
      if (view.version === last.version && !hasMoved) return;
      update({
        view,
        // A stream may tell sooner than the answer what came of a request: the next one need not wait for that. All
        // that comes of a cancel is the end.
        ...(hasMoved && { error: undefined, pending: pending === 'flow.cancel' ? pending : undefined }),
        ...(isFinal(view) && { status: 'done', ...quiet }),
      });
    };
  }

  /** Takes the answer to a request that has just left. */
  async function receive(answer: Promise<FlowView>): Promise<void> {
    const take = expectViews();
    take(await answer);
    watch();
  }

  function watch(): void {
    if (snapshot.status !== 'active') return;
    stopWatch ??= watchFlow({
      client,
      clock,
      random,
      presence,
      view: () => snapshot.view,
      expectViews,
      onConnection(connection) {
        if (connection !== snapshot.connection)
          update({ connection, ...(connection === 'live' && { error: undefined }) });
      },
      onRefusal: lose,
    });
  }

  /** The flow is gone, or out of reach for good. */
  function lose(error: RemoteError): void {
    stopWatch?.();
    stopWatch = undefined;
    update({
      error,
      ...quiet,
      ...(error.code === 'flow_not_found' && { view: idle() }),
    });
  }

  /** Runs one request of the user; another one only after it. */
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
      if (!signal.aborted && snapshot.pending) update({ pending: undefined });
    } catch (error) {
      if (signal.aborted) return;
      update({ pending: undefined, error: toFailure(error) });
    }
  }

  async function start(): Promise<void> {
    if (!requirement || snapshot.pending !== 'flow.start') return;
    try {
      starting = client.start(requirement, stopped.signal);
      await receive(starting);
    } catch (error) {
      const { code, retryAfterMs } = toFailure(error);
      // Expired or invalid: it will never start a flow.
      if (code.startsWith('requirement_')) {
        requirement = undefined;
        update({ view: idle() });
      }
      if (code !== 'flow_in_progress' || !retryAfterMs) throw error;
      // Another tab's start, of which this browser has not heard yet: its flow is joined in a moment.
      await new Promise<void>((resolve) => clock.setTimeout(resolve, retryAfterMs));
      await start();
    }
  }

  async function post(event: StepUpRequest, signal: AbortSignal): Promise<void> {
    const { view } = snapshot;
    try {
      await receive(client.send(event, view.version, signal));
    } catch (error) {
      const { code } = toFailure(error);
      if (code === 'flow_not_found') return lose(toFailure(error));
      if (code !== 'version_stale' && code !== 'event_not_allowed') throw error;
      await receive(client.read(signal));
      if (snapshot.view.version === view.version) throw error;
      if (code === 'version_stale' && isStillMeant(event, view, snapshot.view)) {
        update({ pending: event.type });
        await receive(client.send(event, snapshot.view.version, signal));
      }
    }
  }

  /** Nothing may be left of a start that has reached the server after its cancel. */
  async function cancelOvertaken(begun: Promise<FlowView>): Promise<void> {
    const isOver = await begun.then(isFinal, (error: unknown) => toFailure(error).code !== 'unreachable');
    if (!isOver) await client.cancel();
  }

  async function cancel(isStarted: boolean): Promise<void> {
    if (isStarted) await unlessGone(receive(client.cancel()));
    expectViews()({ ...snapshot.view, state: 'cancelled', reason: 'cancelled', allowedEvents: [] });
  }

  const isIdle = (): boolean => snapshot.status === 'active' && !snapshot.pending && !stopWatch;

  return {
    get view() {
      return snapshot.view;
    },
    getSnapshot: () => snapshot,
    subscribe(observer) {
      const entry = typeof observer === 'function' ? { next: observer } : observer;
      observers.add(entry);
      return { unsubscribe: () => void observers.delete(entry) };
    },
    send(event) {
      const { status, view, pending } = snapshot;
      if (status !== 'active' || !view.allowedEvents.includes(event.type)) return;
      if (event.type === 'flow.cancel') {
        if (pending === 'flow.cancel') return;
        const isStarting = pending === 'flow.start';
        void ask(event.type, () => cancel(isStarting || view.state !== 'idle'));
        if (isStarting && starting) cancelOvertaken(starting).catch(() => {});
      } else if (!pending) {
        void ask(event.type, (signal) => (event.type === 'flow.start' ? start() : post(event, signal)));
      }
    },
    async join() {
      if (isIdle()) {
        await ask(undefined, async (signal) => {
          const view = await unlessGone(client.read(signal));
          if (!view || isFinal(view)) return;
          expectViews()(view);
          watch();
        });
      }
      return !!stopWatch;
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
      update({ status: 'stopped', ...quiet });
    },
  };
}

/** Nothing under way. */
const quiet = { pending: undefined, connection: undefined };

function isFinal({ state }: FlowView): boolean {
  return state === 'approved' || state === 'cancelled';
}

/** Whether a request that met a newer view still says what the user wanted. A code belongs to its challenge. */
function isStillMeant({ type }: StepUpRequest, before: FlowView, now: FlowView): boolean {
  if (!now.allowedEvents.includes(type)) return false;
  if (type === 'challenge.resend' && (now.resendAllowedAt ?? 0) > now.now) return false;
  return !(type === 'challenge.resend' || type === 'code.submit') || placeOf(before) === placeOf(now);
}

function placeOf({ state, factor, authenticatorId }: FlowView): string {
  return [state, factor, authenticatorId].join();
}

/** The answer; `undefined` when there is no flow (any more). */
function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (toFailure(error).code !== 'flow_not_found') throw error;
    return undefined;
  });
}
