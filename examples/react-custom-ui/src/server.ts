import { randomBytes, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createAuth0SignIn } from '@stepgate/core';
import { createEmulator } from '@stepgate/emulator';
import { auth0, createGate } from '@stepgate/express';
import express from 'express';
import session from 'express-session';
import { decodeJwt } from 'jose';

declare module 'express-session' {
  interface SessionData {
    user: { sub: string; username: string; loginId: string };
    notes: string[];
  }
}

const { PORT = '3000' } = process.env;
const USERNAME = 'ada';
const PASSWORD = 'correct-horse';
// A tenant for the desk in this process; put your own issuer and client here.
const tenant = await createEmulator().listen();
const audience = 'https://bank.example/';
const client = {
  issuer: tenant.url,
  clientId: 'stepgate-demo',
  clientSecret: 'stepgate-demo-secret',
  allowInsecureIssuer: true,
};

/** By login. A table, in a real app. */
const refreshTokens = new Map<string, string>();

const gate = createGate({
  provider: auth0({ ...client, mfaApi: { audience, scope: 'transfer:funds' } }),
  secret: randomBytes(32).toString('hex'),
  identify: ({ session: { user } }) => user && { subject: user.sub, sessionId: user.loginId },
  firstLeg: {
    refreshToken: ({ identity }) => refreshTokens.get(identity.sessionId),
    saveRefreshToken: ({ identity }, token) => void refreshTokens.set(identity.sessionId, token),
    password: { username: () => USERNAME },
  },
});

const app = express();
app.use(session({ secret: randomBytes(32).toString('hex'), resave: false, saveUninitialized: false }));
app.use(gate);

// In place of a login page: whoever comes is ada.
app.get('/account', async (req, res) => {
  if (req.session.user === undefined) {
    const signIn = createAuth0SignIn({ ...client, audience, scope: 'offline_access' });
    const result = await signIn.password({ username: USERNAME, password: PASSWORD });
    if (result.status !== 'signed_in') throw new Error('the tenant asks for MFA at every sign-in');
    const { sub = '' } = decodeJwt(result.tokens.idToken ?? '');
    const loginId = randomUUID();
    req.session.user = { sub, username: USERNAME, loginId };
    if (result.tokens.refreshToken !== undefined) refreshTokens.set(loginId, result.tokens.refreshToken);
    req.session.notes = ['Water the plants', 'Call Grace', 'Renew the passport'];
  }
  res.json({ username: USERNAME, phone: `${tenant.phoneUrl}?user=${USERNAME}`, notes: req.session.notes });
});

app.delete(
  '/notes',
  gate.require({ maxAge: 0, action: { id: 'notes.delete', title: 'Delete all notes' } }),
  (req, res) => {
    req.session.notes = [];
    res.status(204).end();
  },
);

app.use(express.static(fileURLToPath(new URL('../dist', import.meta.url))));

const server = app.listen(Number(PORT), '127.0.0.1', (error) => {
  if (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    console.error(`The app cannot listen on port ${PORT} (${code}): PORT chooses another one.`);
    process.exit(1);
  }
  console.log(`app: http://127.0.0.1:${(server.address() as AddressInfo).port}/
Open it, press "Delete all notes", and answer on the phone beside it. The password that it asks for the first time
is ${PASSWORD}. Ctrl-C ends it.`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close();
    void gate.close().finally(() => {
      server.closeAllConnections();
      void tenant.close();
    });
  });
}
