// Type-checks the TypeScript in the README, the docs and the skills of the packages, each block as a separate module.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'node_modules', '.cache', 'readme');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const docs = readdirSync(join(root, 'docs'), { recursive: true })
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('docs', name));
const skills = readdirSync(join(root, 'packages'))
  .map((name) => join('packages', name, 'SKILL.md'))
  .filter((file) => existsSync(join(root, file)));
const blocks = ['README.md', ...docs, ...skills].flatMap((file) => [
  ...readFileSync(join(root, file), 'utf8').matchAll(/^```ts(?: \[[^\]]+\])?\n(.*?)^```$/gms),
]);
if (blocks.length === 0)
  throw new Error('The README and the docs hold no TypeScript: the pattern that finds it must be wrong.');
for (const [index, [, code]] of blocks.entries()) writeFileSync(join(folder, `block-${index + 1}.mts`), code);
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({
    extends: '../../../tsconfig.tests.json',
    compilerOptions: { noUnusedLocals: false },
    include: ['*.mts'],
  }),
);
try {
  execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder], { stdio: 'inherit' });
} catch {
  process.exitCode = 1;
}
