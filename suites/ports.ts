import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A port that a test holds. */
interface TakenPort {
  readonly port: number;
  free(): Promise<void>;
}

/**
 * Where to look for ports: below those that the system gives to connections, which could be taken at any moment, with
 * room for the second port of a Redis cluster node. Each worker has its own part.
 */
const FIRST = 12_000;
const WORKERS = 20;
const PORTS_EACH = 500;

const first = FIRST + (Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS) * PORTS_EACH;
let next = randomInt(PORTS_EACH);

function nextPort(): number {
  next = (next + 1) % PORTS_EACH;
  return first + next;
}

/** Takes a port of this machine: any, or the given one as soon as it is free. */
export async function takePort(port?: number): Promise<TakenPort> {
  const until = performance.now() + 10_000;
  for (;;) {
    try {
      return await listenOn(port ?? nextPort());
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || performance.now() > until) throw error;
      // A process that ends closes its output before its ports.
      if (port !== undefined) await sleep(20);
    }
  }
}

async function listenOn(port: number): Promise<TakenPort> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { port, free: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const taken = await takePort();
  await taken.free();
  return taken.port;
}
