// Users step up without a pause while everything around them fails. Every flow has to end as its phone decided, or by its
// deadline. Uses the loopback interface only, and ends when its time is over.

import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { environmentOf } from 'suites/stores/open-store.ts';
import { openBrowser } from './browser.ts';
import { startChaos, TIMEOUT_MS } from './chaos.ts';
import { startGates } from './gates.ts';
import { createDice } from './random.ts';
import { STORES } from './stores.ts';
import { createTally, tables } from './tally.ts';
import { CLIENT_SECRET, PASSWORD, startTenant } from './tenant.ts';
import { newHandle, type Plan, runFlow } from './user.ts';

const PROCESSES = 3;
/** How long a push can be answered. */
const CHALLENGE_TTL_MS = 90_000;
const PLANS: Readonly<Record<Plan, number>> = {
  approve: 10,
  'approve while away': 4,
  deny: 3,
  ignore: 1,
  cancel: 2,
};

function numberOf(name: string, value: string, least: number): number {
  const number = Number(value);
  if (Number.isFinite(number) && number >= least) return number;
  console.error(`--${name} must be a number from ${least}, not ${JSON.stringify(value)}.`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    users: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    store: { type: 'string', default: 'redis' },
  },
});
const minutes = numberOf('minutes', values.minutes, 0);
const users = numberOf('users', values.users, 1);
const seed = numberOf('seed', values.seed, 0);

const kind = STORES[values.store];
if (kind === undefined) {
  console.error(
    `--store is one of ${Object.keys(STORES).join(', ')}, and not ${JSON.stringify(values.store)}.`,
  );
  process.exit(2);
}
if (!kind.isThere()) {
  console.error(
    `This machine has no server for --store ${values.store}. Run \`node scripts/ensure-system.mjs\`.`,
  );
  process.exit(2);
}

const dice = createDice(seed);
const gateSecret = randomBytes(32).toString('hex');
console.log(`${minutes} minutes, ${users} users, seed ${seed}, store ${values.store}`);

const [tenant, store] = await Promise.all([startTenant(CHALLENGE_TTL_MS), kind.start()]);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void store.stop().finally(() => process.exit(1)));
}
const gates = await startGates(PROCESSES, {
  ISSUER: tenant.issuer,
  ...environmentOf(store.place),
  GATE_SECRET: gateSecret,
  CLIENT_SECRET,
  TIMEOUT_MS: String(TIMEOUT_MS),
  CHALLENGE_TTL_MS: String(CHALLENGE_TTL_MS),
});
const everybody = [];
for (let index = 0; index < users; index += 1) everybody.push(await tenant.addUser(`user-${index}`));

const tally = createTally();
/** What no log may contain. */
const secrets = [gateSecret, CLIENT_SECRET, PASSWORD, ...everybody.map(({ refreshToken }) => refreshToken)];
// The time runs from here: a busy machine takes long to start everything.
const startedAt = Date.now();
const endsAt = startedAt + minutes * 60_000;
// A short run causes every failure too, but leaves out users who wait for a deadline.
const isShort = minutes < 1;
const plans = isShort ? { ...PLANS, ignore: 0 } : PLANS;
const chaos = startChaos({ tenant, store, gates, processes: PROCESSES, dice, calm: isShort ? 0.3 : 1 });
const progress = setInterval(() => console.log(tally.line()), 60_000);

await Promise.all(
  everybody.map(async (user) => {
    while (Date.now() < endsAt) {
      const handle = newHandle();
      secrets.push(handle);
      const browser = openBrowser({
        user,
        handle,
        urls: () => gates.urls,
        dice,
        onFault: (fault) => tally.fault(fault),
      });
      const runs = () => gates.runs(user.subject);
      tally.add(await runFlow({ user, plan: dice.weighted(plans), dice, browser, runs }));
    }
  }),
);

clearInterval(progress);
const blows = await chaos.stop();
const { log } = gates;
for (const secret of secrets)
  if (log.includes(secret)) tally.fault(`a secret in the log: ${secret.slice(0, 4)}…`);
for (const pattern of [/Fe26\.2\*/, /eyJ[\w-]{10,}\./]) {
  if (pattern.test(log)) tally.fault(`a token in the log: ${pattern}`);
}
await gates.stop();
await Promise.all([store.stop(), tenant.stop()]);

const took = (Date.now() - startedAt) / 60_000;
console.log(tables({ tally, blows, requests: tenant.emulator.requests.length, minutes: took }));
if (tally.faults.length > 0) {
  console.error(`\nBroken invariants: ${tally.faults.length}\n${tally.faults.slice(0, 50).join('\n')}`);
  if (process.env.SOAK_LOG !== undefined) console.error(log);
  process.exitCode = 1;
} else {
  console.log('\nBroken invariants: none');
}
