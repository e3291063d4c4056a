import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Serves a bank until SIGINT or SIGTERM; calls `stopped` when it has stopped. */
export function serveBank(
  app: RequestListener,
  options: {
    /** 0 takes a free one. */
    readonly port: number;
    readonly gate: { close(): Promise<void> };
    readonly stopped?: () => unknown;
  },
): void {
  const { port, gate, stopped = () => {} } = options;
  const server = createServer(app).listen(port, '127.0.0.1');
  server.once('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    console.error(`The bank cannot listen on port ${port}: ${code}`);
    process.exit(1);
  });
  server.once('listening', () => {
    console.log(`bank: http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      server.close(stopped);
      // Event streams end with the gate.
      void gate.close().finally(() => server.closeAllConnections());
    });
  }
}
