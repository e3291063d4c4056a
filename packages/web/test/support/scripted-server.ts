import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FlowView, StepUpRequest } from '@stepgate/core';
import { onTestFinished } from 'vitest';
import { viewOf } from './views.ts';

/** One request that the server received. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Resolves when the response has been sent, or the client is gone. */
  readonly closed: Promise<void>;
}

/** The answer to a request instead of the normal one. `drop` cuts the connection, `hang` never answers. */
export type Fault =
  | { readonly type: 'drop' | 'hang' }
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
    };

/** The endpoints, with a flow that a test controls. */
export interface ScriptedServer {
  readonly url: string;
  readonly basePath: string;
  readonly requests: readonly Exchange[];
  /** What `GET /flow` answers; `undefined` means that there is no flow. `tell` also wakes long-polls and streams. */
  view: FlowView | undefined;
  tell(view: FlowView | undefined): void;
  onStart: (requirement: string) => FlowView;
  onEvent: (event: StepUpRequest) => FlowView;
  /** Answers the next request of a kind ("POST /flow", "GET /flow") with a fault. */
  fail(kind: string, ...faults: readonly Fault[]): void;
  /** Resolves with the n-th request of that kind, past or future. */
  request(kind: string, nth?: number): Promise<Exchange>;
  count(kind: string): number;
  /** Resolves when everything that was under way has arrived. */
  settle(): Promise<void>;
  /** Writes a raw chunk to every open stream. */
  write(chunk: string): void;
  /** Ends every open stream and long-poll, with nothing new. */
  endWaits(): void;
  /** Answers every other path. */
  onOther: (exchange: Exchange, response: ServerResponse) => void;
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  const requests: Exchange[] = [];
  const faults = new Map<string, Fault[]>();
  const streams = new Set<ServerResponse>();
  const polls = new Set<ServerResponse>();
  const waiting = new Set<() => void>();

  const server = createServer((message, response) => {
    void readBody(message).then((body) => {
      const exchange: Exchange = {
        method: message.method ?? '',
        path: message.url ?? '',
        headers: message.headers,
        body,
        closed: once(response, 'close').then(() => {}),
      };
      requests.push(exchange);
      for (const check of waiting) check();
      const fault = faults.get(kindOf(exchange))?.shift();
      if (fault === undefined) answer(exchange, response);
      else if (fault.type === 'drop') response.destroy();
      else if (fault.type === 'answer') send(response, fault.status, fault.body, fault.headers);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const scripted: ScriptedServer = {
    url,
    basePath: `${url}/step-up`,
    requests,
    view: undefined,
    onStart: () => viewOf('authenticating'),
    onEvent: () => viewOf('listing', { version: 2 }),
    onOther: (_exchange, response) => send(response, 404, { error: 'not_found' }),
    tell(view) {
      scripted.view = view;
      for (const response of streams) writeView(response);
      for (const response of polls) sendView(response, 200);
      polls.clear();
    },
    fail(kind, ...next) {
      faults.set(kind, [...(faults.get(kind) ?? []), ...next]);
    },
    count: (kind) => requests.filter((one) => kindOf(one) === kind).length,
    request: (kind, nth = 1) =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = requests.filter((one) => kindOf(one) === kind)[nth - 1];
          if (found === undefined) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      }),
    async settle() {
      // One round could be faster than a request that leaves a few ticks from now.
      for (let round = 0; round < 3; round += 1)
        await fetch(`${url}/settle`).then((response) => response.text());
    },
    write(chunk) {
      for (const response of streams) response.write(chunk);
    },
    endWaits() {
      for (const response of streams) response.end();
      for (const response of polls) send(response, 304);
      streams.clear();
      polls.clear();
    },
  };

  function answer(exchange: Exchange, response: ServerResponse): void {
    const { headers } = exchange;
    const kind = kindOf(exchange);
    if (kind === 'GET /settle') {
      send(response, 204);
    } else if (!kind.endsWith('/flow') && !kind.endsWith('/flow/events')) {
      scripted.onOther(exchange, response);
    } else if (kind === 'POST /flow') {
      scripted.view = scripted.onStart((JSON.parse(exchange.body) as { requirement: string }).requirement);
      sendView(response, 201);
    } else if (scripted.view === undefined) {
      send(response, 404, { error: 'flow_not_found' });
    } else if (kind === 'GET /flow') {
      if (headers.accept === 'text/event-stream') openStream(response);
      else if (headers['if-none-match'] === etagOf(scripted.view)) polls.add(response);
      else sendView(response, 200);
    } else if (kind === 'DELETE /flow') {
      scripted.tell(viewOf('cancelled', { version: scripted.view.version + 1, reason: 'cancelled' }));
      sendView(response, 200);
    } else if (headers['if-match'] === undefined) {
      send(response, 428, { error: 'version_required' });
    } else if (headers['if-match'] !== etagOf(scripted.view)) {
      send(response, 412, { error: 'version_stale' });
    } else {
      scripted.view = scripted.onEvent(JSON.parse(exchange.body) as StepUpRequest);
      sendView(response, 200);
    }
  }

  function openStream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    streams.add(response);
    response.on('close', () => streams.delete(response));
    writeView(response);
  }

  function writeView(response: ServerResponse): void {
    const { view } = scripted;
    if (view !== undefined) {
      response.write(`id: ${view.version}\nevent: view\ndata: ${JSON.stringify(view)}\n\n`);
      if (view.state !== 'approved' && view.state !== 'cancelled') return;
    }
    response.end();
  }

  function sendView(response: ServerResponse, status: number): void {
    send(response, status, scripted.view, scripted.view && { etag: etagOf(scripted.view) });
  }

  return scripted;
}

/** Answers with JSON. */
export function send(
  response: ServerResponse,
  status: number,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
}

function etagOf({ version }: FlowView): string {
  return `"${version}"`;
}

function kindOf({ method, path }: Exchange): string {
  return `${method} ${path.replace(/^\/step-up/, '')}`;
}

async function readBody(message: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of message.setEncoding('utf8')) body += chunk as string;
  return body;
}
