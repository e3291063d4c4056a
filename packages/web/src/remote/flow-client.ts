import type { FlowView, StepUpRequest } from '@stepgate/core';
import { EndpointFailure, failureOf, parseJson } from './remote-error.ts';

/** The calls to the endpoints under `basePath`. */
export interface FlowClient {
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
export function createFlowClient(basePath: string, fetch: typeof globalThis.fetch): FlowClient {
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
