// One of several processes that share a tenant's budget through one store. For the given time it polls for flows whose
// phones never answer, and makes requests for users as fast as the budget allows. It reports when each one was sent, by the
// store's time.
import { setTimeout as sleep } from 'node:timers/promises';
import { createTenantBudget } from '../../packages/server/src/limits/tenant-budget.ts';
import { openStoreOfProcess } from './open-store.ts';

/** What a process reports at its end: times in milliseconds. */
export interface Spending {
  readonly polls: readonly number[];
  readonly users: readonly number[];
}

const { ISSUER = '', PER_SECOND = '', RUN_MS = '' } = process.env;
const FLOWS = 8;
const USERS = 10;
const INTERVAL_MS = 100;

const store = await openStoreOfProcess();
const now = (): number => store.now?.() ?? Date.now();
const clock = {
  now,
  setTimeout: (callback: () => void, ms: number) => setTimeout(callback, ms),
  clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
};
const budget = createTenantBudget({
  store,
  clock,
  random: Math.random,
  process: `${process.pid}`,
  issuer: ISSUER,
  perSecond: Number(PER_SECOND),
});
const polls: number[] = [];
const users: number[] = [];

async function pollFor(flow: string, end: number): Promise<void> {
  let since = now();
  while (now() < end) {
    const poll = { at: since + INTERVAL_MS, since, intervalMs: INTERVAL_MS, until: end + 10_000 };
    const dueAt = budget.pollDueAt(flow, poll);
    if (dueAt > now()) {
      await sleep(Math.min(50, dueAt - now()));
    } else if (await budget.takePoll(flow)) {
      since = now();
      polls.push(since);
    }
  }
}

async function beUser(end: number): Promise<void> {
  while (now() < end) {
    if ((await budget.takeTurn()) === undefined) users.push(now());
  }
}

// The test that started it is gone.
process.once('disconnect', () => process.exit());
// The first answer brings the store's time too.
await store.read('the time');
process.send?.('ready');
process.once('message', async () => {
  const end = now() + Number(RUN_MS);
  const flows = Array.from({ length: FLOWS }, (_, flow) => pollFor(`${process.pid}-${flow}`, end));
  await Promise.all([...flows, ...Array.from({ length: USERS }, () => beUser(end))]);
  process.send?.({ polls, users } satisfies Spending);
  store.close();
  process.disconnect();
});
