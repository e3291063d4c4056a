import { randomBytes, randomUUID } from 'node:crypto';
import { createGate, type ExpressGate, oidc } from '@stepgate/express';
import {
  accountPage,
  DEMO_LIMITS,
  factorsOf,
  publicFolder,
  readTransfer,
  type Transfer,
} from 'example-bank-ui';
import express, { type Express } from 'express';
import session from 'express-session';
import type { Demo } from './demo-provider.ts';
import { signInPage } from './pages.ts';
import type { Settings } from './settings.ts';

declare module 'express-session' {
  interface SessionData {
    customer: { sub: string; loginId: string };
    booked: Transfer[];
  }
}

/** The bank's app, and the gate in it. */
export interface Bank {
  readonly app: Express;
  readonly gate: ExpressGate;
}

/** Makes the bank. */
export function createBank(settings: Settings, demo?: Demo): Bank {
  const { issuer, clientId, clientSecret, ways, delivery, acr } = settings;
  // A real app keeps it in its configuration, the same for all of its processes.
  const secret = randomBytes(32).toString('hex');

  const gate = createGate({
    provider: oidc({
      issuer,
      clientId,
      clientSecret,
      ...(ways.includes('ciba') && { ciba: { ping: delivery === 'ping' } }),
      ...(ways.includes('redirect') && { redirect: { acr } }),
      // A provider on this machine may speak plain http. Any other never does.
      allowInsecureIssuer: /^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(issuer),
    }),
    secret,
    factors: factorsOf(ways),
    identify: ({ session: { customer } }) =>
      customer && { subject: customer.sub, sessionId: customer.loginId },
    pushCode: settings.pushCode,
    limits: DEMO_LIMITS,
    loginUrl: () => '/',
  });

  const app = express();
  app.disable('x-powered-by');
  app.use(
    session({
      secret,
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax' },
    }),
  );
  app.use('/public', express.static(publicFolder));
  // After the session, before the body parsers: the gate reads its own bodies.
  app.use(gate);
  app.use(express.json(), express.urlencoded({ extended: false }));

  app.get('/', ({ session: { customer, booked = [] } }, res) => {
    const page = customer
      ? accountPage({
          username: customer.sub,
          transfers: booked,
          phoneUrl: demo?.phoneUrl,
          hasAccountSection: false,
        })
      : signInPage(demo?.sub);
    res.type('html').send(page);
  });

  // No password, since this is a demo. A real app signs its users in at the provider.
  app.post('/login', async (req, res) => {
    const { sub } = (req.body ?? {}) as { sub?: unknown };
    if (typeof sub !== 'string' || sub === '' || sub.length > 255) {
      res.status(400).json({ error: 'sub is needed: whom to sign in, as the provider names them' });
      return;
    }
    // A fresh session for a fresh login, so that nobody can have prepared it.
    await new Promise<void>((resolve, reject) => {
      req.session.regenerate((error) => (error ? reject(error as Error) : resolve()));
    });
    req.session.customer = { sub, loginId: randomUUID() };
    res.format({ json: () => res.json({ sub }), html: () => res.redirect(303, '/') });
  });

  app.post('/logout', (req, res) => {
    req.session.destroy(() => res.redirect(303, '/'));
  });

  app.post(
    '/transfers',
    gate.require(
      {
        maxAge: 0,
        // The phone shows the title, which many providers limit to 20 characters with the code.
        action: ({ body }) => {
          const { to, amount } = readTransfer(body);
          return { id: 'transfer', title: `${amount} EUR ${to}`, bind: ['to', 'amount'] };
        },
      },
      { replay: true },
    ),
    (req, res) => {
      const transfer = readTransfer(req.body);
      req.session.booked = [...(req.session.booked ?? []), transfer];
      const approvedBy = req.stepUp?.approval.factor;
      res.status(201).format({
        json: () => res.json({ ...transfer, approvedBy }),
        html: () => res.redirect(303, '/'),
      });
    },
  );

  return { app, gate };
}
