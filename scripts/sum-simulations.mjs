// Sums up what parts of a long simulation came to, in Markdown: `node scripts/sum-simulations.mjs part-*.json`, with files
// that `npm run simulate -- --results FILE` has written. Fails when a part has found something.
import { readFileSync } from 'node:fs';

const parts = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')));
const sum = (read) => parts.reduce((all, part) => all + read(part), 0);
const count = (number) => number.toLocaleString('en');
const hours = (ms) => count(Math.round(ms / 360_000) / 10);
const runs = sum((part) => part.runs);
const cpuMs = sum((part) => part.cpuMs);
const failures = parts.flatMap((part) => part.failures);

console.log('| parts | runs | steps | simulated hours | CPU hours | CPU a run | found |');
console.log('| ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
console.log(
  `| ${parts.length} | ${count(runs)} | ${count(sum((part) => part.steps))} | ${hours(sum((part) => part.simulatedMs))} | ${hours(cpuMs)} | ${(cpuMs / runs).toFixed(1)} ms | ${failures.length} |`,
);
for (const { seed, afterRuns, error } of failures) {
  console.log(`\n- ${error}: seed ${seed}, which was noticed after ${count(afterRuns)} runs of its part`);
}
if (parts.length === 0 || failures.length > 0) process.exitCode = 1;
