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

/** A refused or lost call. What the actor shows of it is a {@link RemoteError}. */
export class EndpointFailure extends Error implements RemoteError {
  declare readonly code: RemoteError['code'];
  declare readonly retryAfterMs: number | undefined;
  /** Whether the same call may well succeed later. */
  declare readonly isPassing: boolean;

  constructor(
    code: RemoteError['code'] = 'unreachable',
    message = 'no answer',
    isPassing = true,
    retryAfterMs?: number,
  ) {
    super(message);
    this.code = code;
    this.isPassing = isPassing;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The calls to the endpoints under `basePath`. */
export interface Endpoints {
  start(requirement: string, signal: AbortSignal): Promise<FlowView>;
  read(signal: AbortSignal): Promise<FlowView>;
  send(request: StepUpRequest, version: number, signal: AbortSignal): Promise<FlowView>;
  /** Outlives the page, so that closing a tab can still cancel. */
  cancel(): Promise<FlowView>;
  /** Answers when the flow has moved on from `version`, or with no view after the server's wait. */
  waitForChange(version: number, signal: AbortSignal): Promise<readonly FlowView[]>;
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
        ...(init.body && { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    if (response.ok || response.status === 304) return response;
    throw await failureOf(response);
  }

  const view = async (...request: Parameters<typeof call>): Promise<FlowView> =>
    parseView(await (await call(...request)).text());

  return {
    start: (requirement, signal) =>
      view(flow, { method: 'POST', body: JSON.stringify({ requirement }), signal }),
    read: (signal) => view(flow, { signal }),
    send: (request, version, signal) =>
      view(
        `${flow}/events`,
        { method: 'POST', body: JSON.stringify(request), signal },
        { 'if-match': `"${version}"` },
      ),
    cancel: () => view(flow, { method: 'DELETE', keepalive: true }),
    async waitForChange(version, signal) {
      const headers = { 'if-none-match': `"${version}"`, prefer: `wait=${WAIT_SECONDS}` };
      const response = await call(flow, { signal }, headers);
      return response.status === 304 ? [] : [parseView(await response.text())];
    },
    open: (signal) => call(flow, { signal }, { accept: 'text/event-stream' }),
  };
}

/** Reads a view out of JSON; anything else is no answer of ours. */
export function parseView(json: string): FlowView {
  const value = parseJson(json);
  if (!Array.isArray(value.allowedEvents)) throw new EndpointFailure();
  return value as unknown as FlowView;
}

/** What an answer that is none of success says. */
export async function failureOf(response: Response): Promise<EndpointFailure> {
  const { status, headers } = response;
  const { error, error_description: message = error } = parseJson(await response.text());
  // Seconds only: the other form, a date, would need a clock that is right.
  const retryAfterMs = Number(headers.get('retry-after')) * 1_000 || undefined;
  // Whatever does not speak in codes is a proxy, or the app's own error page.
  const isOurs = typeof error === 'string' && /^[a-z_]+$/.test(error);
  return new EndpointFailure(
    isOurs ? (error as StepUpErrorCode) : undefined,
    isOurs ? (message as string) : `status ${status}`,
    !isOurs || status >= 500 || status === 429,
    retryAfterMs,
  );
}

/** The failure of a call; what is not ours is `fetch`'s, which has found nobody. */
export function toFailure(error: unknown): EndpointFailure {
  return error instanceof EndpointFailure ? error : new EndpointFailure();
}

/** The members of a JSON object; none of anything else. */
function parseJson(text: string): Readonly<Record<string, unknown>> {
  try {
    return { ...JSON.parse(text) };
  } catch {
    return {};
  }
}
