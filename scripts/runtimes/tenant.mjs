// What the gate of every app has, also of the app that Next.js bundles.
import { auth0 } from '@stepgate/server';

export const SECRET = 'a secret of at least 32 characters, for tests';

/** The options of a gate for this user of the emulator, but for `identify` and the store. */
export function optionsFor({ issuer, refreshToken }) {
  return {
    provider: auth0({
      issuer,
      clientId: 'stepgate-demo',
      clientSecret: 'stepgate-demo-secret',
      allowInsecureIssuer: true,
      mfaApi: { audience: 'https://bank.example/', scope: 'transfer:funds' },
    }),
    secret: SECRET,
    firstLeg: { refreshToken: () => refreshToken },
    testing: { timing: { pollIntervalMs: 100 }, random: () => 0 },
  };
}
