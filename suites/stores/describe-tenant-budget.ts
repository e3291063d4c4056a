import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type { Spending } from './budget-process.ts';
import { environmentOf, type StorePlace } from './open-store.ts';

const PROCESS = fileURLToPath(new URL('./budget-process.ts', import.meta.url));
const PER_SECOND = 40;
const RUN_MS = 1_500;

/** Starts a process that spends when the function that is returned is called. */
async function startSpender(store: StorePlace, issuer: string): Promise<() => Promise<Spending>> {
  const child = fork(PROCESS, {
    execArgv: ['--no-warnings'],
    env: {
      PATH: process.env.PATH,
      ...environmentOf(store),
      ISSUER: issuer,
      PER_SECOND: `${PER_SECOND}`,
      RUN_MS: `${RUN_MS}`,
    },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'message');
  return async () => {
    child.send('go');
    const [spending] = (await once(child, 'message')) as [Spending];
    return spending;
  };
}

/** The largest number of requests within any second. */
function mostInASecond(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length));
}

/** Tests that processes on one store keep the tenant's budget together. */
export function describeTenantBudget(
  describe: (title: string, body: () => void) => unknown,
  store: () => StorePlace | Promise<StorePlace>,
): void {
  describe('the budget of a tenant', () => {
    it('is kept and shared by two processes, although each alone would use all of it', async () => {
      const place = await store();
      const issuer = `https://${randomUUID()}.test/`;
      const spenders = await Promise.all([startSpender(place, issuer), startSpender(place, issuer)]);
      const spent = await Promise.all(spenders.map((spend) => spend()));

      const most = mostInASecond(spent.flatMap(({ polls, users }) => [...polls, ...users]));
      expect(most).toBeLessThanOrEqual(PER_SECOND);
      expect(most).toBeGreaterThan(PER_SECOND / 2);
      for (const { users } of spent) expect(users.length).toBeGreaterThan(5);
      // A tenth is reserved for polls.
      expect(spent.flatMap(({ polls }) => polls).length).toBeGreaterThan(2);
    });
  });
}
