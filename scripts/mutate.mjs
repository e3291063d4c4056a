// Takes each defence of docs/concepts/threat-model.md away, one at a time, and runs the tests that must then fail. Prints what they
// did, and fails if one passed. With arguments, only the defences with all of these words in their names:
// `npm run mutate -- id_token`. The sources are restored, also on Ctrl-C.
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

/** A pattern for a test's title. What `it.each` fills in can be anything. */
function patternOf(title) {
  const words = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return words.replace(/\\\$\w+|%[sijdo]/g, '.*');
}

/** Suites run in the packages that mount them. One is enough here; Express skips none of their tests. */
const SUITES_RUN_IN = 'packages/express/test/express.test.ts';

const isSuite = ([file]) => file.startsWith('suites/');

/** Tests import other packages as built. An edit may leave type errors behind, which do not matter here. */
function build() {
  spawnSync('pnpm', ['exec', 'tsc', '-b'], { cwd: root, stdio: 'ignore' });
}

function run([file, title]) {
  const report = join(folder, 'report.json');
  const where = isSuite([file]) ? SUITES_RUN_IN : file;
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
    build();
    process.exit(1);
  });
}

const words = process.argv.slice(2);
const chosen = MUTATIONS.filter(({ defence }) => words.every((word) => defence.includes(word)));
if (chosen.length === 0) throw new Error(`no defence has all of these words: ${words.join(' ')}`);
const unnoticed = [];
try {
  for (const { defence, edits, shownBy } of chosen) {
    try {
      for (const one of edits) edit(one);
      build();
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
  build();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n${chosen.length} defences taken away, ${unnoticed.length} times without a test that noticed`);
if (unnoticed.length > 0) {
  console.error(unnoticed.join('\n'));
  process.exitCode = 1;
}
