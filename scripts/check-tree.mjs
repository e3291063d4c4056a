// What no linter looks at: the lockfile names no hosts, nothing generated is committed, changesets name the packages that
// they change, and workflows pin their actions by commit.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const problems = [];

if (/https?:\/\/|tarball:/.test(readFileSync(new URL('pnpm-lock.yaml', root), 'utf8'))) {
  problems.push('pnpm-lock.yaml names a registry host: install again without a registry setting');
}
const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
for (const file of files) {
  // The docs show pictures that `pnpm pictures` takes.
  const isPicture = /^docs\/images\/[a-z-]+\.png$/.test(file);
  if (/(^|\/)(dist|node_modules)\//.test(file) || (/\.(tgz|png)$/.test(file) && !isPicture))
    problems.push(`${file} is generated: do not commit it`);
  if (!/^\.(github\/workflows|changeset)\/.*\.(ya?ml|md)$/.test(file)) continue;
  const text = readFileSync(new URL(file, root), 'utf8');
  if (
    file.endsWith('.md') &&
    !/^---\n(['"]?@stepgate\/\w+['"]?: (patch|minor|major)\n)+---\n\n\S/.test(text)
  ) {
    problems.push(`${file} must begin with the packages it changes, as \`pnpm changeset\` writes it`);
  }
  for (const [, action] of text.matchAll(/uses:\s*(\S+)/g)) {
    if (!/@[0-9a-f]{40}$/.test(action)) problems.push(`${file}: ${action} must be pinned by commit`);
  }
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
