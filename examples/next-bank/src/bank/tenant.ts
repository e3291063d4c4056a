import { createAuth0SignIn } from '@stepgate/core';

export const AUDIENCE = 'https://bank.example/';

/** The application's settings at the tenant, which by default is the emulator's. */
export function tenantSettings() {
  const { AUTH0_ISSUER = 'http://127.0.0.1:4400/' } = process.env;
  const { AUTH0_CLIENT_ID = 'stepgate-demo', AUTH0_CLIENT_SECRET = 'stepgate-demo-secret' } = process.env;
  return {
    issuer: AUTH0_ISSUER,
    clientId: AUTH0_CLIENT_ID,
    clientSecret: AUTH0_CLIENT_SECRET,
    // The emulator on this machine speaks plain http. A real tenant never does.
    allowInsecureIssuer: AUTH0_ISSUER.startsWith('http://127.0.0.1:'),
  };
}

/** Signs a user in with username and password. */
export function signIn(username: string, password: string) {
  return createAuth0SignIn({ ...tenantSettings(), audience: AUDIENCE, scope: 'offline_access' }).password({
    username,
    password,
  });
}
