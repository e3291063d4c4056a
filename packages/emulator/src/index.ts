export type * from './exported-types.ts';
export type { EmulatorServer, ListenOptions } from './http/listen.ts';
export { EmulatorError } from './lib/emulator-error.ts';
export { createEmulator, type Emulator } from './listening-emulator.ts';
