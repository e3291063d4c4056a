// Measures what pending flows cost a process: the share of due polls sent, the CPU per poll, the heap per flow, the
// time from the phone's approval to the watcher's event, and the upstream requests per approval. The tenant is another
// process without limits, and the watchers' event streams have no sockets. Prints tables in Markdown.

import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createAuth0SignIn } from '@stepgate/core';
import { auth0, createGate } from '@stepgate/express';
import express from 'express';
import ky from 'ky';
import { Agent, setGlobalDispatcher } from 'undici';
import { dispatch, follow } from './dispatch.mjs';
import { startTenant } from './start-tenant.mjs';

const FLOWS = (process.env.BENCH_FLOWS ?? '1000,10000').split(',').map(Number);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 20);
const APPROVALS = Number(process.env.BENCH_APPROVALS ?? 200);
const INTERVAL_MS = Number(process.env.BENCH_INTERVAL_MS ?? 5_000);
/** The longest random delay that the gate adds to a poll. */
const JITTER_MS = 1_000;
const DAY_MS = 86_400_000;
/** How many connections to the tenant each of the compared has. */
const CONNECTIONS = 64;
/** How many flows are set up at the same time. */
const AT_ONCE = 10;
const BROWSER = {
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'cors',
  'content-type': 'application/json',
};

// Without a limit, a late process opens more and more connections, which makes it later still.
setGlobalDispatcher(new Agent({ connections: CONNECTIONS }));
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** The heap after a garbage collection. */
async function heap() {
  for (let round = 0; round < 3; round += 1) {
    collect();
    await sleep(20);
  }
  return process.memoryUsage().heapUsed;
}

async function inLanes(list, work) {
  const items = list.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of items) await work(item);
    }),
  );
}

/** An app with one guarded route. A request names its sender. */
function createBank(tenant) {
  const mfaApi = { audience: 'https://bank.example/', scope: 'transfer:funds' };
  const client = {
    issuer: tenant.url,
    clientId: 'stepgate-demo',
    clientSecret: 'stepgate-demo-secret',
    allowInsecureIssuer: true,
  };
  const signIn = createAuth0SignIn({ ...client, ...mfaApi });
  const gate = createGate({
    provider: auth0({ ...client, mfaApi }),
    secret: 'a secret of at least 32 characters, for the bench',
    identify: ({ headers }) => ({ subject: headers['x-subject'], sessionId: 'login' }),
    firstLeg: {
      custom: async ({ request }) => {
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
    testing: {
      timing: {
        pollIntervalMs: INTERVAL_MS - JITTER_MS / 2,
        mfaTokenTtlMs: DAY_MS,
        challengeTtlMs: DAY_MS,
        flowTtlMs: DAY_MS,
      },
    },
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

/** Starts a flow, up to the push. Returns how to follow it. */
async function startFlow({ app }, { sub, username }) {
  const headers = { ...BROWSER, 'x-subject': sub, 'x-username': username };
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
    if (JSON.parse(body).state !== 'challenging') throw new Error(`no push: ${body}`);
    await sleep(100);
    ({ body } = await dispatch(app, request));
  }
  return { username, request };
}

/** Calls back for each item in turn, evenly over one interval, so that all are due evenly from then on. */
async function evenly(list, work) {
  const start = performance.now();
  for (const [index, item] of list.entries()) {
    const due = start + (index * INTERVAL_MS) / list.length;
    const wait = due - performance.now();
    if (wait > 1) await sleep(wait);
    work(item, index);
  }
}

/** The share of due polls that are sent, and the CPU of each, measured after one interval to warm up. */
async function measurePolls(tenant, flows) {
  await sleep(INTERVAL_MS);
  const before = { count: await tenant.count(), cpu: process.cpuUsage(), at: performance.now() };
  await sleep(SECONDS * 1_000);
  const polls = (await tenant.count()) - before.count;
  const { user, system } = process.cpuUsage(before.cpu);
  const ms = performance.now() - before.at;
  return {
    achieved: polls / ((flows * ms) / INTERVAL_MS),
    cpuPerPoll: (user + system) / polls,
    core: (user + system) / 1_000 / ms,
  };
}

/** The same schedule, written by hand with either library. */
async function pollBy(send, tenant, flows) {
  const challenges = await tenant.challenges(flows);
  const url = new URL('oauth/token', tenant.url).href;
  const client = { client_id: 'stepgate-demo', client_secret: 'stepgate-demo-secret' };
  let isOver = false;
  const timers = new Set();

  async function poll(challenge) {
    const body = new URLSearchParams({
      grant_type: 'http://auth0.com/oauth/grant-type/mfa-oob',
      ...client,
      ...challenge,
    });
    await send(url, body).catch(() => {});
    if (isOver) return;
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        void poll(challenge);
      },
      INTERVAL_MS + (Math.random() - 0.5) * JITTER_MS,
    );
    timers.add(timer);
  }

  await evenly(challenges, poll);
  const measured = await measurePolls(tenant, flows);
  isOver = true;
  for (const timer of timers) clearTimeout(timer);
  return measured;
}

const BY_HAND = {
  'fetch, by hand': async (url, body) => (await fetch(url, { method: 'POST', body })).json(),
  'ky with its defaults': async (url, body) => (await ky.post(url, { body })).json(),
};

/** The heap of the same number of event streams of an app without a gate. */
async function measureBareStreams({ app }, flows, before) {
  const closers = flows.map(({ request }) => follow(app, { ...request, url: '/bare' }, () => {}));
  const after = await heap();
  for (const close of closers) close();
  return (after - before) / flows.length;
}

/** The pending flows of one process: their polls, their heap, and the time until an approval is seen. */
async function measureFlows(tenant, users) {
  const bank = createBank(tenant);
  const empty = await heap();
  const flows = [];
  await inLanes(users, async (user) => flows.push(await startFlow(bank, user)));
  const unwatched = await heap();
  const bare = await measureBareStreams(bank, flows, unwatched);
  const before = await heap();
  const seen = new Map();
  const closers = [];
  await evenly(flows, ({ username, request }) => {
    closers.push(
      follow(bank.app, request, ({ state }) => {
        if (state === 'approved' && !seen.has(username)) seen.set(username, Date.now());
      }),
    );
  });
  const polls = await measurePolls(tenant, flows.length);
  const watched = await heap();

  const approved = new Map();
  const some = flows.slice(0, APPROVALS);
  for (const { username } of some) {
    approved.set(username, await tenant.approve(username));
    await sleep((2 * INTERVAL_MS) / some.length);
  }
  const end = Date.now() + 6 * INTERVAL_MS;
  // If the machine is too busy for the answer to arrive in time, it is lost, and the flow asks the user again.
  while (seen.size < approved.size && Date.now() < end) await sleep(50);
  const delays = [...approved]
    .filter(([username]) => seen.has(username))
    .map(([username, at]) => seen.get(username) - at)
    .toSorted((a, b) => a - b);

  for (const close of closers) close();
  await bank.gate.close();
  return {
    ...polls,
    unwatched: (unwatched - empty) / flows.length,
    bare,
    watching: (watched - before) / flows.length,
    p50: delays[Math.floor(delays.length / 2)],
    p95: delays[Math.floor(delays.length * 0.95)],
    seen: `${delays.length} of ${approved.size}`,
  };
}

/** The upstream requests from the click to the approval, for flows with this number of watchers. */
async function measureWatchers(tenant, users, watchers) {
  const bank = createBank(tenant);
  const before = await tenant.count();
  await Promise.all(
    users.map(async (user) => {
      const { username, request } = await startFlow(bank, user);
      const { promise: approved, resolve } = Promise.withResolvers();
      const closers = Array.from({ length: watchers }, () =>
        follow(bank.app, request, ({ state }) => state === 'approved' && resolve()),
      );
      // Between two polls, so that it is known which one sees it.
      await sleep(1.5 * INTERVAL_MS);
      await tenant.approve(username);
      await approved;
      for (const close of closers) close();
    }),
  );
  await bank.gate.close();
  return ((await tenant.count()) - before) / users.length;
}

function table(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  console.log(`\n${lines.join('\n')}`);
}

const tenant = await startTenant();
const users = await tenant.users(Math.max(...FLOWS));
// This comes first, while the tenant has nothing else to answer.
const few = users.slice(0, Math.min(10, users.length));
const watcherRows = [];
for (const watchers of [1, 2, 10]) {
  watcherRows.push([watchers, (await measureWatchers(tenant, few, watchers)).toFixed(1)]);
}
const pollRows = [];
const flowRows = [];
const row = (name, flows, { achieved, cpuPerPoll, core }) => [
  name,
  flows.toLocaleString('en'),
  achieved.toFixed(2),
  cpuPerPoll.toFixed(0),
  `${(core * 100).toFixed(0)} %`,
];
for (const flows of FLOWS) {
  const { unwatched, bare, watching, p50, p95, seen, ...polls } = await measureFlows(
    tenant,
    users.slice(0, flows),
  );
  pollRows.push(row('the gate', flows, polls));
  flowRows.push([
    flows.toLocaleString('en'),
    (unwatched / 1_024).toFixed(1),
    (watching / 1_024).toFixed(1),
    (bare / 1_024).toFixed(1),
    `${p50} ms`,
    `${p95} ms`,
    seen,
  ]);
  for (const [name, send] of Object.entries(BY_HAND)) {
    pollRows.push(row(name, flows, await pollBy(send, tenant, flows)));
  }
}
tenant.stop();

const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
console.log(
  `Node ${process.versions.node}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores; express ${versionOf('express')}, ky ${versionOf('ky')}. One poll per flow and ${INTERVAL_MS / 1_000} s, for ${SECONDS} s.`,
);
table(['', 'pending flows', 'polls achieved of those due', 'CPU per poll, us', 'of a core'], pollRows);
table(
  [
    'pending flows',
    'heap per flow that nobody watches, kB',
    "more with a watcher's event stream, kB",
    'of which a stream holds without a gate, kB',
    'from the approval to the event, p50',
    'p95',
    'approvals seen',
  ],
  flowRows,
);
table(['watchers of each flow', 'requests upstream per approval'], watcherRows);
process.exit(0);
