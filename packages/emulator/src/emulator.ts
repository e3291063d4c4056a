import { createClock } from './clock.ts';
import { createEmulatorParts, type EmulatorControl } from './emulator-control.ts';
import { createHandler } from './http/handle.ts';
import { type EmulatorOptions, resolveOptions } from './options.ts';
import { randomId } from './random.ts';
import type { TenantFrame } from './tenant.ts';
import { createSigningKeys, type SigningKeys } from './tokens/signing-keys.ts';

/** An emulated Auth0 tenant that needs no Node API: for pages, workers and other runtimes. */
export interface PortableEmulator extends EmulatorControl {
  /**
   * Answers a request without a socket. A fault that drops the connection rejects with the `TypeError` that
   * `fetch` fails with; nothing else rejects.
   */
  handle(this: void, request: Request): Promise<Response>;
}

/** An emulator, and the function that tells it the address it is served at. */
export function createPortableEmulator(options: EmulatorOptions = {}): {
  readonly emulator: PortableEmulator;
  serveAt(this: void, url: string): void;
} {
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
  return {
    emulator: Object.assign(parts.control, { handle }),
    serveAt(url) {
      if (resolved.issuer === undefined) issuer = url;
    },
  };
}
