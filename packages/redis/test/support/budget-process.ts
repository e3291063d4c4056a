// One of several processes that share a tenant's budget over one Redis. For as long as it is told, it polls for flows
// whose phones never answer, and makes requests for users as fast as it is let; tells when each went out, by the store's time.
import { setTimeout as sleep } from 'node:timers/promises';
import { createTenantBudget } from '../../../server/src/limits/tenant-budget.ts';
import { createRedisStore } from '../../src/redis-store.ts';

/** What a process tells at its end: times in milliseconds. */
export interface Spending {
  readonly polls: readonly number[];
  readonly users: readonly number[];
}

const { REDIS_URL = '', PREFIX = '', PER_SECOND = '', RUN_MS = '' } = process.env;
const FLOWS = 8;
const USERS = 10;
const INTERVAL_MS = 100;

const store = createRedisStore({ url: REDIS_URL, prefix: PREFIX });
const clock = {
  now: () => store.now(),
  setTimeout: (callback: () => void, ms: number) => setTimeout(callback, ms),
  clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
};
const budget = createTenantBudget({
  store,
  clock,
  random: Math.random,
  process: `${process.pid}`,
  issuer: 'https://tenant.test/',
  perSecond: Number(PER_SECOND),
});
const polls: number[] = [];
const users: number[] = [];

async function pollFor(flow: string, end: number): Promise<void> {
  let since = store.now();
  while (store.now() < end) {
    const poll = { at: since + INTERVAL_MS, since, intervalMs: INTERVAL_MS, until: end + 10_000 };
    const dueAt = budget.pollDueAt(flow, poll);
    if (dueAt > store.now()) {
      await sleep(Math.min(50, dueAt - store.now()));
    } else if (await budget.takePoll(flow)) {
      since = store.now();
      polls.push(since);
    }
  }
}

async function beUser(end: number): Promise<void> {
  while (store.now() < end) {
    if ((await budget.takeTurn()) === undefined) users.push(store.now());
  }
}

// The first answer tells the store's time too.
await store.read('the time');
process.send?.('ready');
process.once('message', async () => {
  const end = store.now() + Number(RUN_MS);
  const flows = Array.from({ length: FLOWS }, (_, flow) => pollFor(`${process.pid}-${flow}`, end));
  await Promise.all([...flows, ...Array.from({ length: USERS }, () => beUser(end))]);
  process.send?.({ polls, users } satisfies Spending);
  store.close();
  process.disconnect();
});
