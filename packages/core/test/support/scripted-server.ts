import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A request as it came over the wire. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A response, or a way to send none. */
export type Script =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Text is sent as it is, anything else as JSON. */
      readonly body?: unknown;
    }
  /** `silence`: no response. `stall`: headers and half a body. `reset`: the connection is destroyed. */
  | 'silence'
  | 'stall'
  | 'reset';

/** A real server that sends scripted responses, one after the other, and records the requests. */
export interface ScriptedServer {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** The only request since the last call of `answer`. */
  readonly request: SeenRequest;
  /** Forgets recorded requests, and sets the next responses. */
  answer(...scripts: readonly Script[]): void;
  close(): Promise<void>;
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  let scripts: Script[] = [];
  let requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();

  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      const script = scripts.shift();
      switch (script) {
        case 'silence':
          return;
        case 'reset':
          request.socket.resetAndDestroy();
          return;
        case 'stall':
          response.writeHead(200, { 'content-type': 'application/json' });
          response.write('{"access_token": ');
          return;
        case undefined:
          response.writeHead(599).end('there is no script for this request');
          return;
        default: {
          const text = typeof script.body === 'string' ? script.body : JSON.stringify(script.body);
          const type = typeof script.body === 'string' ? 'text/html' : 'application/json';
          response.writeHead(script.status, { 'content-type': type, ...script.headers });
          response.end(script.body === undefined ? undefined : text);
        }
      }
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    get requests() {
      return requests;
    },
    get request() {
      const [only, ...others] = requests;
      if (only === undefined || others.length > 0) throw new Error(`there were ${requests.length} requests`);
      return only;
    },
    answer(...next) {
      scripts = [...next];
      requests = [];
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
