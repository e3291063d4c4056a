import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type { Spending } from './support/budget-process.ts';
import { describeWithRedis, redisUrl } from './support/describe-with-redis.ts';

const PROCESS = fileURLToPath(new URL('./support/budget-process.ts', import.meta.url));
const PER_SECOND = 40;
const RUN_MS = 1_500;

/** A process that is ready to spend; the function answered lets it. */
async function startSpender(prefix: string): Promise<() => Promise<Spending>> {
  const child = fork(PROCESS, {
    execArgv: ['--no-warnings'],
    env: {
      PATH: process.env.PATH,
      REDIS_URL: redisUrl,
      PREFIX: prefix,
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

/** The most requests of any second, wherever it begins. */
function mostInASecond(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length));
}

describeWithRedis('the budget of a tenant', () => {
  it('is kept by two processes on one Redis, and used by both, though each would use it up alone', async () => {
    const prefix = `${randomUUID()}:`;
    const spenders = await Promise.all([startSpender(prefix), startSpender(prefix)]);
    const spent = await Promise.all(spenders.map((spend) => spend()));

    const most = mostInASecond(spent.flatMap(({ polls, users }) => [...polls, ...users]));
    expect(most).toBeLessThanOrEqual(PER_SECOND);
    expect(most).toBeGreaterThan(PER_SECOND / 2);
    for (const { users } of spent) expect(users.length).toBeGreaterThan(5);
    // A tenth is kept for them.
    expect(spent.flatMap(({ polls }) => polls).length).toBeGreaterThan(2);
  });
});
