import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Serves an app, and opens event streams to it from another process; resolves to the heap of each, in bytes. */
async function heapOfStreams(app, requests, heap) {
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const before = await heap();
  const clients = fork(fileURLToPath(new URL('stream-clients.mjs', import.meta.url)));
  clients.send({ port: server.address().port, requests });
  await once(clients, 'message');
  // Streams at rest, some of them with a poll under way.
  await sleep(3_000);
  const after = await heap();
  clients.disconnect();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  return (after - before) / requests.length;
}

/** The heap that a watcher's stream takes with a real socket, and that of a bare stream of `node:http`. */
export async function measureSockets({ app }, flows, heap) {
  const bare = await heapOfStreams(
    (_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(': nothing\n\n');
    },
    flows.map(({ request }) => ({ path: '/', headers: request.headers })),
    heap,
  );
  const watcher = await heapOfStreams(
    app,
    flows.map(({ request }) => ({ path: request.url, headers: request.headers })),
    heap,
  );
  return { bare, watcher };
}
