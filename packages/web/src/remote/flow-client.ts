import type { FlowView, StepUpRequest } from '@stepgate/core';
import { EndpointFailure, failureOf, parseJson } from './remote-error.ts';

/** The calls to the flow's endpoints under `basePath`. They reject with an `EndpointFailure`, or as `fetch` does. */
export interface FlowClient {
  start(requirement: string, signal: AbortSignal): Promise<FlowView>;
  read(signal: AbortSignal): Promise<FlowView>;
  send(request: StepUpRequest, version: number, signal: AbortSignal): Promise<FlowView>;
  /** Outlives the page, so a tab that closes can still cancel. */
  cancel(): Promise<FlowView>;
  /** Resolves with the view that follows `version`, or with an empty list when the server's wait is over. */
  waitForChange(version: number, signal: AbortSignal): Promise<readonly FlowView[]>;
  /** Opens the stream of views. A server or proxy that cannot stream answers with the view instead. */
  open(signal: AbortSignal): Promise<Response>;
}

/** Seconds that a long-poll may take. */
const WAIT_SECONDS = 25;

/** Makes the calls under a `basePath` with a `fetch`. */
export function createFlowClient(basePath: string, fetch: typeof globalThis.fetch): FlowClient {
  const flow = `${basePath}/flow`;

  async function call(url: string, init: RequestInit, headers?: Record<string, string>): Promise<Response> {
    const response = await fetch(url, {
      ...init,
      // The handle's cookie goes along where the endpoints are on another origin.
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

  async function callForView(...request: Parameters<typeof call>): Promise<FlowView> {
    const response = await call(...request);
    return parseView(await response.text());
  }

  return {
    start: (requirement, signal) =>
      callForView(flow, { method: 'POST', body: JSON.stringify({ requirement }), signal }),
    read: (signal) => callForView(flow, { signal }),
    send: (request, version, signal) =>
      callForView(
        `${flow}/events`,
        { method: 'POST', body: JSON.stringify(request), signal },
        { 'if-match': `"${version}"` },
      ),
    cancel: () => callForView(flow, { method: 'DELETE', keepalive: true }),
    async waitForChange(version, signal) {
      const headers = { 'if-none-match': `"${version}"`, prefer: `wait=${WAIT_SECONDS}` };
      const response = await call(flow, { signal }, headers);
      return response.status === 304 ? [] : [parseView(await response.text())];
    },
    open: (signal) => call(flow, { signal }, { accept: 'text/event-stream' }),
  };
}

/** Reads a view out of JSON. Anything else did not come from Stepgate. */
export function parseView(json: string): FlowView {
  const value = parseJson(json);
  if (!Array.isArray(value.allowedEvents)) throw new EndpointFailure();
  return value as unknown as FlowView;
}
