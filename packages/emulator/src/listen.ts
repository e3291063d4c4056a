import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { ConnectionDropped } from './control/connection-dropped.ts';

/** Where to serve; loopback only. */
export interface ListenOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
}

/** A served emulator. */
export interface Listening {
  /** Its address, with a slash at the end. */
  readonly url: string;
  /** The address of the phone page. */
  readonly phoneUrl: string;
  /** Ends it, open connections included. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Serves a handler on `node:http`; a dropped connection is a reset socket. */
export async function listen(
  handle: (request: Request) => Promise<Response>,
  { port = 0 }: ListenOptions = {},
): Promise<Listening> {
  const answer = getRequestListener(
    async (request, { outgoing }) => {
      try {
        return await handle(request);
      } catch (error) {
        if (!(error instanceof ConnectionDropped)) throw error;
        outgoing.destroy();
        return RESPONSE_ALREADY_SENT;
      }
    },
    { overrideGlobalObjects: false },
  );
  const server = createServer((req: IncomingMessage, res: ServerResponse) => void answer(req, res));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const url = `http://${HOST}:${address.port}/`;
  return {
    url,
    phoneUrl: `${url}_emulator/phone`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
