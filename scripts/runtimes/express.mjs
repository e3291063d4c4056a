// The app on Express, with each login library of docs/guides/identity.md that goes with it.
import { randomUUID } from 'node:crypto';
import { createGate, identifyByBearer, identifyByOidc, identifyBySession } from '@stepgate/express';
import express from 'express';
import { onNode } from './listen.mjs';
import { POLICY, REPLAY, resultOf, SECRET, user } from './options.mjs';

/** Makes an app whose users sign in by `mountLogin(app, url)`, which resolves to the gate's `identify`. */
export async function expressApp(mountLogin, options) {
  const app = express();
  const url = await onNode(app);
  const gate = createGate({ ...options, identify: await mountLogin(app, url) });
  app.use(gate);
  app.use(express.json(), express.urlencoded({ extended: false }));
  app.post('/transfers', gate.require(POLICY), (req, res) => res.json(resultOf(req.stepUp)));
  app.post('/orders', gate.require(POLICY, REPLAY), (req, res) => res.json({ to: req.body.to }));
  return url;
}

export async function withSession(app) {
  const { default: session } = await import('express-session');
  app.use(session({ secret: SECRET, resave: false, saveUninitialized: false }));
  app.post('/login', (req, res) => {
    req.session.user = { sub: user.sub };
    res.json({});
  });
  return identifyBySession({ subject: ({ user: signedIn }) => signedIn?.sub });
}

export async function withPassport(app) {
  const [{ default: session }, { default: passport }] = await Promise.all([
    import('express-session'),
    import('passport'),
  ]);
  const authenticator = new passport.Passport();
  class EverybodyIsAda extends passport.Strategy {
    authenticate() {
      this.success({ sub: user.sub });
    }
  }
  authenticator.use('test', new EverybodyIsAda());
  authenticator.serializeUser(({ sub }, done) => done(null, sub));
  authenticator.deserializeUser((sub, done) => done(null, { sub }));
  app.use(session({ secret: SECRET, resave: false, saveUninitialized: false }), authenticator.session());
  app.post('/login', authenticator.authenticate('test'), (_req, res) => res.json({}));
  return identifyBySession({ subject: ({ passport: kept }) => kept?.user });
}

export async function withBetterAuth(app, url) {
  const [{ betterAuth }, { memoryAdapter }, { fromNodeHeaders, toNodeHandler }] = await Promise.all([
    import('better-auth'),
    import('better-auth/adapters/memory'),
    import('better-auth/node'),
  ]);
  const auth = betterAuth({
    baseURL: url,
    secret: SECRET,
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true },
    user: { additionalFields: { sub: { type: 'string', input: false, required: false } } },
    databaseHooks: { user: { create: { before: async (one) => ({ data: { ...one, sub: user.sub } }) } } },
    telemetry: { enabled: false },
  });
  app.all('/api/auth/*path', toNodeHandler(auth));
  return async ({ headers }) => {
    const found = await auth.api.getSession({ headers: fromNodeHeaders(headers) });
    return found && { subject: found.user.sub, sessionId: found.session.id };
  };
}

export async function withAuthJs(app) {
  const [{ ExpressAuth, getSession }, { default: credentials }] = await Promise.all([
    import('@auth/express'),
    import('@auth/express/providers/credentials'),
  ]);
  const config = {
    secret: SECRET,
    trustHost: true,
    providers: [credentials({ credentials: {}, authorize: () => ({ id: user.sub }) })],
    callbacks: {
      jwt: ({ token, account }) =>
        account ? { ...token, sub: account.providerAccountId, loginId: randomUUID() } : token,
      session: ({ session: told, token }) => ({ ...told, sub: token.sub, loginId: token.loginId }),
    },
  };
  app.use('/auth', ExpressAuth(config));
  return async (req) => {
    const found = await getSession(req, config);
    return found && { subject: found.sub, sessionId: found.loginId };
  };
}

export async function withOpenidConnect(app, url) {
  const { default: oidc } = await import('express-openid-connect');
  app.use(
    oidc.auth({
      issuerBaseURL: user.issuer,
      baseURL: url,
      clientID: 'stepgate-demo',
      clientSecret: 'stepgate-demo-secret',
      clientAuthMethod: 'client_secret_post',
      secret: SECRET,
      authorizationParams: { response_type: 'code', scope: 'openid profile' },
      authRequired: false,
    }),
  );
  return identifyByOidc();
}

/** Tokens as those of Clerk: of a short life, with the `sid` of the login. */
export async function withBearer(app) {
  const [{ auth }, { SignJWT }] = await Promise.all([import('express-oauth2-jwt-bearer'), import('jose')]);
  const [issuer, audience] = ['https://login.example/', 'https://bank.example/'];
  app.post('/login', async (_req, res) => {
    const token = new SignJWT({ sid: 'sess_1' }).setProtectedHeader({ alg: 'HS256' }).setSubject(user.sub);
    token.setIssuer(issuer).setAudience(audience).setIssuedAt().setExpirationTime('1m');
    res.json({ token: await token.sign(new TextEncoder().encode(SECRET)) });
  });
  app.use(auth({ issuer, audience, secret: SECRET, tokenSigningAlg: 'HS256', authRequired: false }));
  return identifyByBearer();
}
