import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';

/** Headers of one connection, which say nothing about the next (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade'];

/**
 * Listens as a proxy that gives each request to the next of the ports of this machine, and to another one where nobody
 * listens. What has reached somebody is never sent again: if he dies of it, the client is told so.
 */
export function listen(ports: () => readonly number[], port: number): Promise<Server> {
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    const all = ports();
    turn += 1;
    const first = turn % Math.max(1, all.length);
    pass(incoming, outgoing, [...all.slice(first), ...all.slice(0, first)]);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve(server));
  });
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse, [port, ...others]: number[]): void {
  if (port === undefined) {
    refuse(outgoing, 503);
    return;
  }
  const upstream = request({
    host: '127.0.0.1',
    port,
    method: incoming.method,
    path: incoming.url,
    headers: withoutHops(incoming.headers),
    setHost: false,
    agent: false,
  });
  let isSent = false;
  upstream.once('socket', (socket) => {
    socket.once('connect', () => {
      isSent = true;
      incoming.pipe(upstream);
    });
  });
  upstream.once('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, withoutHops(answer.headers));
    // Whichever end breaks, the other one does too.
    pipeline(answer, outgoing, () => {});
  });
  upstream.once('error', () => {
    if (!isSent) pass(incoming, outgoing, others);
    else if (!outgoing.headersSent) refuse(outgoing, 502);
  });
  outgoing.once('close', () => upstream.destroy());
}

function refuse(outgoing: ServerResponse, status: 502 | 503): void {
  if (!outgoing.destroyed) outgoing.writeHead(status, { 'retry-after': '1' }).end();
}

function withoutHops(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
}
