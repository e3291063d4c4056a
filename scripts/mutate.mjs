// Takes each defence of docs/concepts/threat-model.md away, one at a time, and runs the tests that must then fail. Prints what they
// did, and fails if one passed. With arguments, only the defences with all of these words in their names:
// `npm run mutate -- id_token`. The sources are restored, also on Ctrl-C.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, edit, restore, restoreWhenStopped, root } from './edits.mjs';
import { MUTATIONS } from './mutations.mjs';

const folder = mkdtempSync(join(tmpdir(), 'stepgate-mutate-'));

/** A pattern for a test's title. What `it.each` fills in can be anything. */
function patternOf(title) {
  const words = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return words.replace(/\\\$\w+|%[sijdo]/g, '.*');
}

/** Suites run in the packages that mount them. One is enough here; Express runs everything, and skips none of it. */
const SUITES_RUN_IN = 'packages/express/test/express.test.ts';

const isSuite = ([file]) => file.startsWith('suites/');

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

restoreWhenStopped();

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
