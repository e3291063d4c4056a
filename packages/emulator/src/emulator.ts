import { createClock } from './clock.ts';
import { createEmulatorParts, type EmulatorControl } from './emulator-control.ts';
import { createHandler } from './http/handle.ts';
import { type EmulatorServer, type ListenOptions, listen } from './http/listen.ts';
import { type EmulatorOptions, resolveOptions } from './options.ts';
import { randomId } from './random.ts';
import type { TenantFrame } from './tenant.ts';
import { createSigningKeys, type SigningKeys } from './tokens/signing-keys.ts';

/** An emulated Auth0 tenant. */
export interface Emulator extends EmulatorControl {
  /**
   * Answers a request without a socket. A fault that drops the connection rejects with the `TypeError` that
   * `fetch` fails with; nothing else rejects.
   */
  handle(request: Request): Promise<Response>;
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
  const resolved = resolveOptions(options);
  const clock = createClock(resolved.clock);
  let issuer = resolved.issuer ?? 'http://127.0.0.1:4400/';
  let keys: Promise<SigningKeys> | undefined;
  const frame: TenantFrame = {
    ...resolved,
    clock,
    issuer: () => issuer,
    mfaAudience: () => resolved.mfaAudience ?? `${issuer}mfa/`,
    signingKeys() {
      keys ??= createSigningKeys(randomId(resolved.randomBytes, 12));
      return keys;
    },
  };
  const parts = createEmulatorParts(frame, resolved.settings, clock);
  const handle = createHandler(parts);
  return Object.assign(parts.control, {
    handle,
    async listen(listenOptions: ListenOptions = {}) {
      const server = await listen(handle, listenOptions);
      if (resolved.issuer === undefined) issuer = server.url;
      return server;
    },
  });
}
