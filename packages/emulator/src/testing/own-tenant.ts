import type { EmulatorOptions } from '../emulator-options.ts';
import { createEmulator, type Emulator } from '../listening-emulator.ts';
import { connectTenant, type TestTenant } from './test-tenant.ts';

/** A tenant in this process, for tests that do not want to share one. */
export interface OwnTenant extends TestTenant, AsyncDisposable {
  /** The emulator itself, with everything that it can do. */
  readonly emulator: Emulator;
  close(): Promise<void>;
}

/** Starts a tenant on a free port; `close` ends it. */
export async function startTenant(options: EmulatorOptions = {}): Promise<OwnTenant> {
  const emulator = createEmulator(options);
  const server = await emulator.listen();
  const tenant = await connectTenant(server.url);
  const close = (): Promise<void> => server.close();
  return { ...tenant, emulator, close, [Symbol.asyncDispose]: close };
}
