import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBank, startFlow } from './bank.mjs';
import { follow } from './dispatch.mjs';
import { startTenant } from './start-tenant.mjs';

/** Numbers from 0 up to 1, evenly, and always in the same order. */
const golden = (index) => (index * 0.618_033_988_749_895) % 1;

/**
 * The time from the phone's approval to the watcher's event, at a tenant with the provider's limits, where phones answer
 * after `fromMs` up to `toMs`. Everything else of the gate is its default, unless `options` say otherwise. `pings`: by CIBA,
 * at a provider that pings. The user compares the code then, so that the approval is the phone's answer.
 */
export async function measureAnswers({ count, fromMs, toMs, pings = false, options = {} }) {
  let app;
  const server = createServer((req, res) => app(req, res)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const tenant = await startTenant({
    isLimited: true,
    ...(pings && { notificationEndpoint: `http://127.0.0.1:${server.address().port}/step-up/ciba` }),
  });
  const users = await tenant.users(count);
  const bank = createBank(tenant, { ...options, ...(pings && { pings, pushCode: 'compared' }) });
  app = bank.app;
  const before = await tenant.count();
  const cpu = process.cpuUsage();
  const delays = [];
  await Promise.all(
    users.map(async (user, index) => {
      // So that their polls do not all fall together.
      await sleep(index * 100);
      const { username, request } = await startFlow(bank, user);
      let seenAt;
      const { promise, resolve } = Promise.withResolvers();
      const close = follow(bank.app, request, ({ state }) => {
        if (state !== 'approved') return;
        seenAt ??= Date.now();
        resolve();
      });
      await sleep(fromMs + golden(index) * (toMs - fromMs));
      const approvedAt = await tenant.approve(username);
      await Promise.race([promise, sleep(30_000, undefined, { ref: false })]);
      close();
      if (seenAt !== undefined) delays.push(seenAt - approvedAt);
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  const sorted = delays.toSorted((a, b) => a - b);
  const requests = ((await tenant.count()) - before) / count;
  const refusals = await tenant.refusals();
  await bank.gate.close();
  tenant.stop();
  server.close();
  return {
    p50: sorted[Math.floor(sorted.length / 2)],
    p95: sorted[Math.floor(sorted.length * 0.95)],
    seen: sorted.length,
    requests,
    cpuMs: (user + system) / 1_000 / count,
    refusals,
  };
}
