import { randomUUID } from 'node:crypto';
import { createAuth0SignIn } from '@stepgate/core';
import {
  auth0,
  createGate,
  type ExpressGate,
  type ExpressGateOptions,
  isStepUpError,
} from '@stepgate/express';
import {
  accountPage,
  DEMO_LIMITS,
  factorsOf,
  loginPage,
  publicFolder,
  readTransfer,
  type Settings,
  type Transfer,
} from 'example-bank-ui';
import express, { type Express } from 'express';
import session from 'express-session';
import { decodeJwt } from 'jose';

declare module 'express-session' {
  interface SessionData {
    user: { sub: string; username: string; loginId: string };
    transfers: Transfer[];
  }
}

/** What a bank stands on. Without stores, it keeps everything in this process. */
export interface BankOptions {
  readonly settings: Settings;
  /** At least 32 random characters. A real app keeps it in its configuration, the same for all of its processes. */
  readonly secret: string;
  /** The gate's. */
  readonly store?: ExpressGateOptions['store'];
  readonly sessions?: session.Store;
  readonly refreshTokens?: RefreshTokens;
}

/** The refresh tokens of those who are signed in, by login. A table, in a real app. */
export interface RefreshTokens {
  get(loginId: string): string | undefined | Promise<string | undefined>;
  set(loginId: string, token: string): unknown;
  delete(loginId: string): unknown;
}

/** The bank's app, and the gate in it. */
export interface Bank {
  readonly app: Express;
  readonly gate: ExpressGate;
}

/** Makes the bank. */
export function createBank({
  settings,
  secret,
  store,
  sessions,
  refreshTokens = new Map<string, string>(),
}: BankOptions): Bank {
  const audience = 'https://bank.example/';
  const client = {
    issuer: settings.issuer,
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
    // The emulator on this machine speaks plain http. A real tenant never does.
    allowInsecureIssuer: true,
  };
  const signIn = createAuth0SignIn({ ...client, audience, scope: 'offline_access' });

  const gate = createGate({
    provider: auth0({
      ...client,
      ...(settings.ways.includes('ciba') && { ciba: {} }),
      ...(settings.ways.includes('mfa-api') && { mfaApi: { audience, scope: 'transfer:funds' } }),
      ...(settings.ways.includes('redirect') && { redirect: {} }),
    }),
    factors: factorsOf(settings.ways),
    secret,
    pushCode: settings.pushCode,
    ...(store && { store }),
    identify: ({ session: { user } }) => user && { subject: user.sub, sessionId: user.loginId },
    firstLeg: {
      refreshToken: ({ identity }) => refreshTokens.get(identity.sessionId),
      saveRefreshToken: async ({ identity }, token) =>
        void (await refreshTokens.set(identity.sessionId, token)),
      password: { username: ({ request }) => request.session.user?.username ?? '' },
    },
    limits: DEMO_LIMITS,
    pollSchedule: settings.pollSchedule,
    testing: { timing: { resendAfterMs: settings.resendAfterMs } },
    loginUrl: () => '/',
  });

  const app = express();
  app.disable('x-powered-by');
  app.use(
    session({
      secret,
      store: sessions,
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
    const { phoneUrl } = settings;
    res.type('html').send(user ? accountPage({ username: user.username, transfers, phoneUrl }) : loginPage());
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
    if (result.tokens.refreshToken !== undefined)
      await refreshTokens.set(loginId, result.tokens.refreshToken);
    res.format({ json: () => res.json({ username }), html: () => res.redirect(303, '/') });
  });

  app.post('/logout', async (req, res) => {
    if (req.session.user) await refreshTokens.delete(req.session.user.loginId);
    req.session.destroy(() => res.redirect(303, '/'));
  });

  app.post(
    '/transfers',
    gate.require(
      {
        maxAge: settings.maxAge,
        // The phone shows the title. An approval is good for this recipient and this amount alone.
        action: ({ body }) => {
          const { to, amount } = readTransfer(body);
          return { id: 'transfer', title: `Transfer ${amount} EUR to ${to}`, bind: ['to', 'amount'] };
        },
      },
      { replay: true },
    ),
    (req, res) => {
      const transfer = readTransfer(req.body);
      req.session.transfers = [...(req.session.transfers ?? []), transfer];
      const approvedBy = req.stepUp?.approval.factor;
      res.status(201).format({
        json: () => res.json({ ...transfer, approvedBy }),
        html: () => res.redirect(303, '/'),
      });
    },
  );

  app.post(
    '/closing',
    gate.require({
      // What the customer is about to do, shown while it is approved; the approval is good for nothing else.
      action: {
        id: 'close-account',
        title: 'Close your account',
        details: 'Your balance is paid out to you.',
      },
      // Somebody who has lost the phone must get out too. What is weaker counts only where it is named.
      factors: ['push', 'otp', 'sms', 'voice', 'email', 'recovery-code', 'hosted'],
      singleUse: true,
    }),
    async (req, res) => {
      if (req.session.user) await refreshTokens.delete(req.session.user.loginId);
      req.session.destroy(() =>
        res.format({ json: () => res.json({ closed: true }), html: () => res.redirect(303, '/') }),
      );
    },
  );

  return { app, gate };
}
