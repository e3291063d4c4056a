// What a fleet needs for users who step up twice a day, computed from what one process is measured to need here. Prints a
// table in Markdown.

import { measureAnswers } from './answers.mjs';
import { countedStore } from './counted-store.mjs';

const STEP_UPS = Number(process.env.BENCH_APPROVALS ?? 100);
const STEP_UPS_A_DAY = 2;
/** The share of a day's step-ups in its busiest hour. */
const BUSIEST_HOUR = 0.15;
/** How much of a core a process should use at the most, so that it has room for the app. */
const SHARE_OF_CORE = 0.25;
/** Requests per second that Auth0 allows a tenant of an Enterprise plan, for everything. */
const TENANT_LIMIT = 100;

const asked = { read: 0, write: 0 };
const one = await measureAnswers({
  count: STEP_UPS,
  fromMs: 3_000,
  toMs: 15_000,
  options: { store: countedStore(asked) },
});
const storeOperations = (asked.read + asked.write) / STEP_UPS;

const whole = (value) => Math.ceil(value).toLocaleString('en');
const rate = (value) => (value < 10 ? value.toFixed(1) : whole(value));

console.log(
  `One step-up, from the click to the approval after 3 to 15 s: ${one.cpuMs.toFixed(1)} ms of CPU, ${storeOperations.toFixed(0)} store operations, ${one.requests.toFixed(1)} requests to the tenant.`,
);
console.log(
  '\n| users | step-ups per second, busiest hour | processes | store operations per second | tenant requests per second | of what an Enterprise tenant allows |\n| --- | --- | --- | --- | --- | --- |',
);
for (const users of [1_000, 100_000, 10_000_000]) {
  const perSecond = (users * STEP_UPS_A_DAY * BUSIEST_HOUR) / 3_600;
  const requests = perSecond * one.requests;
  const cells = [
    users.toLocaleString('en'),
    rate(perSecond),
    // A second one, so that one can stop.
    whole(Math.max(2, (perSecond * one.cpuMs) / 1_000 / SHARE_OF_CORE)),
    rate(perSecond * storeOperations),
    rate(requests),
    `${((100 * requests) / TENANT_LIMIT).toFixed(0)} %`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
process.exit(0);
