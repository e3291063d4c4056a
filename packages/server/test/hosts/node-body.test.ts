import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { call } from 'suites/http.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toWebRequest } from '../../src/hosts/node-body.ts';
import { readJson } from '../../src/request/body.ts';

/** A server that answers with what `handle` finds out. */
async function serve(
  handle: (req: IncomingMessage, res: ServerResponse) => Promise<unknown>,
): Promise<string> {
  const server = createServer((req, res) => {
    handle(req, res).then(
      (found) => res.end(JSON.stringify(found)),
      (error: unknown) => res.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function consume(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req.setEncoding('utf8')) text += chunk as string;
  return text;
}

const forwarded = { protocol: 'https', host: 'bank.example' };
const headers = { 'content-type': 'application/json' };

describe('toWebRequest', () => {
  it('reads an unread body', async () => {
    const url = await serve((req, res) =>
      readJson(toWebRequest({ req, res, ...forwarded, url: '/flow', parsedBody: undefined })),
    );
    expect((await call('POST', url, { headers, body: '{"a":1}' })).json()).toEqual({ a: 1 });
  });

  it('uses the body that a parser has read', async () => {
    const url = await serve(async (req, res) => {
      const parsedBody: unknown = JSON.parse(await consume(req));
      return readJson(toWebRequest({ req, res, ...forwarded, url: '/flow', parsedBody }));
    });
    expect((await call('POST', url, { headers, body: '{"a":1}' })).json()).toEqual({ a: 1 });
  });

  it.each([
    ['application/json', '[[[…]]]'],
    ['application/x-www-form-urlencoded', 'a[a][a][…]'],
  ])('refuses a parsed body of %s that is nested too deep to be written (%s)', async (type) => {
    const url = await serve(async (req, res) => {
      await consume(req);
      const parsedBody: unknown = JSON.parse(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`);
      try {
        return toWebRequest({ req, res, ...forwarded, url: '/flow', parsedBody }).method;
      } catch (error) {
        return error;
      }
    });
    const answer = await call('POST', url, { headers: { 'content-type': type }, body: 'deep' });
    expect(answer.json()).toMatchObject({ code: 'invalid_request', status: 400 });
  });

  it.each(['GET', 'DELETE'])('accepts a %s whose empty body a parser has read', async (method) => {
    const url = await serve(async (req, res) => {
      await consume(req);
      const request = toWebRequest({ req, res, ...forwarded, url: '/flow', parsedBody: {} });
      return { method: request.method, aborted: request.signal.aborted };
    });
    expect((await call(method, url)).json()).toEqual({ method, aborted: false });
  });

  it('counts a body that was read and not kept as empty', async () => {
    const url = await serve(async (req, res) => {
      await consume(req);
      const request = toWebRequest({ req, res, ...forwarded, url: '/flow', parsedBody: undefined });
      return readJson(request).catch((error: unknown) => error);
    });
    expect((await call('POST', url, { headers, body: '{"a":1}' })).json()).toMatchObject({
      code: 'invalid_request',
    });
  });
});
