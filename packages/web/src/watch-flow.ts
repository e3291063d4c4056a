import type { Clock, FlowView } from '@stepgate/core';
import { EndpointFailure, type Endpoints, parseView, type RemoteError, readView } from './endpoints.ts';
import { readEventStream } from './event-stream.ts';
import type { Presence } from './presence.ts';

/** How the flow is being followed: `lost` while the server does not answer, `paused` while the tab is hidden. */
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
        if (isRefusal(error)) {
          stop();
          options.onRefusal(error.error);
          return;
        }
        failures += 1;
        // One lost request is not worth a word: phones do that whenever a tab comes back.
        if (failures > 1) options.onConnection('lost');
        await backOff(error instanceof EndpointFailure ? error.error.retryAfterMs : undefined);
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
    let hasSpoken = false;
    let timer = clock.setTimeout(() => controller.abort(), FIRST_WORD_MS);
    try {
      const response = await endpoints.open(controller.signal);
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
      if (!isStream || !response.body) {
        isStreaming = false;
        if (take(await readView(response))) stop();
        heard();
        return;
      }
      await readEventStream(response.body, (parts) => {
        hasSpoken = true;
        clock.clearTimeout(timer);
        timer = clock.setTimeout(() => controller.abort(), SILENCE_MS);
        heard();
        for (const { event, data } of parts) {
          if (event === 'view' && !ended.signal.aborted && take(parseView(data))) stop();
        }
      });
    } catch (error) {
      if (!hasSpoken && controller.signal.aborted && controller.signal.reason !== HIDDEN) isStreaming = false;
      throw error;
    } finally {
      clock.clearTimeout(timer);
    }
    // The end of a stream before the end of its flow is a restart, or something in between that does not stream.
    if (clock.now() - startedAt < SHORT_WAIT_MS) isStreaming = false;
    await pause(BACK_OFF_MS * (1 + random()));
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
    if (waited < SHORT_WAIT_MS) await pause(SHORT_WAIT_MS - waited);
  }

  async function backOff(retryAfterMs = 0): Promise<void> {
    const ms =
      Math.min(LONGEST_BACK_OFF_MS, BACK_OFF_MS * 2 ** Math.min(failures - 1, 5)) * (1 + random() / 2);
    if (retryAfterMs > 0) await pause(Math.max(ms, retryAfterMs));
    else await wait(ms);
  }

  /** Until the tab is shown, the network is back, the watch ends, or the time is over. */
  function wait(ms?: number, isFirm = false): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : clock.setTimeout(resolve, ms);
      wake = () => {
        if (isFirm && !ended.signal.aborted) return;
        if (timer !== undefined) clock.clearTimeout(timer);
        resolve();
      };
      if (ended.signal.aborted) wake();
    });
  }

  /** A wait that only the end of the watch cuts short. */
  function pause(ms: number): Promise<void> {
    return wait(ms, true);
  }

  void follow();
  return stop;
}

/** Answers that asking again will not change. */
function isRefusal(error: unknown): error is EndpointFailure {
  return error instanceof EndpointFailure && !error.isPassing;
}
