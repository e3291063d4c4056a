import { randomBytes, randomUUID } from 'node:crypto';
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import session from '@fastify/session';
import files from '@fastify/static';
import { createAuth0SignIn } from '@stepgate/core';
import { auth0, createGate, isStepUpError } from '@stepgate/fastify';
import { accountPage, DEMO_LIMITS, loginPage, openStore, openTenant, publicFolder } from 'example-bank-ui';
import Fastify, { type FastifyRequest } from 'fastify';
import { decodeJwt } from 'jose';

interface Transfer {
  readonly to: string;
  readonly amount: number;
}

declare module 'fastify' {
  interface Session {
    user?: { sub: string; username: string; loginId: string };
    transfers?: Transfer[];
  }
}

const tenant = await openTenant(process.env, { port: 3002 });
const { settings } = tenant;
const store = await openStore(settings.store);

const audience = 'https://bank.example/';
const client = {
  issuer: settings.issuer,
  clientId: settings.clientId,
  clientSecret: settings.clientSecret,
  // The emulator on this machine speaks plain http. A real tenant never does.
  allowInsecureIssuer: true,
};
const signIn = createAuth0SignIn({ ...client, audience, scope: 'offline_access' });

/** By login. A table, in a real app. */
const refreshTokens = new Map<string, string>();

const gate = createGate({
  provider: auth0({ ...client, mfaApi: { audience, scope: 'transfer:funds' } }),
  // A real app keeps its secrets in its configuration, the same for all of its processes.
  secret: randomBytes(32).toString('hex'),
  ...(store && { store }),
  identify: ({ session: { user } }) => user && { subject: user.sub, sessionId: user.loginId },
  firstLeg: {
    refreshToken: ({ identity }) => refreshTokens.get(identity.sessionId),
    saveRefreshToken: ({ identity }, token) => void refreshTokens.set(identity.sessionId, token),
    password: { username: ({ request }) => request.session.user?.username ?? '' },
  },
  limits: DEMO_LIMITS,
  pollSchedule: settings.pollSchedule,
  testing: { timing: { resendAfterMs: settings.resendAfterMs } },
  loginUrl: () => '/',
});

const wantsHtml = ({ headers }: FastifyRequest): boolean => headers.accept?.includes('text/html') === true;

const app = Fastify();
await app.register(cookie);
await app.register(session, { secret: randomBytes(32).toString('hex'), cookie: { secure: false } });
await app.register(formbody);
await app.register(files, { root: publicFolder, prefix: '/public/' });
await app.register(gate);

app.get('/', async ({ session: { user, transfers = [] } }, reply) => {
  const { phoneUrl } = settings;
  const page = user ? accountPage({ username: user.username, transfers, phoneUrl }) : loginPage();
  return reply.type('text/html').send(page);
});

app.post<{ Body: { username: string; password: string } }>('/login', async (request, reply) => {
  const { username, password } = request.body;
  const result = await signIn.password({ username, password }).catch((error: unknown) => {
    // Anything but a wrong password is a fault, and for the error handler.
    if (isStepUpError(error, 'credentials_refused')) return undefined;
    throw error;
  });
  if (result?.status !== 'signed_in' || result.tokens.idToken === undefined) {
    const problem = 'That username and password do not go together.';
    return reply.code(401).type('text/html').send(loginPage(problem));
  }
  // A fresh session for a fresh login, so that nobody can have prepared it.
  await request.session.regenerate();
  const user = { sub: decodeJwt(result.tokens.idToken).sub ?? '', username, loginId: randomUUID() };
  if (result.tokens.refreshToken !== undefined) refreshTokens.set(user.loginId, result.tokens.refreshToken);
  request.session.user = user;
  return reply.redirect('/', 303);
});

app.post('/logout', async (request, reply) => {
  await gate.revoke(request);
  refreshTokens.delete(request.session.user?.loginId ?? '');
  await request.session.destroy();
  return reply.redirect('/', 303);
});

// The guard as a `preHandler`.
app.post<{ Body: Partial<Transfer> | undefined }>(
  '/transfers',
  { preHandler: gate.require({ maxAge: settings.maxAge }, { replay: true }) },
  async (request, reply) => {
    const { to = 'Grace', amount = 250 } = request.body ?? {};
    const transfer = { to: String(to), amount: Number(amount) };
    request.session.transfers = [...(request.session.transfers ?? []), transfer];
    if (wantsHtml(request)) return reply.redirect('/', 303);
    return reply.code(201).send({ ...transfer, approvedBy: request.stepUp?.approval.factor });
  },
);

// The same by the configuration of the route.
app.post(
  '/closing',
  {
    config: {
      stepUp: {
        // What the customer is about to do, shown while it is approved; the approval is good for nothing else.
        action: {
          id: 'close-account',
          title: 'Close your account',
          details: 'Your balance is paid out to you.',
        },
        // Somebody who has lost the phone must get out too. What is weaker counts only where it is named.
        factors: ['push', 'otp', 'sms', 'voice', 'email', 'recovery-code'],
        singleUse: true,
      },
    },
  },
  async (request, reply) => {
    refreshTokens.delete(request.session.user?.loginId ?? '');
    await request.session.destroy();
    return wantsHtml(request) ? reply.redirect('/', 303) : { closed: true };
  },
);

console.log(`bank: ${await app.listen({ port: settings.port })}/`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    // Closes the gate too.
    void app.close().then(async () => {
      store?.close();
      await tenant.close();
    });
  });
}
