import type { Clock, FlowView } from '@stepgate/core';
import { readEventStream } from './event-stream.ts';
import { type FlowClient, parseView } from './flow-client.ts';
import type { Presence } from './presence.ts';
import { type RemoteError, toFailure } from './remote-error.ts';
import { takeSharedTurn } from './shared-turn.ts';

/** How the flow is being followed: `lost` while there is no network or no answer, `paused` while the tab is hidden. */
export type Connection = 'live' | 'lost' | 'paused';

/** What a watch needs. */
export interface WatchOptions {
  readonly client: FlowClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly presence: Presence;
  /** The last view. */
  readonly view: () => FlowView;
  /** Opens a request whose views will come; returns where to put them. */
  readonly expectViews: () => (view: FlowView) => void;
  readonly onConnection: (connection: Connection) => void;
  /** The server refuses for good: there is no flow, or nobody is signed in. The watch has ended. */
  readonly onRefusal: (error: RemoteError) => void;
}

/** Hears of a sign of life, with the views in it. */
type Hear = (views: readonly FlowView[]) => void;

/** A stream must say something within this time, or something in between holds it back. */
const FIRST_WORD_MS = 10_000;
/** The server's heartbeats come every 15 seconds. */
const SILENCE_MS = 40_000;
/** A long-poll that is answered sooner, with nothing new, was not waited for. */
const SHORT_WAIT_MS = 5_000;
/** Why a request was given up on purpose: nobody is looking, or the tab is in another flow now. */
const GIVEN_UP = 'paused';
const BACK_OFF_MS = 1_000;
const LONGEST_BACK_OFF_MS = 30_000;

/**
 * Follows a flow until it ends or the returned function is called: by event stream, or by long-poll where a stream
 * does not come through. Lost connections are waited out, with growing pauses; a hidden tab asks for nothing.
 */
export function watchFlow(options: WatchOptions): () => void {
  const { client, clock, random, presence, view, onConnection } = options;
  let isEnded = false;
  let attempt = new AbortController();
  let isStreaming = true;
  let isLeading = false;
  /** The leading tab has said nothing for too long. */
  let steals = false;
  let failures = 0;
  let startedAt = 0;
  let silence: unknown;
  let wake = (): void => {};

  const unsubscribe = presence.subscribe(() => {
    if (presence.isHidden) attempt.abort(GIVEN_UP);
    // What was open would be silent for long before its loss is noticed.
    if (presence.isOffline) attempt.abort();
    wake();
  });

  const stop = (): void => {
    isEnded = true;
    attempt.abort();
    unsubscribe();
    wake();
  };

  async function follow(): Promise<void> {
    while (!isEnded) {
      if (presence.isHidden) {
        onConnection('paused');
        await wait();
        continue;
      }
      attempt = new AbortController();
      try {
        await takeTurn().finally(() => clock.clearTimeout(silence));
      } catch (error) {
        if (isEnded || attempt.signal.reason === GIVEN_UP) continue;
        attempt.abort();
        const failure = toFailure(error);
        if (!failure.isPassing) {
          stop();
          return options.onRefusal(failure);
        }
        failures += 1;
        // One lost request is not worth a word: phones do that whenever a tab comes back.
        if (failures > 1 || presence.isOffline) onConnection('lost');
        await backOff(failure.retryAfterMs);
      }
    }
  }

  /** Follows the flow until the connection ends, this tab's own or the leading tab's. */
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

  /** Ends the attempt when nothing is heard in time. */
  function expectLife(isFirstOfStream = false): void {
    clock.clearTimeout(silence);
    silence = clock.setTimeout(
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
    if (!body || !headers.get('content-type')?.startsWith('text/event-stream')) {
      isStreaming = false;
      return attempt.abort();
    }
    await readEventStream(body, 'view', (views) => hear(views.map(parseView)));
    // The end of a stream before the end of its flow is a restart, or something in between that does not stream.
    if (clock.now() - startedAt < SHORT_WAIT_MS) isStreaming = false;
    await wait(BACK_OFF_MS * (1 + random()), true);
  }

  async function poll(hear: Hear): Promise<void> {
    const { version } = view();
    hear(await client.waitForChange(version, attempt.signal));
    if (view().version !== version) return;
    const waited = clock.now() - startedAt;
    if (waited < SHORT_WAIT_MS) await wait(SHORT_WAIT_MS - waited, true);
  }

  function backOff(retryAfterMs = 0): Promise<void> {
    const ms = Math.min(LONGEST_BACK_OFF_MS, BACK_OFF_MS * 2 ** (failures - 1)) * (1 + random() / 2);
    return wait(Math.max(ms, retryAfterMs), retryAfterMs > 0);
  }

  /** Until the time is over, or the watch; unless it is firm, also until the tab is shown or the network is back. */
  function wait(ms?: number, isFirm = false): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms && clock.setTimeout(resolve, ms);
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
