import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A proxy to a port of this machine that can fail as networks do. */
export interface Wire {
  readonly port: number;
  /** Nothing passes on the present connections any more, and neither end is told; new connections work. */
  freeze(): void;
  /** New connections lead to another port, as after a failover. */
  leadTo(port: number): void;
  close(): void;
}

/** Starts the proxy. */
export async function layWire(port: number): Promise<Wire> {
  const ends: Socket[] = [];
  let to = port;
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const end of [near, far]) end.on('error', () => {});
    near.pipe(far);
    far.pipe(near);
    ends.push(near, far);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    freeze() {
      for (const end of ends) end.unpipe().pause();
    },
    leadTo(next) {
      to = next;
    },
    close() {
      for (const end of ends) end.destroy();
      server.close();
    },
  };
}
