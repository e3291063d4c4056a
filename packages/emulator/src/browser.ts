import { createPortableEmulator, type PortableEmulator } from './emulator.ts';
import type { EmulatorOptions } from './emulator-options.ts';

export type * from './exported-types.ts';
export { EmulatorError } from './lib/emulator-error.ts';
export { type MountedPhone, mountPhone } from './mounted-phone.ts';

/**
 * Makes an emulator where there is no Node: in a page, a worker, Bun, Deno or workerd. A `TypeError` names an option
 * that is wrong.
 *
 * ```ts
 * const emulator = createEmulator({ issuer: 'https://tenant.example/' });
 * const api = createAuth0MfaApi({ issuer: emulator.issuer, fetch: (...args) => emulator.handle(new Request(...args)) });
 * ```
 */
export function createEmulator(options: EmulatorOptions = {}): PortableEmulator {
  return createPortableEmulator(options).emulator;
}
