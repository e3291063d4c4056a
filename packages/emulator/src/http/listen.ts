import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { ConnectionDropped } from '../control/connection-dropped.ts';
import { type HttpsOptions, prepareHttps } from './https.ts';

/** Where to serve. */
export interface ListenOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /**
   * The address to serve on. Default `127.0.0.1`, with HTTPS `localhost`, since SDKs take no address for a domain. Any other than a loopback address lets others sign in as the tenant's
   * users: it is for containers, whose network is closed.
   */
  readonly host?: string | undefined;
  /** Serves over HTTPS: with a certificate made for this server, or with the one given. Default false. */
  readonly https?: boolean | HttpsOptions | undefined;
}

/** An emulator that serves. */
export interface EmulatorServer extends AsyncDisposable {
  /** The address, with a slash at its end. */
  readonly url: string;
  /** The phone page. */
  readonly phoneUrl: string;
  /**
   * The file with the certificate that clients have to trust, for `NODE_EXTRA_CA_CERTS`; only where one was made for this
   * server.
   */
  readonly certificateFile?: string;
  /** Stops serving and breaks the connections there are. */
  close(): Promise<void>;
}

/** Serves `handle`. */
export async function listen(
  handle: (request: Request) => Promise<Response>,
  { port = 0, host, https = false }: ListenOptions,
): Promise<EmulatorServer> {
  const address = host ?? (https === false ? '127.0.0.1' : 'localhost');
  const secure =
    https === false ? undefined : await prepareHttps(https === true ? {} : https, toHostName(address));
  const listener = createListener(handle);
  const server = secure === undefined ? createServer(listener) : createSecureServer(secure, listener);
  await bind(server, port, address);
  const scheme = secure === undefined ? 'http' : 'https';
  const url = `${scheme}://${toHostName(address)}:${(server.address() as AddressInfo).port}/`;
  const close = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    await secure?.forget();
  };
  return {
    url,
    phoneUrl: `${url}_emulator/phone`,
    ...(secure?.certificateFile !== undefined && { certificateFile: secure.certificateFile }),
    close,
    [Symbol.asyncDispose]: close,
  };
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
