import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { type Count, failureOf, keepsItsPromises } from './property.ts';

/** What all parts of a long simulation came to. */
interface Results extends Count {
  /** The seed of the next part. */
  seed: number;
  cpuMs: number;
  failures: { seed: number; afterRuns: number; error: string }[];
}

const USAGE = `Usage: npm run simulate -- [--runs 1000000] [--from-seed 20260105] [--results file] [--path path] [--brief]

Makes that many runs, in parts of 1,000: the first part has the given seed, each next one the next number.
With --results, adds the counts of each part to the file, and goes on where the file ends until it holds that many runs.
A part that fails is printed with its seed and its smallest steps, and ends the simulation; with --brief, as it was found.
With --path, runs one run of the seed again.`;
const PART_RUNS = 1_000;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    'from-seed': { type: 'string', default: '20260105' },
    results: { type: 'string' },
    path: { type: 'string' },
    brief: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const firstSeed = Number(values['from-seed']);
if (values.help || !Number.isSafeInteger(runs) || !Number.isSafeInteger(firstSeed)) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}

// Every refusal is an error, and nobody reads where it came from.
Error.stackTraceLimit = 0;
const results = begin(values.results);
while (results.runs < runs && results.failures.length === 0) {
  await part(Math.min(PART_RUNS, runs - results.runs));
  if (values.results !== undefined) save(values.results);
  if (!values.brief) console.log(summary());
}
if (values.brief) console.log(summary());
process.exitCode = results.failures.length > 0 ? 1 : 0;

function begin(file: string | undefined): Results {
  if (file !== undefined && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Results;
  return { seed: firstSeed, runs: 0, steps: 0, simulatedMs: 0, cpuMs: 0, failures: [] };
}

/** A process that is killed leaves the file as it was after the part before. */
function save(file: string): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(results, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

async function part(numRuns: number): Promise<void> {
  const { seed } = results;
  const count: Count = { runs: 0, steps: 0, simulatedMs: 0 };
  const before = process.cpuUsage();
  const details = await fc.check(keepsItsPromises(count), {
    numRuns,
    seed,
    endOnFailure: values.brief,
    ...(values.path !== undefined && { path: values.path }),
  });
  const { user, system } = process.cpuUsage(before);
  results.cpuMs += (user + system) / 1_000;
  // Runs that make a failure smaller do not count.
  results.runs += details.failed ? details.numRuns : count.runs;
  results.steps += count.steps;
  results.simulatedMs += count.simulatedMs;
  results.seed = seed + 1;
  if (!details.failed) return;
  const error = String((details.errorInstance as Error | undefined)?.message);
  results.failures.push({ seed, afterRuns: results.runs, error });
  if (!values.brief) console.error(failureOf(details));
}

function summary(): string {
  const { seed, runs: made, steps, simulatedMs, cpuMs, failures } = results;
  const hours = (ms: number): string => (ms / 3_600_000).toFixed(2);
  const [failure] = failures;
  return [
    `${made} runs, ${steps} steps, ${hours(simulatedMs)} simulated hours`,
    `${hours(cpuMs)} CPU hours, ${(cpuMs / made).toFixed(1)} ms a run`,
    failure ? `broken after ${failure.afterRuns} runs: ${failure.error}` : `next seed ${seed}`,
  ].join('; ');
}
