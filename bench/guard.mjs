// Measures the CPU that a guard adds to a request: ours with a fresh approval, a hand-written check, and the guards of
// libraries that apps use today. Interleaved in one process, without sockets. Prints a table in Markdown.

import { hkdfSync } from 'node:crypto';
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { createEmulator } from '@stepgate/emulator';
import { auth0, createGate } from '@stepgate/express';
import { AUDIT_CHANNEL, SIGNALS } from '@stepgate/server';
import express from 'express';
import { auth, claimCheck } from 'express-oauth2-jwt-bearer';
import oidc from 'express-openid-connect';
import { CompactEncrypt } from 'jose';
import { dispatch } from './dispatch.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 15);
const REQUESTS = Number(process.env.BENCH_REQUESTS ?? 4_000);
const SECRET = 'a secret of at least 32 characters, for the bench';
const AUDIENCE = 'https://bank.example/';

const handler = (_req, res) => {
  res.end('done');
};

function appOf(...middlewares) {
  const app = express();
  app.disable('x-powered-by');
  app.post('/transfers', ...middlewares, handler);
  return app;
}

const user = { sub: 'auth0|ada', loginId: 'login' };
const withSession = (req, _res, next) => {
  req.session = { user, approvedAt: Date.now() };
  next();
};

const tenant = auth0({ issuer: 'https://tenant.example/', clientId: 'client' });

/** A provider whose user approves at once. */
const willing = {
  ...tenant,
  connect(host) {
    const connected = tenant.connect(host);
    const [way] = connected.ways;
    return {
      ...connected,
      ways: [
        {
          ...way,
          list: async () => [{ id: 'push|dev_1', factor: 'push', active: true }],
          challenge: async () => ({ binding: 'poll', oobCode: 'oob' }),
          redeem: async () => ({ status: 'approved', tokens: { accessToken: 'token', tokenType: 'Bearer' } }),
        },
      ],
      identityCheck: { prepare: async () => {}, check: async () => {} },
    };
  },
};

async function guardedByStepgate() {
  const gate = createGate({
    provider: willing,
    secret: SECRET,
    identify: (req) => ({ subject: req.session.user.sub, sessionId: req.session.user.loginId }),
    firstLeg: { custom: async () => ({ mfaToken: 'mfa' }) },
    testing: {
      timing: { pollIntervalMs: 1 },
      random: () => 0,
    },
  });
  const app = express();
  app.disable('x-powered-by');
  app.post('/transfers', withSession, gate.require({ maxAge: '1h' }), handler);
  app.use(withSession, gate);
  const browser = {
    'sec-fetch-site': 'same-origin',
    'sec-fetch-mode': 'cors',
    'content-type': 'application/json',
  };
  const refused = await dispatch(app, { method: 'POST', url: '/transfers', headers: browser });
  const { requirement } = JSON.parse(refused.body).step_up;
  const flow = { url: '/step-up/flow', headers: browser };
  const started = await dispatch(app, { ...flow, method: 'POST', body: JSON.stringify({ requirement }) });
  const cookie = String(started.headers['set-cookie']).split(';')[0];
  for (let { state } = JSON.parse(started.body); state !== 'approved'; ) {
    if (state === undefined) throw new Error(`no flow: ${started.body}`);
    ({ state } = JSON.parse((await dispatch(app, { ...flow, headers: { ...browser, cookie } })).body));
  }
  return { app, headers: { cookie } };
}

/** Listens to audit events and to the signals of guards and stores. Returns a function that stops listening. */
function listen() {
  const heard = () => {};
  const channels = [SIGNALS.guard, SIGNALS.store].map((name) => tracingChannel(name));
  subscribe(AUDIT_CHANNEL, heard);
  for (const { start, asyncEnd } of channels) {
    start.subscribe(heard);
    asyncEnd.subscribe(heard);
  }
  return () => {
    unsubscribe(AUDIT_CHANNEL, heard);
    for (const { start, asyncEnd } of channels) {
      start.unsubscribe(heard);
      asyncEnd.unsubscribe(heard);
    }
  };
}

async function tokenOf(emulator) {
  const response = await fetch(`${emulator.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: 'stepgate-demo',
      client_secret: 'stepgate-demo-secret',
      audience: AUDIENCE,
      scope: 'openid',
      username: 'ada',
      password: 'correct-horse',
    }),
  });
  return response.json();
}

/** The session cookie that express-openid-connect sets after a sign-in. */
async function oidcCookie(idToken) {
  const key = Buffer.from(hkdfSync('sha256', SECRET, Buffer.alloc(0), 'JWE CEK', 32));
  const now = Math.floor(Date.now() / 1_000);
  const session = { id_token: idToken, access_token: 'token', token_type: 'Bearer', expires_at: now + 3_600 };
  const jwe = await new CompactEncrypt(Buffer.from(JSON.stringify(session)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', iat: now, uat: now, exp: now + 3_600 })
    .encrypt(key);
  return `appSession=${jwe}`;
}

const emulator = await createEmulator().listen();
const tokens = await tokenOf(emulator);
const session = oidc.auth({
  issuerBaseURL: emulator.url,
  baseURL: 'http://127.0.0.1:3000',
  clientID: 'stepgate-demo',
  secret: SECRET,
  authRequired: false,
});
const validate = auth({
  issuerBaseURL: emulator.url,
  issuer: tokens.issuer ?? `${emulator.url.replace(/\/$/, '')}/`,
  audience: AUDIENCE,
});
const isAda = (claims) => typeof claims.sub === 'string';
const signedIn = { cookie: await oidcCookie(tokens.id_token) };
const bearer = { authorization: `Bearer ${tokens.access_token}` };
const stepgate = await guardedByStepgate();

const BARE = 'a bare Express route';
const contestants = {
  [BARE]: { app: appOf(), headers: {} },
  'with a session already read': { app: appOf(withSession), headers: {} },
  'a check of a session field, by hand': {
    app: appOf(withSession, (req, res, next) => {
      if (Date.now() - req.session.approvedAt < 3_600_000) next();
      else res.sendStatus(401);
    }),
    headers: {},
  },
  'gate.require, with a fresh approval': stepgate,
  'gate.require, and its audit events and signals heard': { ...stepgate, hear: listen },
  'express-openid-connect: auth and requiresAuth': {
    app: appOf(session, oidc.requiresAuth()),
    headers: signedIn,
  },
  'express-openid-connect: auth and claimCheck': {
    app: appOf(
      session,
      oidc.claimCheck((_req, claims) => isAda(claims)),
    ),
    headers: signedIn,
  },
  'express-oauth2-jwt-bearer: auth and claimCheck': {
    app: appOf(validate, claimCheck(isAda)),
    headers: bearer,
  },
};

async function round({ app, headers, hear }) {
  const request = { method: 'POST', url: '/transfers', headers };
  const stop = hear?.();
  const before = process.cpuUsage();
  for (let count = 0; count < REQUESTS; count += 1) {
    await dispatch(app, request);
    // The ticks of streams keep every request alive, and promises alone never let them run.
    if (count % 20 === 0) await setImmediate();
  }
  const { user: own, system } = process.cpuUsage(before);
  stop?.();
  return (own + system) / REQUESTS;
}

/** The order changes with each round, so that none always follows the same one. */
const turned = (list, by) => [...list.slice(by % list.length), ...list.slice(0, by % list.length)];

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

for (const [name, { app, headers }] of Object.entries(contestants)) {
  const { status, body } = await dispatch(app, { method: 'POST', url: '/transfers', headers });
  if (status !== 200) throw new Error(`${name} answers ${status} ${body}`);
}
const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
for (let warmUp = -1; warmUp < ROUNDS; warmUp += 1) {
  for (const name of turned(Object.keys(contestants), warmUp + 1)) {
    const time = await round(contestants[name]);
    if (warmUp >= 0) times[name].push(time);
  }
}
await emulator.close();

const require = createRequire(import.meta.url);
const versionOf = (name) => JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')).version;
const bare = times[BARE];
const rows = Object.entries(times).map(([name, list]) => {
  const added = list.map((time, index) => time - bare[index]);
  const sorted = added.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor(sorted.length / 4)], sorted[Math.floor((sorted.length * 3) / 4)]];
  return { name, total: median(list), added: median(added), low, high };
});
const ours = rows.find(({ name }) => name.startsWith('gate')).added;

console.log(
  `Node ${process.versions.node}, ${cpus()[0]?.model.trim()}; ${ROUNDS} rounds of ${REQUESTS} requests each, interleaved.`,
);
console.log(
  ['express', 'express-openid-connect', 'express-oauth2-jwt-bearer']
    .map((name) => `${name} ${versionOf(name)}`)
    .join(', '),
);
console.log(
  '\n| | CPU per request, us | added to the bare route, us (middle half) | times ours |\n| --- | --- | --- | --- |',
);
for (const { name, total, added, low, high } of rows) {
  const addition = name === BARE ? '' : `${added.toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`;
  const ratio = name === BARE ? '' : (added / ours).toFixed(1);
  console.log(`| ${name} | ${total.toFixed(1)} | ${addition} | ${ratio} |`);
}
process.exit(0);
