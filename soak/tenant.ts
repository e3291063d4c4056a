import { createAuth0MfaApi, createAuth0SignIn } from '@stepgate/core';
import { createEmulator, type Emulator, type Phone } from '@stepgate/emulator';

/** The tenant of the soak, and its users. */
export interface Tenant {
  readonly emulator: Emulator;
  readonly issuer: string;
  /** Adds a user with a phone, and signs the user in. */
  addUser(username: string): Promise<User>;
  stop(): Promise<void>;
}

/** A user of the tenant. */
export interface User {
  readonly subject: string;
  readonly phone: Phone;
  readonly refreshToken: string;
}

/** The secret of the emulator's confidential client. */
export const CLIENT_SECRET = 'stepgate-demo-secret';
/** The password of every user. */
export const PASSWORD = 'correct-horse';

const MINUTE_MS = 60_000;

/** Starts the tenant. Pushes can be answered for this long. */
export async function startTenant(oobCodeMs: number): Promise<Tenant> {
  const emulator = createEmulator({
    // The same users return all the time.
    limits: { pushes: 'off', wrongPasswords: 'off' },
    lifetimes: { oobCodeMs, enrollmentMs: 60 * MINUTE_MS },
  });
  const server = await emulator.listen();
  const auth0 = {
    issuer: emulator.issuer,
    clientId: 'stepgate-demo',
    clientSecret: CLIENT_SECRET,
    audience: 'https://bank.example/',
    allowInsecureIssuer: true,
  };
  const forMfa = createAuth0SignIn({ ...auth0, scope: 'transfer:funds' });
  const forApp = createAuth0SignIn({ ...auth0, scope: 'offline_access' });
  const api = createAuth0MfaApi(auth0);

  return {
    emulator,
    issuer: emulator.issuer,
    async addUser(username) {
      const credentials = { username, password: PASSWORD };
      const { sub } = emulator.addUser(credentials);
      const phone = emulator.phone(username);
      const leg = await forMfa.password(credentials);
      if (leg.status !== 'mfa_required') throw new Error('the tenant did not ask for MFA');
      await api.enroll({ mfaToken: leg.mfaToken, factor: 'push' });
      phone.scan();
      const signedIn = await forApp.password(credentials);
      if (signedIn.status !== 'signed_in') throw new Error('the tenant gave no tokens');
      return { subject: sub, phone, refreshToken: signedIn.tokens.refreshToken ?? '' };
    },
    stop: () => server.close(),
  };
}
