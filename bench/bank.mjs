import { setTimeout as sleep } from 'node:timers/promises';
import { createAuth0SignIn } from '@stepgate/core';
import { auth0, createGate, oidc } from '@stepgate/express';
import express from 'express';
import { dispatch } from './dispatch.mjs';

const DAY_MS = 86_400_000;
/** The longest random delay that the gate adds to a poll. */
export const JITTER_MS = 1_000;
const BROWSER = {
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'cors',
  'content-type': 'application/json',
};

const BEFORE_PUSH = ['authenticating', 'listing', 'challenging'];

/** Waiting times of flows that are polled once in an interval, and never end by themselves. */
export const pollEvery = (intervalMs) => ({
  pollIntervalMs: intervalMs - JITTER_MS / 2,
  mfaTokenTtlMs: DAY_MS,
  challengeTtlMs: DAY_MS,
  flowTtlMs: DAY_MS,
});

/** The provider, whose first leg, list and pushes are there already: only polls reach the tenant. */
function prepared(provider, challenges) {
  const codes = new Map(challenges.map(({ mfa_token, oob_code }) => [mfa_token, oob_code]));
  return {
    ...provider,
    connect(host) {
      const connected = provider.connect(host);
      const ways = connected.ways.map((way) => ({
        ...way,
        list: async () => [{ id: 'push|dev_1', factor: 'push', active: true }],
        challenge: async ({ mfaToken }) => ({ binding: 'poll', oobCode: codes.get(mfaToken) }),
      }));
      return { ...connected, ways };
    },
  };
}

/** The requests of an app that takes pings, with its provider. */
function pinged(tenant) {
  return oidc({
    issuer: tenant.url,
    clientId: 'stepgate-demo',
    clientSecret: 'stepgate-demo-secret',
    allowInsecureIssuer: true,
    ciba: { ping: true },
  });
}

/**
 * An app with one guarded route. A request names its sender. `challenges`: of the tenant, for `startFlow` to use in turn,
 * so that thousands of flows are set up within seconds. `pings`: by CIBA, with pings. `options`: the gate's, besides those
 * of the bench.
 */
export function createBank(tenant, { challenges, pings = false, ...options } = {}) {
  const mfaApi = { audience: 'https://bank.example/', scope: 'transfer:funds' };
  const client = {
    issuer: tenant.url,
    clientId: 'stepgate-demo',
    clientSecret: 'stepgate-demo-secret',
    allowInsecureIssuer: true,
  };
  const signIn = createAuth0SignIn({ ...client, ...mfaApi });
  const provider = pings ? pinged(tenant) : auth0({ ...client, mfaApi });
  const gate = createGate({
    provider: challenges === undefined ? provider : prepared(provider, challenges),
    secret: 'a secret of at least 32 characters, for the bench',
    identify: ({ headers }) => ({ subject: headers['x-subject'], sessionId: 'login' }),
    firstLeg: {
      custom: async ({ request }) => {
        const place = request.headers['x-challenge'];
        if (place !== undefined) return { mfaToken: challenges[place].mfa_token };
        const username = request.headers['x-username'];
        const { mfaToken } = await signIn.password({ username, password: 'correct-horse' });
        return { mfaToken };
      },
    },
    limits: {
      starts: false,
      pushes: false,
      messages: false,
      unapprovedPushes: false,
    },
    capacity: { watchersPerProcess: 1_000_000 },
    tenantBudget: false,
    ...options,
  });
  const app = express();
  app.disable('x-powered-by');
  app.use(gate);
  app.post('/transfers', gate.require({ maxAge: '1h' }), (_req, res) => res.end('done'));
  // What a watcher's stream holds without a gate: the request, the response and the router between them.
  app.get('/bare', (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(': nothing\n\n');
  });
  return { app, gate };
}

/** Starts a flow, up to the push. `challenge`: the place of one that is there already. Returns how to follow it. */
export async function startFlow({ app }, { sub, username, challenge }) {
  const headers = {
    ...BROWSER,
    'x-subject': sub,
    'x-username': username,
    ...(challenge !== undefined && { 'x-challenge': String(challenge) }),
  };
  const refused = await dispatch(app, { method: 'POST', url: '/transfers', headers });
  const { requirement } = JSON.parse(refused.body).step_up;
  const url = '/step-up/flow';
  const started = await dispatch(app, {
    method: 'POST',
    url,
    headers,
    body: JSON.stringify({ requirement }),
  });
  const cookie = String(started.headers['set-cookie']).split(';')[0];
  const request = { url, headers: { ...headers, cookie } };
  // On a busy machine, the answer to the start arrives before the push is sent.
  for (let { body } = started; JSON.parse(body).state !== 'polling'; ) {
    if (!BEFORE_PUSH.includes(JSON.parse(body).state)) throw new Error(`no push: ${body}`);
    await sleep(100);
    ({ body } = await dispatch(app, request));
  }
  return { username, request };
}
