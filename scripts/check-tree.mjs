// What no linter looks at: the lockfile names no hosts, and nothing generated is kept.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const problems = [];

if (/https?:\/\/|tarball:/.test(readFileSync(new URL('pnpm-lock.yaml', root), 'utf8'))) {
  problems.push('pnpm-lock.yaml names a registry host: remove the registry setting it was made with');
}
const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
for (const file of files) {
  if (/(^|\/)(dist|node_modules)\//.test(file) || /\.(tgz|png)$/.test(file))
    problems.push(`${file} is generated`);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
