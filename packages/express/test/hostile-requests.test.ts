import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import express from 'express';
import fc from 'fast-check';
import { everyCase, junk } from 'suites/damage.ts';
import { call } from 'suites/http.ts';
import { createTestTenant } from 'suites/test-tenant.ts';
import { expect, it, onTestFinished } from 'vitest';
import { createGate } from '../src/index.ts';

const HANDLE = `${'a'.repeat(42)}A`;

/** An app with a flow that waits for the phone, in a browser whose session and handle the sender has. */
async function listen(): Promise<{
  readonly url: string;
  readonly port: number;
  readonly faults: unknown[];
}> {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const faults: unknown[] = [];
  const gate = createGate({
    provider: tenant.provider,
    secret: 'a secret of at least 32 characters, for tests',
    testing: { clock: tenant.clock },
    identify: () => ({ subject: tenant.ada.subject, sessionId: 'login' }),
    firstLeg: { custom: async () => ({ mfaToken: await tenant.mfaToken() }) },
    onError: (error) => faults.push(error),
  });
  const app = express();
  app.use(gate);
  app.post('/transfers', gate.require(), (_req, res) => {
    faults.push('the handler ran');
    res.json({});
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const headers = { cookie: `stepgate=${HANDLE}`, 'content-type': 'application/json' };
  const refused = await call('POST', `${url}/transfers`, { headers });
  const { step_up } = refused.json<{ step_up: { requirement: string } }>();
  const body = JSON.stringify({ requirement: step_up.requirement });
  const started = await call('POST', `${url}/step-up/flow`, { headers, body });
  expect(started.status).toBe(201);
  return { url, port, faults };
}

/** Sends bytes, hangs up when there is an answer or after a moment, and tells its first line. */
async function send(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    if (text.includes('\r\n\r\n')) socket.destroy();
  });
  // A client that has said all it will, and one that is cut off, end the same way.
  socket.on('error', () => {});
  socket.end(Buffer.from(bytes, 'latin1'));
  socket.setTimeout(50, () => socket.destroy());
  await once(socket, 'close');
  return text.slice(0, text.indexOf('\r\n'));
}

const line = junk.map((text) => text.replace(/[\r\n]/g, ''));
/** What Node's parser lets through as a header's value, or as a path. */
const value = junk.map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, ''));
const path = junk.map((text) => text.replace(/[^\x21-\x7e]/g, ''));

/** Headers that a request can have and still be read. */
const header = fc.oneof(
  fc.constantFrom(
    `Cookie: stepgate=${HANDLE}`,
    `Cookie: stepgate=${HANDLE}`,
    'Content-Type: application/json',
    'Content-Type: application/x-www-form-urlencoded',
    'Content-Type: multipart/form-data; boundary=x',
    'Prefer: wait=55',
    'If-Match: "2"',
    'If-None-Match: "2"',
    'Accept: text/event-stream',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: evil.example',
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Site: cross-site',
    'Sec-Fetch-Mode: navigate',
    'Connection: close',
  ),
  fc
    .tuple(
      fc.constantFrom('Cookie', 'Origin', 'If-Match', 'Accept-Language', 'Content-Type', 'Stepgate-Handle'),
      value,
    )
    .map((pair) => pair.join(': ')),
);
/** Headers with which most requests cannot be read at all. */
const oddHeader = fc.oneof(
  fc.constantFrom(
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip, chunked',
    'Expect: 100-continue',
    'Upgrade: websocket',
    'Host: evil.example',
  ),
  line,
);

const request = fc
  .record({
    method: fc.oneof(
      { weight: 19, arbitrary: fc.constantFrom('GET', 'POST', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PUT') },
      { weight: 1, arbitrary: line },
    ),
    target: fc.oneof(
      {
        weight: 8,
        arbitrary: fc.constantFrom(
          '/step-up',
          '/step-up/flow',
          '/step-up/flow',
          '/step-up/flow/events',
          '/step-up/flow/events',
          '/step-up/authenticators',
          '/step-up/assets/stepgate-page.js',
          '/transfers',
          'http://evil.example/step-up/flow',
          '//step-up/flow',
        ),
      },
      { weight: 2, arbitrary: path.map((text) => `/step-up/${text}`) },
      { weight: 2, arbitrary: path.map((text) => `/step-up?requirement=${text}`) },
      { weight: 1, arbitrary: line },
    ),
    headers: fc.array(header, { maxLength: 6 }),
    odd: fc.oneof(
      { weight: 5, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(oddHeader, { minLength: 1, maxLength: 3 }) },
    ),
    body: fc.oneof(
      junk,
      fc.json({ maxDepth: 2 }),
      fc.constantFrom('{"type":"code.submit","code":"1"}', 'event=1&show=2'),
    ),
  })
  .map(({ method, target, headers, odd, body }) => {
    const bytes = Buffer.from(body).toString('latin1');
    const length = odd.length === 0 ? [`Content-Length: ${bytes.length}`] : [];
    const lines = [`${method} ${target} HTTP/1.1`, 'Host: localhost', ...headers, ...odd, ...length];
    return `${lines.join('\r\n')}\r\n\r\n${bytes}`;
  });

it('bytes of any kind cause no fault, get nothing through, and leave the server in service', async () => {
  const { url, port, faults } = await listen();

  await everyCase(
    request,
    async (bytes) => {
      const answer = await send(port, bytes);
      expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
      expect(faults).toEqual([]);
    },
    150,
  );

  const headers = { cookie: `stepgate=${HANDLE}` };
  expect((await call('POST', `${url}/transfers`, { headers })).status).toBe(401);
});
