// Measures what pending flows cost a process: the share of due polls sent, the CPU per poll, the heap per flow, the
// time from the phone's approval to the watcher's event, and the upstream requests per approval. The tenant is another
// process without limits, and the watchers' event streams have no sockets. Prints tables in Markdown.

import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import ky from 'ky';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { measureAnswers } from './answers.mjs';
import { createBank, JITTER_MS, pollEvery, startFlow } from './bank.mjs';
import { countedStore } from './counted-store.mjs';
import { follow } from './dispatch.mjs';
import { measureRedis } from './redis-cost.mjs';
import { measureSockets } from './sockets.mjs';
import { startTenant } from './start-tenant.mjs';

/** How many users the tenant has: their pushes are shared among the flows. */
const USERS = 500;
const FLOWS = (process.env.BENCH_FLOWS ?? '2000,10000').split(',').map(Number);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 20);
const APPROVALS = Number(process.env.BENCH_APPROVALS ?? 200);
const INTERVAL_MS = Number(process.env.BENCH_INTERVAL_MS ?? 5_000);
/** How many connections to the tenant each of the compared has. */
const CONNECTIONS = 64;
/** How many flows are set up at the same time. */
const AT_ONCE = 10;
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
async function measurePolls(tenant, flows, asked = {}) {
  await sleep(2 * INTERVAL_MS);
  const asks = { ...asked };
  const before = { count: await tenant.count(), cpu: process.cpuUsage(), at: performance.now() };
  await sleep(SECONDS * 1_000);
  const polls = (await tenant.count()) - before.count;
  const { user, system } = process.cpuUsage(before.cpu);
  const ms = performance.now() - before.at;
  return {
    achieved: polls / ((flows * ms) / INTERVAL_MS),
    cpuPerPoll: (user + system) / polls,
    core: (user + system) / 1_000 / ms,
    reads: (asked.read - asks.read) / polls,
    writes: (asked.write - asks.write) / polls,
  };
}

/** The same schedule, written by hand with either library. */
async function pollBy(send, tenant, challenges) {
  const flows = challenges.length;
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
  'undici dispatch, by hand': (url, body) => {
    const { origin, pathname: path } = new URL(url);
    return new Promise((resolve, reject) => {
      const chunks = [];
      getGlobalDispatcher().dispatch(
        {
          origin,
          path,
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: body.toString(),
        },
        {
          onConnect: () => {},
          onHeaders: () => true,
          onData: (chunk) => chunks.push(chunk) > 0,
          onComplete: () => resolve(JSON.parse(Buffer.concat(chunks).toString())),
          onError: reject,
        },
      );
    });
  },
  'ky with its defaults': async (url, body) => (await ky.post(url, { body })).json(),
};

/** The heap of the same number of event streams of an app without a gate. */
async function measureBareStreams({ app }, flows, before) {
  const closers = flows.map(({ request }) => follow(app, { ...request, url: '/bare' }, () => {}));
  const after = await heap();
  for (const close of closers) close();
  return (after - before) / flows.length;
}

/**
 * The user of each challenge. The last ones are the tenant's own, whose approvals count; of the others, each is somebody
 * else to the gate, so that each has a push.
 */
function ownersOf(challenges, users) {
  return challenges.map((_, challenge) => {
    const { sub, username } = users[challenge % users.length];
    const isOwn = challenge >= challenges.length - users.length;
    return { username, challenge, sub: isOwn ? sub : `${sub}|${challenge}` };
  });
}

/** The pending flows of one process: their polls, their heap, and the time until an approval is seen. */
async function measureFlows(tenant, challenges, users) {
  const asked = { read: 0, write: 0 };
  const bank = createBank(tenant, {
    challenges,
    store: countedStore(asked),
    pollSchedule: 'steady',
    testing: { timing: pollEvery(INTERVAL_MS) },
  });
  const empty = await heap();
  const flows = [];
  await inLanes(ownersOf(challenges, users), async (user) => flows.push(await startFlow(bank, user)));
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
  const polls = await measurePolls(tenant, flows.length, asked);
  const watched = await heap();

  const approved = new Map();
  // Those of the tenant's own users.
  const some = flows.slice(-Math.min(APPROVALS, users.length));
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
  const bank = createBank(tenant, { pollSchedule: 'steady', testing: { timing: pollEvery(INTERVAL_MS) } });
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
  if (rows.length === 0) return;
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  console.log(`\n${lines.join('\n')}`);
}

/** Whether a part was asked for: `BENCH_ONLY=polls,answers`. */
const isWanted = (part) => process.env.BENCH_ONLY?.split(',').includes(part) ?? true;
const kB = (bytes) => `${(bytes / 1_024).toFixed(1)} kB`;
const ms = (value) => (value === undefined ? 'none' : `${value.toLocaleString('en')} ms`);
const targets = [];

const tenant = await startTenant();
const users = await tenant.users(USERS);
// This comes first, while the tenant has nothing else to answer.
const few = users.slice(0, Math.min(10, users.length));
const watcherRows = [];
for (const watchers of isWanted('watchers') ? [1, 2, 10] : []) {
  watcherRows.push([watchers, (await measureWatchers(tenant, few, watchers)).toFixed(1)]);
}
const pollRows = [];
const flowRows = [];
const row = (name, flows, { achieved, cpuPerPoll, core }, ofKy) => [
  name,
  flows.toLocaleString('en'),
  achieved.toFixed(2),
  cpuPerPoll.toFixed(0),
  ofKy.toFixed(2),
  `${(core * 100).toFixed(0)} %`,
];
for (const flows of isWanted('polls') ? FLOWS : []) {
  const challenges = await tenant.challenges(flows);
  const byHand = {};
  for (const [name, send] of Object.entries(BY_HAND)) byHand[name] = await pollBy(send, tenant, challenges);
  // Last, because some of its pushes are approved.
  const { unwatched, bare, watching, p50, p95, seen, ...ours } = await measureFlows(
    tenant,
    challenges,
    users.slice(0, flows),
  );
  const measured = { 'the gate': ours, ...byHand };
  const ky = measured['ky with its defaults'].cpuPerPoll;
  for (const [name, polls] of Object.entries(measured)) {
    pollRows.push(row(name, flows, polls, polls.cpuPerPoll / ky));
  }
  flowRows.push([flows.toLocaleString('en'), kB(unwatched), kB(watching), kB(bare), ms(p50), ms(p95), seen]);
  targets.push(
    [
      `CPU of a pending poll, ${flows.toLocaleString('en')} watched flows, against ky in the same run`,
      flows === 2_000 ? 'at most 0.5 times' : '',
      `${(ours.cpuPerPoll / ky).toFixed(2)} times`,
    ],
    [
      `polls achieved of those due, ${flows.toLocaleString('en')} flows`,
      flows === 10_000 ? '0.99, on half a core' : '',
      `${ours.achieved.toFixed(2)}, on ${ours.core.toFixed(2)} of a core`,
    ],
    [
      `store operations of a pending poll, memory, ${flows.toLocaleString('en')} flows`,
      'at most 1 read, 0.4 writes',
      `${ours.reads.toFixed(2)} reads, ${ours.writes.toFixed(2)} writes`,
    ],
  );
}
if (isWanted('redis')) {
  const cost = await measureRedis(tenant, users.slice(0, 100), {
    intervalMs: INTERVAL_MS,
    seconds: 2 * SECONDS,
  });
  targets.push([
    'round trips of a pending poll, counted by the Redis server',
    'at most 1 read, 0.4 writes',
    cost === undefined
      ? 'not measured: no redis-server here'
      : `${cost.reads.toFixed(2)} reads, ${cost.writes.toFixed(2)} writes; ${cost.commands.toFixed(2)} commands, those inside of scripts included`,
  ]);
}
if (isWanted('sockets')) {
  const challenges = await tenant.challenges(Math.min(...FLOWS));
  const bank = createBank(tenant, {
    challenges,
    pollSchedule: 'steady',
    testing: { timing: pollEvery(INTERVAL_MS) },
  });
  const flows = [];
  await inLanes(ownersOf(challenges, users), async (user) => flows.push(await startFlow(bank, user)));
  const { bare, watcher } = await measureSockets(bank, flows, heap);
  targets.push([
    'heap per watcher with a real socket, over a bare event stream of node:http',
    'at most 6 kB more',
    `${kB(watcher - bare)} more (${kB(bare)} and ${kB(watcher)})`,
  ]);
  await bank.gate.close();
}
tenant.stop();
for (const [fromMs, toMs, p50, p95] of isWanted('answers')
  ? [
      [3_000, 15_000, 1_000],
      [15_000, 60_000, 2_700, 5_100],
    ]
  : []) {
  // The first leg, the list and the push are three requests.
  const found = await measureAnswers({ count: APPROVALS, fromMs, toMs });
  targets.push([
    `approval to event, default options and the provider's limits, phones answer after ${fromMs / 1_000} to ${toMs / 1_000} s`,
    p95 === undefined ? `p50 at most ${ms(p50)}, no refusals` : `p50 ${ms(p50)}, p95 ${ms(p95)} or less`,
    `p50 ${ms(found.p50)}, p95 ${ms(found.p95)}, ${(found.requests - 3).toFixed(1)} polls, ${found.refusals} refusals, ${found.seen} of ${APPROVALS} seen`,
  ]);
}
if (isWanted('pings')) {
  const found = await measureAnswers({ count: APPROVALS, fromMs: 3_000, toMs: 15_000, pings: true });
  targets.push([
    'approval to event with CIBA pings, phones answer after 3 to 15 s',
    `p50 at most ${ms(300)}`,
    `p50 ${ms(found.p50)}, p95 ${ms(found.p95)}, ${found.refusals} refusals, ${found.seen} of ${APPROVALS} seen`,
  ]);
}

const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
console.log(
  `Node ${process.versions.node}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores; express ${versionOf('express')}, ky ${versionOf('ky')}, undici ${versionOf('undici')}. One poll per flow and ${INTERVAL_MS / 1_000} s, for ${SECONDS} s.`,
);
table(['measure', 'target', 'measured'], targets);
table(
  ['', 'pending flows', 'polls achieved of those due', 'CPU per poll, us', 'of ky', 'of a core'],
  pollRows,
);
table(
  [
    'pending flows',
    'heap per flow that nobody watches',
    "more with a watcher's event stream",
    'of which a stream holds without a gate',
    'from the approval to the event, p50',
    'p95',
    'approvals seen',
  ],
  flowRows,
);
table(['watchers of each flow', 'requests upstream per approval'], watcherRows);
process.exit(0);
