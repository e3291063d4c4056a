import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A wire to a port of this machine that can be cut in a way that nobody is told of. */
export interface Wire {
  readonly port: number;
  /** From now on nothing passes on the connections that are there; new ones work. */
  freeze(): void;
  close(): void;
}

/** Lays a wire. */
export async function layWire(to: number): Promise<Wire> {
  const ends: Socket[] = [];
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
    close() {
      for (const end of ends) end.destroy();
      server.close();
    },
  };
}
