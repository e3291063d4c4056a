import { randomBytes, randomUUID } from 'node:crypto';
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import { createAuth0SignIn } from '@stepgate/core';
import { auth0, createGate, isStepUpError } from '@stepgate/koa';
import {
  accountPage,
  DEMO_LIMITS,
  factorsOf,
  loginPage,
  openStore,
  publicFolder,
  readSettings,
  readTransfer,
  serveBank,
  type Transfer,
} from 'example-bank-ui';
import { decodeJwt } from 'jose';
import Koa from 'koa';
import mount from 'koa-mount';
import session from 'koa-session';
import serve from 'koa-static';

interface User {
  readonly sub: string;
  readonly username: string;
  readonly loginId: string;
}

const settings = readSettings(process.env, { port: 3001 });
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

const userOf = (ctx: Koa.Context): User | undefined => ctx.session?.user as User | undefined;

/** By login. A table, in a real app. */
const refreshTokens = new Map<string, string>();

const gate = createGate({
  provider: auth0({
    ...client,
    ...(settings.ways.includes('ciba') && { ciba: {} }),
    ...(settings.ways.includes('mfa-api') && { mfaApi: { audience, scope: 'transfer:funds' } }),
    ...(settings.ways.includes('redirect') && { redirect: {} }),
  }),
  factors: factorsOf(settings.ways),
  // A real app keeps it in its configuration, the same for all of its processes.
  secret: randomBytes(32).toString('hex'),
  ...(store && { store }),
  identify: (ctx) => {
    const user = userOf(ctx);
    return user && { subject: user.sub, sessionId: user.loginId };
  },
  firstLeg: {
    refreshToken: ({ identity }) => refreshTokens.get(identity.sessionId),
    saveRefreshToken: ({ identity }, token) => void refreshTokens.set(identity.sessionId, token),
    password: { username: ({ request }) => userOf(request)?.username ?? '' },
  },
  pushCode: settings.pushCode,
  limits: DEMO_LIMITS,
  pollSchedule: settings.pollSchedule,
  testing: { timing: { resendAfterMs: settings.resendAfterMs } },
  loginUrl: () => '/',
});

const app = new Koa();
app.keys = [randomBytes(32).toString('hex')];

// The refresh token is nothing for a cookie: sessions live here.
const sessions = new Map<string, unknown>();
app.use(
  session(
    {
      sameSite: 'lax',
      store: {
        get: async (id) => sessions.get(id),
        set: async (id, value) => void sessions.set(id, value),
        destroy: async (id) => void sessions.delete(id),
      },
    },
    app,
  ),
);
app.use(mount('/public', serve(publicFolder)));
// After the session, before the body parser: the gate reads its own bodies.
app.use(gate);
app.use(bodyParser());

const router = new Router();

router.get('/', (ctx) => {
  const user = userOf(ctx);
  const transfers = (ctx.session?.transfers ?? []) as Transfer[];
  const { phoneUrl } = settings;
  ctx.type = 'html';
  ctx.body = user ? accountPage({ username: user.username, transfers, phoneUrl }) : loginPage();
});

router.post('/login', async (ctx) => {
  const { username, password } = (ctx.request.body ?? {}) as { username?: unknown; password?: unknown };
  if (typeof username !== 'string' || typeof password !== 'string') {
    ctx.status = 400;
    ctx.body = { error: 'username and password are needed' };
    return;
  }
  const result = await signIn.password({ username, password }).catch((error: unknown) => {
    // Anything but a wrong password is a fault, and for the error handler.
    if (isStepUpError(error, 'credentials_refused')) return undefined;
    throw error;
  });
  const wantsHtml = ctx.accepts('json', 'html') === 'html';
  if (result?.status !== 'signed_in' || result.tokens.idToken === undefined) {
    ctx.status = 401;
    ctx.body = wantsHtml
      ? loginPage('That username and password do not go together.')
      : { error: 'wrong username or password' };
    return;
  }
  const { sub = '' } = decodeJwt(result.tokens.idToken);
  // A fresh session for a fresh login, so that nobody can have prepared it.
  ctx.session?.regenerate();
  const user: User = { sub, username, loginId: randomUUID() };
  if (result.tokens.refreshToken !== undefined) refreshTokens.set(user.loginId, result.tokens.refreshToken);
  Object.assign(ctx.session ?? {}, { user });
  if (wantsHtml) ctx.redirect('/');
  else ctx.body = { username };
});

router.post('/logout', (ctx) => {
  refreshTokens.delete(userOf(ctx)?.loginId ?? '');
  ctx.session = null;
  ctx.redirect('/');
});

router.post(
  '/transfers',
  gate.require(
    {
      maxAge: settings.maxAge,
      // The phone shows the title. An approval is good for this recipient and this amount alone.
      action: ({ request }) => {
        const { to, amount } = readTransfer(request.body);
        return { id: 'transfer', title: `Transfer ${amount} EUR to ${to}`, bind: ['to', 'amount'] };
      },
    },
    { replay: true },
  ),
  (ctx) => {
    const transfer = readTransfer(ctx.request.body);
    if (ctx.session) ctx.session.transfers = [...((ctx.session.transfers ?? []) as unknown[]), transfer];
    if (ctx.accepts('json', 'html') === 'html') {
      ctx.redirect('/');
      return;
    }
    ctx.status = 201;
    ctx.body = { ...transfer, approvedBy: ctx.state.stepUp?.approval.factor };
  },
);

router.post(
  '/closing',
  gate.require({
    // What the customer is about to do, shown while it is approved; the approval is good for nothing else.
    action: { id: 'close-account', title: 'Close your account', details: 'Your balance is paid out to you.' },
    // Somebody who has lost the phone must get out too. What is weaker counts only where it is named.
    factors: ['push', 'otp', 'sms', 'voice', 'email', 'recovery-code', 'hosted'],
    singleUse: true,
  }),
  (ctx) => {
    refreshTokens.delete(userOf(ctx)?.loginId ?? '');
    ctx.session = null;
    if (ctx.accepts('json', 'html') === 'html') ctx.redirect('/');
    else ctx.body = { closed: true };
  },
);

app.use(router.routes());

serveBank(app.callback(), { port: settings.port, gate, stopped: () => store?.close() });
