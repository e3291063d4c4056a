import { createEmulator } from '@stepgate/emulator';
import { serveEmulator } from 'example-bank-ui';

/** A user of the emulator, and the page of their phone. */
export interface Demo {
  readonly sub: string;
  readonly phoneUrl: string;
}

/** The OpenID provider of the bank. */
export interface DemoProvider {
  /** The environment, with the provider in it. */
  readonly env: NodeJS.ProcessEnv;
  /** Absent where the environment names a provider. */
  readonly demo?: Demo;
  close(): Promise<void>;
}

/** The class of a sign-in with a second factor, at Auth0 and the emulator. */
const MFA = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

/** Takes the provider of the environment (`OIDC_ISSUER`), or starts the emulator as one, with a user who has a phone. */
export async function openProvider(env: NodeJS.ProcessEnv): Promise<DemoProvider> {
  if (env.OIDC_ISSUER !== undefined) return { env, close: async () => {} };
  const emulator = createEmulator({
    users: [{ username: 'ada', password: 'correct-horse', factors: [{ factor: 'push' }] }],
    clients: [{ clientId: 'oidc-bank', clientSecret: 'oidc-bank-secret' }],
    // As a standard provider does.
    dialect: { cibaLoginHint: 'any' },
  });
  const provider = await serveEmulator(emulator, env);
  const demo = { sub: emulator.users()[0]?.sub ?? '', phoneUrl: `${provider.phoneUrl}?user=ada` };
  console.log(`phone: ${demo.phoneUrl}    sign in as ${demo.sub}`);
  const client = { OIDC_CLIENT_ID: 'oidc-bank', OIDC_CLIENT_SECRET: 'oidc-bank-secret', OIDC_ACR: MFA };
  return { env: { ...env, OIDC_ISSUER: provider.url, ...client }, demo, close: () => provider.close() };
}
