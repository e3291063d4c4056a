import { createPortableEmulator, type PortableEmulator } from './emulator.ts';
import type { EmulatorOptions } from './emulator-options.ts';
import { type EmulatorServer, type ListenOptions, listen } from './http/listen.ts';

/** An emulated Auth0 tenant. */
export interface Emulator extends PortableEmulator {
  /** Serves on loopback. Rejects with an error whose message says so when the port is taken. */
  listen(options?: ListenOptions): Promise<EmulatorServer>;
}

/**
 * Makes an emulator; nothing is served until `listen`. A `TypeError` names an option that is wrong.
 *
 * ```ts
 * const emulator = createEmulator();
 * const { url, close } = await emulator.listen();
 * // … a client of `url` enrols a phone …
 * emulator.phone('ada').scan();
 * await close();
 * ```
 */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const { emulator, serveAt } = createPortableEmulator(options);
  return Object.assign(emulator, {
    async listen(listenOptions: ListenOptions = {}) {
      const server = await listen(emulator.handle, listenOptions);
      serveAt(server.url);
      return server;
    },
  });
}
