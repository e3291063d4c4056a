export { EmulatorError } from './emulator-error.ts';
export type * from './exported-types.ts';
export type { EmulatorServer, ListenOptions } from './http/listen.ts';
export { createEmulator, type Emulator } from './listening-emulator.ts';
