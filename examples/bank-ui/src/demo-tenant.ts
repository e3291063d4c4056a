import { createEmulator, type Emulator } from '@stepgate/emulator';
import { readSettings, type Settings } from './settings.ts';

/** The tenant of a bank, and what the bank is told by its environment. */
export interface DemoTenant {
  readonly settings: Settings;
  close(): Promise<void>;
}

/** Reads the environment, and starts an emulator with a phone where that names no tenant (`AUTH0_ISSUER`). */
export async function openTenant(
  env: NodeJS.ProcessEnv,
  defaults: { readonly port: number },
): Promise<DemoTenant> {
  if (env.AUTH0_ISSUER !== undefined) return { settings: readSettings(env, defaults), close: async () => {} };
  const tenant = await serveEmulator(createEmulator(), env);
  const phone = `${tenant.phoneUrl}?user=ada`;
  console.log(`phone: ${phone}    sign in as ada, password correct-horse`);
  const settings = readSettings({ ...env, AUTH0_ISSUER: tenant.url, DEMO_PHONE_URL: phone }, defaults);
  return { settings, close: () => tenant.close() };
}

/** Serves an emulator on `EMULATOR_PORT`; a port that is taken ends the program with a sentence. */
export function serveEmulator(
  emulator: Emulator,
  { EMULATOR_PORT = '4400' }: NodeJS.ProcessEnv,
): ReturnType<Emulator['listen']> {
  return emulator.listen({ port: Number(EMULATOR_PORT) }).catch(() => {
    console.error(`Port ${EMULATOR_PORT} is taken: end what listens there, or set EMULATOR_PORT.`);
    process.exit(1);
  });
}
