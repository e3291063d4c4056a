// Packs every package and checks the tarballs as their users meet them: publint, "are the types wrong", and an
// import from a folder that has nothing but the tarballs, by `import` and by `require`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'stepgate-packages-'));
const bin = (name) => join(root, 'node_modules', '.bin', name);

function run(file, args, cwd) {
  try {
    return execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    console.error(error.stdout, error.stderr);
    throw new Error(`${file} ${args.join(' ')} failed in ${cwd}`);
  }
}

try {
  const tarballs = {};
  for (const name of readdirSync(join(root, 'packages'))) {
    const cwd = join(root, 'packages', name);
    const { name: fullName } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
    run(bin('publint'), ['--strict', '.'], cwd);
    const { filename } = JSON.parse(run('pnpm', ['pack', '--json', '--pack-destination', folder], cwd));
    // The page's script and style sheet are files for a server to read, no modules.
    run(bin('attw'), ['--profile', 'esm-only', '--exclude-entrypoints', './page/*', '--', filename], cwd);
    tarballs[fullName] = `file:${filename}`;
  }

  const names = Object.keys(tarballs);
  const overrides = Object.entries(tarballs).map(([name, file]) => `  '${name}': '${file}'`);
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), `overrides:\n${overrides.join('\n')}\n`);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: { ...tarballs, express: '^5.3.0', koa: '^3.3.0' } }),
  );
  run('pnpm', ['install', '--prefer-offline'], folder);
  const load = (name, by) => (by === 'import' ? `await import('${name}');` : `require('${name}');`);
  writeFileSync(join(folder, 'all.mjs'), names.map((name) => load(name, 'import')).join('\n'));
  writeFileSync(join(folder, 'all.cjs'), names.map((name) => load(name, 'require')).join('\n'));
  run(process.execPath, ['all.mjs'], folder);
  run(process.execPath, ['all.cjs'], folder);
  console.log(`fit to publish: ${names.join(', ')}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
