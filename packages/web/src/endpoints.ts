import type { FlowView, StepUpErrorCode, StepUpRequest } from '@stepgate/core';

/**
 * Why a call to the endpoints did not do what it should: one of the server's codes, or `unreachable` when there was
 * no answer, or none of Stepgate's (offline, a proxy's error page). `unreachable` says nothing about the flow.
 */
export interface RemoteError {
  readonly code: StepUpErrorCode | 'unreachable';
  /** For the developer; a UI has its own sentence for each code. */
  readonly message: string;
  /** How long the server wants to be left alone. */
  readonly retryAfterMs?: number | undefined;
}

/** A refused or lost call, thrown inside this package only; the actor shows its `error`. */
export class EndpointFailure extends Error {
  readonly error: RemoteError;
  /** Whether the same call may well succeed later. */
  readonly isPassing: boolean;

  constructor(error: RemoteError, isPassing: boolean) {
    super(error.message);
    this.error = error;
    this.isPassing = isPassing;
  }
}

/** The calls to the endpoints under `basePath`. */
export interface Endpoints {
  start(requirement: string, signal: AbortSignal): Promise<FlowView>;
  read(signal: AbortSignal): Promise<FlowView>;
  send(request: StepUpRequest, version: number, signal: AbortSignal): Promise<FlowView>;
  /** Outlives the page, so that closing a tab can still cancel. */
  cancel(): Promise<FlowView>;
  /** Answers when the flow has moved on from `version`, or with `undefined` after the server's wait. */
  waitForChange(version: number, signal: AbortSignal): Promise<FlowView | undefined>;
  /** Opens the stream of views; a server or proxy that cannot stream answers with the view. */
  open(signal: AbortSignal): Promise<Response>;
}

/** Seconds that a long-poll may take. */
const WAIT_SECONDS = 25;

/** Binds the endpoints to a `basePath` and a `fetch`, whose rejections come through as they are. */
export function createEndpoints(basePath: string, fetch: typeof globalThis.fetch): Endpoints {
  const flow = `${basePath}/flow`;

  async function call(url: string, init: RequestInit, headers?: Record<string, string>): Promise<Response> {
    const response = await fetch(url, {
      ...init,
      // The handle's cookie, where the endpoints are on another origin.
      credentials: 'include',
      headers: {
        accept: 'application/json',
        ...(init.body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    if (response.ok || response.status === 304) return response;
    throw await failureOf(response);
  }

  const view = async (response: Promise<Response>): Promise<FlowView> =>
    parseView(await (await response).text());

  return {
    start: (requirement, signal) =>
      view(call(flow, { method: 'POST', body: JSON.stringify({ requirement }), signal })),
    read: (signal) => view(call(flow, { signal })),
    send: (request, version, signal) =>
      view(
        call(
          `${flow}/events`,
          { method: 'POST', body: JSON.stringify(request), signal },
          { 'if-match': `"${version}"` },
        ),
      ),
    cancel: () => view(call(flow, { method: 'DELETE', keepalive: true })),
    async waitForChange(version, signal) {
      const headers = { 'if-none-match': `"${version}"`, prefer: `wait=${WAIT_SECONDS}` };
      const response = await call(flow, { signal }, headers);
      return response.status === 304 ? undefined : parseView(await response.text());
    },
    open: (signal) => call(flow, { signal }, { accept: 'text/event-stream' }),
  };
}

/** Reads a view out of JSON; anything else is no answer of ours. */
export function parseView(json: string): FlowView {
  const value = parseJson(json) as Partial<FlowView> | null | undefined;
  if (typeof value?.version !== 'number' || !Array.isArray(value.allowedEvents)) {
    throw unreachable('not a view');
  }
  return value as FlowView;
}

/** What an answer that is none of success says. */
export async function failureOf(response: Response): Promise<EndpointFailure> {
  const body = parseJson(await response.text().catch(() => '')) as
    | { error?: unknown; error_description?: unknown }
    | null
    | undefined;
  // Seconds only: the other form, a date, would need a clock that is right.
  const ms = Number(response.headers.get('retry-after')) * 1_000;
  const retryAfterMs = ms > 0 ? ms : undefined;
  // Whatever does not speak in codes is a proxy, or the app's own error page.
  if (typeof body?.error !== 'string' || !/^[a-z_]+$/.test(body.error)) {
    return unreachable(`status ${response.status}`, retryAfterMs);
  }
  return new EndpointFailure(
    {
      code: body.error as StepUpErrorCode,
      message: typeof body.error_description === 'string' ? body.error_description : body.error,
      retryAfterMs,
    },
    response.status >= 500 || response.status === 429,
  );
}

/** What a failed call says to the actor's user; what is not ours is `fetch`'s, which has found nobody. */
export function toRemoteError(error: unknown): RemoteError {
  return (error instanceof EndpointFailure ? error : unreachable('no answer')).error;
}

function unreachable(message: string, retryAfterMs?: number): EndpointFailure {
  return new EndpointFailure({ code: 'unreachable', message, retryAfterMs }, true);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
