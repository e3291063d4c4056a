import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TransportRequest } from '@stepgate/core';
import { getGlobalDispatcher, MockAgent, setGlobalDispatcher } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { createPooledTransport } from '../../src/lib/pooled-transport.ts';

const send = createPooledTransport();
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

/** A request to a new server that answers with the listener. */
async function requestTo(listener: RequestListener): Promise<TransportRequest> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { method: 'POST', url: `http://127.0.0.1:${port}/oauth/token?a=b`, headers: {}, timeoutMs: 10_000 };
}

/** Holds the server's side of a request back until the connection closes. */
function stalled(start: (request: IncomingMessage) => void): RequestListener {
  return (request, response) => {
    response.writeHead(200).write('{"half":');
    start(request);
  };
}

describe('a request to the tenant over the pool', () => {
  it('sends method, path, headers and body, and a user agent', async () => {
    let seen: unknown;
    const request = await requestTo(async (incoming, response) => {
      const { method, url, headers } = incoming;
      seen = {
        method,
        url,
        agent: headers['user-agent'],
        type: headers['content-type'],
        body: await text(incoming),
      };
      response.end('{}');
    });

    await send({ ...request, headers: { 'content-type': 'application/json' }, body: '{"é":1}' });

    expect(seen).toEqual({
      method: 'POST',
      url: '/oauth/token?a=b',
      agent: 'stepgate',
      type: 'application/json',
      body: '{"é":1}',
    });
  });

  it('returns the status, the text and the headers in any case', async () => {
    const request = await requestTo((_, response) => {
      response.writeHead(429, [
        ['Retry-After', '5'],
        ['X-Twice', 'a'],
        ['x-twice', 'b'],
      ]);
      response.write('{"error":');
      response.end('"slow_down é"}');
    });

    const { status, headers, text: body } = await send(request);

    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('5');
    expect(headers.get('x-twice')).toBe('a, b');
    expect(headers.get('x-absent')).toBeNull();
    expect(body).toBe('{"error":"slow_down é"}');
  });

  it('reuses connections', async () => {
    const ports = new Set<number | undefined>();
    const request = await requestTo(({ socket }, response) => {
      ports.add(socket.remotePort);
      response.end('{}');
    });

    for (let count = 0; count < 20; count += 1) await send(request);

    expect(ports.size).toBeLessThan(5);
  });

  it.each([301, 302, 303, 307, 308])('refuses a redirect: %i', async (status) => {
    let requests = 0;
    const request = await requestTo((_, response) => {
      requests += 1;
      response.writeHead(status, { location: '/elsewhere' }).end();
    });

    await expect(send(request)).rejects.toThrow('redirected');

    expect(requests).toBe(1);
  });

  it('ends at its time limit, even in the middle of a response, and closes the connection', async () => {
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    const request = await requestTo(stalled(({ socket }) => socket.once('close', close)));

    await expect(send({ ...request, timeoutMs: 50 })).rejects.toThrow('No response in time.');

    await closed;
  });

  it('ends when its caller gives up, and closes the connection', async () => {
    const controller = new AbortController();
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    const request = await requestTo(
      stalled(({ socket }) => {
        socket.once('close', close);
        controller.abort();
      }),
    );

    await expect(send({ ...request, signal: controller.signal })).rejects.toThrow('aborted');

    await closed;
  });

  it('is not sent when its caller has already given up', async () => {
    let requests = 0;
    const request = await requestTo((_, response) => {
      requests += 1;
      response.end('{}');
    });

    await expect(send({ ...request, signal: AbortSignal.abort() })).rejects.toThrow('aborted');
    await send(request);

    expect(requests).toBe(1);
  });

  it('cuts off a response that is too large', async () => {
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    const chunk = Buffer.alloc(65_536);
    const request = await requestTo(({ socket }, response) => {
      socket.once('close', close);
      const more = (): void => {
        while (response.write(chunk));
        response.once('drain', more);
      };
      more();
    });

    await expect(send(request)).rejects.toThrow(/larger than 1 MB/);

    await closed;
  });

  it('fails with the error of the system when nothing listens, and when the connection breaks', async () => {
    const request = await requestTo(({ socket }) => socket.destroy());
    await expect(send(request)).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });

    const [server] = servers.splice(0);
    server?.close();
    await expect(send(request)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('fails for an unreachable address without an exception', async () => {
    const request = { method: 'GET', url: 'ftp://tenant.test/', headers: {}, timeoutMs: 1_000 } as const;
    await expect(send(request)).rejects.toThrow();
  });

  it('goes through the dispatcher of the app', async () => {
    const before = getGlobalDispatcher();
    const mock = new MockAgent();
    mock.disableNetConnect();
    mock.get('https://tenant.test').intercept({ path: '/keys', method: 'GET' }).reply(200, 'mocked');
    setGlobalDispatcher(mock);
    try {
      const request = {
        method: 'GET',
        url: 'https://tenant.test/keys',
        headers: {},
        timeoutMs: 1_000,
      } as const;
      expect(await send(request)).toMatchObject({ status: 200, text: 'mocked' });
    } finally {
      setGlobalDispatcher(before);
      await mock.close();
    }
  });

  it('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const listening = new Set<unknown>();
    signal.addEventListener = (_: string, listener: unknown) => void listening.add(listener);
    signal.removeEventListener = (_: string, listener: unknown) => void listening.delete(listener);

    await send({ ...(await requestTo((_, response) => response.end('{}'))), signal });

    expect(listening.size).toBe(0);
  });
});
