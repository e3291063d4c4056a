import type { Clock, FlowView } from '@stepgate/core';
import { readEventStream } from './event-stream.ts';
import { type FlowClient, parseView } from './flow-client.ts';
import type { Presence } from './presence.ts';
import { type EndpointFailure, type RemoteError, toFailure } from './remote-error.ts';
import { takeSharedTurn } from './shared-turn.ts';

/**
 * How the flow is followed: `live`; `busy` while the server has no room for this tab and it asks from time to time;
 * `lost` while there is no network or no answer; `paused` while the tab is hidden.
 */
export type Connection = 'live' | 'busy' | 'lost' | 'paused';

/** What a watch needs. */
export interface WatchOptions {
  readonly client: FlowClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly presence: Presence;
  /** The last view. */
  readonly view: () => FlowView;
  /** Call it when a request leaves; it returns what takes the views of the answer. */
  readonly expectViews: () => (view: FlowView) => void;
  /** Called at every sign of life, and when the connection changes. */
  readonly onConnection: (connection: Connection) => void;
  /** The server refuses for good: there is no flow, or the user is signed out. The watch has ended. */
  readonly onRefusal: (error: RemoteError) => void;
}

/** Takes a sign of life, with the views in it. */
type Hear = (views: readonly FlowView[]) => void;

/** If a stream says nothing for this long after it opens, something on the way holds it back. */
const FIRST_WORD_MS = 10_000;
/** The server's heartbeats come every 15 seconds. */
const SILENCE_MS = 40_000;
/** A long-poll that ends sooner than this, with nothing new, did not wait. */
const SHORT_WAIT_MS = 5_000;
/** Why a request was aborted on purpose: the tab is hidden, or follows another flow now. */
const GIVEN_UP = 'paused';
const BACK_OFF_MS = 1_000;
const LONGEST_BACK_OFF_MS = 30_000;

/**
 * Follows a flow until it ends or the returned function is called: by event stream, or by long-poll where streams do
 * not get through. After a lost connection it tries again, with growing pauses. A hidden tab asks for nothing.
 */
export function watchFlow(options: WatchOptions): () => void {
  const { client, clock, random, presence, view, onConnection } = options;
  let isEnded = false;
  let attempt = new AbortController();
  let isStreaming = true;
  let isLeading = false;
  /** The leading tab has been silent for too long. */
  let steals = false;
  let failures = 0;
  let startedAt = 0;
  let silenceTimer: unknown;
  let wake = (): void => {};

  const unsubscribe = presence.subscribe(() => {
    if (presence.isHidden) attempt.abort(GIVEN_UP);
    // Without this, it would take long to notice that an open request is dead.
    if (presence.isOffline) attempt.abort();
    wake();
  });

  function stop(): void {
    isEnded = true;
    attempt.abort();
    unsubscribe();
    wake();
  }

  async function follow(): Promise<void> {
    while (!isEnded) {
      if (presence.isHidden) {
        onConnection('paused');
        await wait();
        continue;
      }
      attempt = new AbortController();
      try {
        await takeTurn().finally(() => clock.clearTimeout(silenceTimer));
      } catch (error) {
        if (isEnded || attempt.signal.reason === GIVEN_UP) continue;
        attempt.abort();
        const failure = toFailure(error);
        if (!failure.isTransient) {
          stop();
          return options.onRefusal(failure);
        }
        failures += 1;
        reportFailure(failure);
        await backOff(failure.retryAfterMs);
      }
    }
  }

  /** A single failed request is not reported: phones lose one whenever they come back to a tab. */
  function reportFailure(failure: EndpointFailure): void {
    if (presence.isOffline) onConnection('lost');
    else if (failures > 1) onConnection(failure.isBusy ? 'busy' : 'lost');
  }

  /** Follows the flow until the connection ends, be it this tab's or the leading tab's. */
  function takeTurn(): Promise<void> {
    const { flowId } = view();
    const take = options.expectViews();

    function hear(views: readonly FlowView[]): void {
      failures = 0;
      expectLife();
      onConnection('live');
      for (const view of views) take(view);
    }

    isLeading = false;
    expectLife();
    return takeSharedTurn({
      flowId,
      signal: attempt.signal,
      steals,
      view,
      hear,
      lead(tell) {
        isLeading = true;
        steals = false;
        startedAt = clock.now();
        const connect = isStreaming ? stream : poll;
        return connect((views) => {
          hear(views);
          tell();
          if (view().flowId !== flowId) attempt.abort(GIVEN_UP);
        });
      },
    });
  }

  /** Ends the attempt if no sign of life comes in time. */
  function expectLife(isFirstOfStream = false): void {
    clock.clearTimeout(silenceTimer);
    silenceTimer = clock.setTimeout(
      () => {
        if (isFirstOfStream) isStreaming = false;
        steals = !isLeading;
        attempt.abort();
      },
      isFirstOfStream ? FIRST_WORD_MS : SILENCE_MS,
    );
  }

  async function stream(hear: Hear): Promise<void> {
    expectLife(true);
    const { body, headers } = await client.open(attempt.signal);
    if (body === null || !headers.get('content-type')?.startsWith('text/event-stream')) {
      isStreaming = false;
      return attempt.abort();
    }
    await readEventStream(body, 'view', (views) => hear(views.map(parseView)));
    // A stream that ends before its flow means a restart, or something on the way that cannot stream.
    if (clock.now() - startedAt < SHORT_WAIT_MS) isStreaming = false;
    await wait(BACK_OFF_MS * (1 + random()), { isFirm: true });
  }

  async function poll(hear: Hear): Promise<void> {
    const { version } = view();
    hear(await client.waitForChange(version, attempt.signal));
    if (view().version !== version) return;
    const waited = clock.now() - startedAt;
    if (waited < SHORT_WAIT_MS) await wait(SHORT_WAIT_MS - waited, { isFirm: true });
  }

  function backOff(retryAfterMs = 0): Promise<void> {
    const ms = Math.min(LONGEST_BACK_OFF_MS, BACK_OFF_MS * 2 ** (failures - 1)) * (1 + random() / 2);
    return wait(Math.max(ms, retryAfterMs), { isFirm: retryAfterMs > 0 });
  }

  /**
   * Waits until the time is over or the watch has ended. Unless the wait is firm, it also ends when the tab is shown or
   * the network is back.
   */
  function wait(ms?: number, { isFirm = false } = {}): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : clock.setTimeout(resolve, ms);
      wake = () => {
        if (isFirm && !isEnded) return;
        clock.clearTimeout(timer);
        resolve();
      };
      if (isEnded) wake();
    });
  }

  void follow();
  return stop;
}
