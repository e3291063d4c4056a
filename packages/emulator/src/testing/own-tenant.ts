import type { EmulatorOptions } from '../emulator-options.ts';
import type { ListenOptions } from '../http/listen.ts';
import { createEmulator, type Emulator } from '../listening-emulator.ts';
import { createControlClient } from './control-client.ts';
import { type TestTenant, toTestTenant } from './test-tenant.ts';

/** A tenant in this process, for tests that do not want to share one. */
export interface OwnTenant extends TestTenant, AsyncDisposable {
  /** The emulator itself, with everything that it can do. */
  readonly emulator: Emulator;
  close(): Promise<void>;
}

/** Starts a tenant, on a free port unless it is told another; `close` ends it. */
export async function startTenant(
  options: EmulatorOptions = {},
  listenOptions: ListenOptions = {},
): Promise<OwnTenant> {
  const emulator = createEmulator(options);
  const server = await emulator.listen(listenOptions);
  // In the process, so it does not matter whether the certificate is trusted here.
  const control = createControlClient(server.url, (input, init) => emulator.handle(new Request(input, init)));
  const { certificateFile } = server;
  const tenant = await toTestTenant(
    control,
    certificateFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificateFile },
  );
  const close = (): Promise<void> => server.close();
  return { ...tenant, emulator, close, [Symbol.asyncDispose]: close };
}
