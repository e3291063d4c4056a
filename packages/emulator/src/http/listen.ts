import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { ConnectionDropped } from '../control/connection-dropped.ts';

/** Where to serve. */
export interface ListenOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /**
   * The address to serve on. Default `127.0.0.1`. Any other than a loopback address lets others sign in as the tenant's
   * users: it is for containers, whose network is closed.
   */
  readonly host?: string | undefined;
}

/** An emulator that serves. */
export interface EmulatorServer extends AsyncDisposable {
  /** The address, with a slash at its end. */
  readonly url: string;
  /** The phone page. */
  readonly phoneUrl: string;
  /** Stops serving and breaks the connections there are. */
  close(): Promise<void>;
}

/** Serves `handle`. */
export async function listen(
  handle: (request: Request) => Promise<Response>,
  { port = 0, host = '127.0.0.1' }: ListenOptions,
): Promise<EmulatorServer> {
  const server = createServer(createListener(handle));
  await bind(server, port, host);
  const url = `http://${toHostName(host)}:${(server.address() as AddressInfo).port}/`;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url, phoneUrl: `${url}_emulator/phone`, close, [Symbol.asyncDispose]: close };
}

/** How a URL names the address; every address of the machine is reached as localhost. */
function toHostName(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function createListener(
  handle: (request: Request) => Promise<Response>,
): ReturnType<typeof getRequestListener> {
  return getRequestListener(
    async (request, { incoming }) => {
      try {
        return await handle(request);
      } catch (error) {
        if (!(error instanceof ConnectionDropped)) throw error;
        if ('resetAndDestroy' in incoming.socket) incoming.socket.resetAndDestroy();
        return RESPONSE_ALREADY_SENT;
      }
    },
    { overrideGlobalObjects: false },
  );
}

function bind(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} is already taken`) : error);
    });
    server.listen(port, host, resolve);
  });
}
