import { auth0, createGate, createMemoryStore } from '@stepgate/next';
import { DEMO_LIMITS } from 'example-bank-ui/demo-limits';
import { readSession, sessionOf } from './session.ts';
import { AUDIENCE, tenantSettings } from './tenant.ts';

export const stepgate = createGate(() => {
  const { ORIGIN = 'http://127.0.0.1:3003', STEPGATE_SECRET = '' } = process.env;
  return {
    origin: ORIGIN,
    provider: auth0({ ...tenantSettings(), mfaApi: { audience: AUDIENCE, scope: 'transfer:funds' } }),
    secret: STEPGATE_SECRET,
    // For one process. It forgets approvals when it stops.
    store: createMemoryStore(),
    identify: async () => {
      const session = await readSession();
      return session && { subject: session.sub, sessionId: session.loginId };
    },
    firstLeg: {
      refreshToken: async ({ request }) => (await sessionOf(request))?.refreshToken,
      password: { username: async ({ request }) => (await sessionOf(request))?.username ?? '' },
    },
    limits: DEMO_LIMITS,
    loginUrl: '/',
  };
});
