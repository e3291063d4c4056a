import { createServer } from 'node:http';

/** Listens on a free port, on Node's own server, and resolves to the address. */
export async function onNode(listener) {
  const server = createServer(listener);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

/** Listens on the runtime's own server of web-standard requests. */
export async function onFetch(fetch) {
  const place = { port: 0, hostname: '127.0.0.1' };
  const { Bun, Deno } = globalThis;
  // Bun cuts a connection that is idle for 10 seconds, unless it is told to wait.
  if (Bun) return Bun.serve({ ...place, fetch, idleTimeout: 120 }).url.origin;
  if (Deno) return `http://127.0.0.1:${Deno.serve({ ...place, onListen() {} }, fetch).addr.port}`;
  const { getRequestListener } = await import('@hono/node-server');
  return onNode(getRequestListener(fetch));
}
