import type { Clock, FlowView } from '@stepgate/core';
import { EndpointFailure, type Endpoints, parseView, type RemoteError } from './endpoints.ts';
import { readEventStream } from './event-stream.ts';
import type { Presence } from './presence.ts';

/** How the flow is being followed: `lost` while there is no network or no answer, `paused` while the tab is hidden. */
export type Connection = 'live' | 'lost' | 'paused';

/** What a watch needs. */
export interface WatchOptions {
  readonly endpoints: Endpoints;
  readonly clock: Clock;
  readonly random: () => number;
  readonly presence: Presence;
  /** The version of the last view. */
  readonly version: () => number;
  /** Opens a request whose views will come; returns where to put them. `true` ends the watch. */
  readonly expectViews: () => (view: FlowView) => boolean;
  readonly onConnection: (connection: Connection) => void;
  /** The server refuses for good: there is no flow, or nobody is signed in. The watch has ended. */
  readonly onRefusal: (error: RemoteError) => void;
}

/** A stream must say something within this time, or something in between holds it back. */
const FIRST_WORD_MS = 10_000;
/** The server's heartbeats come every 15 seconds. */
const SILENCE_MS = 40_000;
/** A long-poll that is answered sooner, with nothing new, was not waited for. */
const SHORT_WAIT_MS = 5_000;
/** Why a request was given up that nobody was looking at. */
const HIDDEN = 'hidden';
const BACK_OFF_MS = 1_000;
const LONGEST_BACK_OFF_MS = 30_000;

/**
 * Follows a flow until it ends or the returned function is called: by event stream, or by long-poll where a stream
 * does not come through. Lost connections are waited out, with growing pauses; a hidden tab asks for nothing.
 */
export function watchFlow(options: WatchOptions): () => void {
  const { endpoints, clock, random, presence } = options;
  const ended = new AbortController();
  let attempt = new AbortController();
  let isStreaming = true;
  let failures = 0;
  let wake = (): void => {};

  const unsubscribe = presence.subscribe(() => {
    if (presence.isHidden) attempt.abort(HIDDEN);
    // What was open would be silent for long before its loss is noticed.
    if (presence.isOffline) attempt.abort();
    wake();
  });

  const stop = (): void => {
    ended.abort();
    attempt.abort();
    unsubscribe();
    wake();
  };

  async function follow(): Promise<void> {
    while (!ended.signal.aborted) {
      if (presence.isHidden) {
        options.onConnection('paused');
        await wait();
        continue;
      }
      attempt = new AbortController();
      try {
        await (isStreaming ? stream(attempt) : poll(attempt));
      } catch (error) {
        if (ended.signal.aborted || attempt.signal.reason === HIDDEN) continue;
        attempt.abort();
        const failure = error instanceof EndpointFailure ? error : undefined;
        if (failure?.isPassing === false) {
          stop();
          return options.onRefusal(failure.error);
        }
        failures += 1;
        // One lost request is not worth a word: phones do that whenever a tab comes back.
        if (failures > 1 || presence.isOffline) options.onConnection('lost');
        await backOff(failure?.error.retryAfterMs);
      }
    }
  }

  function heard(): void {
    failures = 0;
    options.onConnection('live');
  }

  async function stream(controller: AbortController): Promise<void> {
    const take = options.expectViews();
    const startedAt = clock.now();
    const giveUp = (): void => controller.abort();
    let timer = clock.setTimeout(() => {
      isStreaming = false;
      giveUp();
    }, FIRST_WORD_MS);
    try {
      const response = await endpoints.open(controller.signal);
      if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
        isStreaming = false;
        return giveUp();
      }
      await readEventStream(response.body, 'view', (views) => {
        clock.clearTimeout(timer);
        timer = clock.setTimeout(giveUp, SILENCE_MS);
        heard();
        for (const view of views) if (!ended.signal.aborted && take(parseView(view))) stop();
      });
    } finally {
      clock.clearTimeout(timer);
    }
    // The end of a stream before the end of its flow is a restart, or something in between that does not stream.
    if (clock.now() - startedAt < SHORT_WAIT_MS) isStreaming = false;
    await wait(BACK_OFF_MS * (1 + random()), true);
  }

  async function poll(controller: AbortController): Promise<void> {
    const take = options.expectViews();
    const startedAt = clock.now();
    const version = options.version();
    const timer = clock.setTimeout(() => controller.abort(), SILENCE_MS);
    try {
      const view = await endpoints.waitForChange(version, controller.signal);
      heard();
      if (view !== undefined && take(view)) stop();
      if (view !== undefined && view.version !== version) return;
    } finally {
      clock.clearTimeout(timer);
    }
    const waited = clock.now() - startedAt;
    if (waited < SHORT_WAIT_MS) await wait(SHORT_WAIT_MS - waited, true);
  }

  function backOff(retryAfterMs = 0): Promise<void> {
    const ms =
      Math.min(LONGEST_BACK_OFF_MS, BACK_OFF_MS * 2 ** Math.min(failures - 1, 5)) * (1 + random() / 2);
    return wait(Math.max(ms, retryAfterMs), retryAfterMs > 0);
  }

  /** Until the time is over, or the watch; unless it is firm, also until the tab is shown or the network is back. */
  function wait(ms?: number, isFirm = false): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms && clock.setTimeout(resolve, ms);
      wake = () => {
        if (isFirm && !ended.signal.aborted) return;
        clock.clearTimeout(timer);
        resolve();
      };
      if (ended.signal.aborted) wake();
    });
  }

  void follow();
  return stop;
}
