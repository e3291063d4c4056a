// Takes each defence of docs/threat-model.md away, one after the other, and runs the tests that must notice. Prints
// what went red, and fails when one stayed green. With words behind it, only the defences that have them in their
// names: `npm run mutate -- id_token`. The sources are put back, also when it is broken off.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTATIONS } from './mutations.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'stepgate-mutate-'));
const originals = new Map();

function edit([file, from, to]) {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${file} must have once: ${from}`);
  if (!originals.has(path)) originals.set(path, text);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
}

function restore() {
  for (const [path, text] of originals) writeFileSync(path, text);
  originals.clear();
}

/** How a test's title looks in a report: what `it.each` fills in can be anything. */
function patternOf(title) {
  const words = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return words.replace(/\\\$\w+|%[sijdo]/g, '.*');
}

/** Shared suites run where they are mounted; one host is enough here. */
const fileOf = (file) => (file.includes('/support/') ? 'packages/server/test/hono.test.ts' : file);

function run([file, title]) {
  const report = join(folder, 'report.json');
  const where = fileOf(file);
  const project = where.split('/')[1];
  const reporters = ['--reporter=json', `--outputFile=${report}`];
  rmSync(report, { force: true });
  spawnSync(
    'pnpm',
    ['exec', 'vitest', 'run', '--project', project, where, '-t', patternOf(title), ...reporters],
    {
      cwd: root,
      stdio: 'ignore',
    },
  );
  const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, 'utf8'));
  return { failed: numFailedTests, ran: numFailedTests + numPassedTests };
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    restore();
    process.exit(1);
  });
}

const words = process.argv.slice(2);
const chosen = MUTATIONS.filter(({ defence }) => words.every((word) => defence.includes(word)));
const unnoticed = [];
try {
  for (const { defence, edits, shownBy } of chosen) {
    try {
      for (const one of edits) edit(one);
      for (const test of shownBy) {
        const { failed, ran } = run(test);
        const isNoticed = failed > 0;
        console.log(`${isNoticed ? 'red  ' : 'GREEN'} ${defence}\n      ${test[1]} (${failed} of ${ran})`);
        if (!isNoticed) unnoticed.push(`${defence}: ${test.join(': ')}`);
      }
    } finally {
      restore();
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n${chosen.length} defences taken away, ${unnoticed.length} times without a test that noticed`);
if (unnoticed.length > 0) {
  console.error(unnoticed.join('\n'));
  process.exitCode = 1;
}
