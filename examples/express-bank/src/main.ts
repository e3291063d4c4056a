import { randomBytes, randomUUID } from 'node:crypto';
import { createAuth0SignIn, isStepUpError } from '@stepgate/core';
import { createGate } from '@stepgate/express';
import { accountPage, loginPage, publicFolder } from 'example-bank-ui';
import express from 'express';
import session from 'express-session';
import { decodeJwt } from 'jose';

declare module 'express-session' {
  interface SessionData {
    user: { sub: string; username: string; loginId: string };
    transfers: { to: string; amount: number }[];
  }
}

const { PORT = '3000', AUTH0_ISSUER = 'http://127.0.0.1:4400/', STEP_UP_MAX_AGE = '60' } = process.env;
const { AUTH0_CLIENT_ID = 'stepgate-demo', AUTH0_CLIENT_SECRET = 'stepgate-demo-secret' } = process.env;
// Seconds, or a duration like "5m".
const maxAge = /^\d+$/.test(STEP_UP_MAX_AGE) ? Number(STEP_UP_MAX_AGE) : STEP_UP_MAX_AGE;

const auth0 = {
  issuer: AUTH0_ISSUER,
  clientId: AUTH0_CLIENT_ID,
  clientSecret: AUTH0_CLIENT_SECRET,
  audience: 'https://bank.example/',
  // The emulator on this machine speaks plain http. A real tenant never does.
  allowInsecureIssuer: true,
};
const signIn = createAuth0SignIn({ ...auth0, scope: 'offline_access' });

/** By login. A table, in a real app. */
const refreshTokens = new Map<string, string>();

const gate = createGate({
  auth0: { ...auth0, scope: 'transfer:funds' },
  // A real app keeps it in its configuration, the same for all of its processes.
  secret: randomBytes(32).toString('hex'),
  identify: ({ session: { user } }) => user && { subject: user.sub, sessionId: user.loginId },
  firstLeg: {
    refreshToken: ({ identity }) => refreshTokens.get(identity.sessionId),
    saveRefreshToken: ({ identity }, token) => void refreshTokens.set(identity.sessionId, token),
    password: { username: ({ request }) => request.session.user?.username ?? '' },
  },
  // A demo is pressed more often than a bank's customer would.
  limits: { startsPerSession: false, messagesPerSession: false, messagesPerSubject: false },
  loginUrl: () => '/',
});

const app = express();
app.disable('x-powered-by');
app.use(
  session({
    secret: randomBytes(32).toString('hex'),
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax' },
  }),
);
app.use('/public', express.static(publicFolder));
// After the session, before the body parsers: the gate reads its own bodies.
app.use(gate);
app.use(express.json(), express.urlencoded({ extended: false }));

app.get('/', (req, res) => {
  const { user, transfers = [] } = req.session;
  res.type('html').send(user ? accountPage({ username: user.username, transfers }) : loginPage());
});

app.post('/login', async (req, res) => {
  const { username, password } = (req.body ?? {}) as { username?: unknown; password?: unknown };
  if (typeof username !== 'string' || typeof password !== 'string') {
    res.status(400).json({ error: 'username and password are needed' });
    return;
  }
  const result = await signIn.password({ username, password }).catch((error: unknown) => {
    // Anything but a wrong password is a fault, and for the error handler.
    if (isStepUpError(error, 'credentials_refused')) return undefined;
    throw error;
  });
  if (result?.status !== 'signed_in' || result.tokens.idToken === undefined) {
    res.status(401).format({
      json: () => res.json({ error: 'wrong username or password' }),
      html: () => res.send(loginPage('That username and password do not go together.')),
    });
    return;
  }
  const { sub = '' } = decodeJwt(result.tokens.idToken);
  // A fresh session for a fresh login, so that nobody can have prepared it.
  await new Promise<void>((resolve, reject) => {
    req.session.regenerate((error) => (error ? reject(error as Error) : resolve()));
  });
  const loginId = randomUUID();
  req.session.user = { sub, username, loginId };
  if (result.tokens.refreshToken !== undefined) refreshTokens.set(loginId, result.tokens.refreshToken);
  res.format({ json: () => res.json({ username }), html: () => res.redirect(303, '/') });
});

app.post('/logout', (req, res) => {
  if (req.session.user) refreshTokens.delete(req.session.user.loginId);
  req.session.destroy(() => res.redirect(303, '/'));
});

app.post('/transfers', gate.require({ maxAge }), (req, res) => {
  const { to = 'Grace', amount = 250 } = (req.body ?? {}) as { to?: string; amount?: number };
  const transfer = { to: String(to), amount: Number(amount) };
  req.session.transfers = [...(req.session.transfers ?? []), transfer];
  const approvedBy = req.stepUp?.approval.factor;
  res.status(201).format({
    json: () => res.json({ ...transfer, approvedBy }),
    html: () => res.redirect(303, '/'),
  });
});

const server = app.listen(Number(PORT), '127.0.0.1', (error) => {
  if (error) {
    console.error(
      `The bank cannot listen on port ${PORT}: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`,
    );
    process.exit(1);
  }
  const address = server.address();
  console.log(`bank: http://127.0.0.1:${typeof address === 'object' && address ? address.port : PORT}/`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    gate.close();
    server.close();
    server.closeAllConnections();
  });
}
