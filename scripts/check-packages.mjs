// Packs every package and checks the tarballs as users get them: publint, "are the types wrong", and no scripts on install.
// Then npm installs them in an empty folder with the newest types of Node, every entry is type-checked, imported and
// required, and an app of each kind runs one approval.
// Uses this Node, or the newest of each major version in the arguments, from npm (node-<platform>-<arch>):
// `node scripts/check-packages.mjs 22 24 26`.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installNode, npm, pack, run } from './packed.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'stepgate-packages-'));
const bin = (name) => join(root, 'node_modules', '.bin', name);

/** The Node programs of these major versions, or this one without arguments. */
function nodes(majors) {
  if (majors.length === 0) return [process.execPath];
  return majors.map((major) => installNode(major, folder));
}

/** The scripts that npm runs on the user's machine during an install. */
const ON_INSTALL = ['preinstall', 'install', 'postinstall', 'prepare'];

/** Modules that only a test runner can import. Their own tests do that. */
const IN_RUNNERS = ['./vitest', './playwright'];

/** What uses the packages: imports and requires of all modules, an app of each kind, and the emulator's command. */
const USED = [
  'all.mjs',
  'all.cjs',
  'app.mjs',
  'app.cjs',
  'fastify.mjs',
  'nest.mjs',
  'next.mjs',
  'emulator.mjs',
];

/** Type-checks all modules as an app does that does not skip declaration files. Those of others are theirs to mend. */
function checkTypes(app, entries) {
  writeFileSync(
    join(app, 'all.ts'),
    entries.map((entry, index) => `export type * as Entry${index} from '${entry}';`).join('\n'),
  );
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
  const { stdout, error } = spawnSync(bin('tsc'), [...flags, 'all.ts'], { cwd: app, encoding: 'utf8' });
  if (error) throw error;
  const ours = stdout.split('\n').filter((line) => /^(all\.ts|node_modules\/@stepgate\/)/.test(line));
  if (ours.length > 0) throw new Error(`The types do not compile in an app:\n${ours.join('\n')}`);
}

/** The names under which a package's modules are imported. */
function entriesOf({ name, exports }) {
  const modules = Object.entries(exports).filter(
    ([path, target]) => typeof target === 'object' && !IN_RUNNERS.includes(path),
  );
  return modules.map(([path]) => name + path.slice(1));
}

try {
  const tarballs = {};
  const entries = [];
  for (const name of readdirSync(join(root, 'packages'))) {
    const cwd = join(root, 'packages', name);
    run(bin('publint'), ['--strict', '.'], cwd);
    const filename = pack(cwd, folder);
    // The page's script and style sheet are files that a server reads, not modules.
    run(bin('attw'), ['--profile', 'esm-only', '--exclude-entrypoints', './page/*', '--', filename], cwd);
    const manifest = JSON.parse(run('tar', ['-xOzf', filename, 'package/package.json'], cwd));
    const scripts = ON_INSTALL.filter((script) => manifest.scripts?.[script] !== undefined);
    if (scripts.length > 0)
      throw new Error(`${manifest.name} has scripts that run on install: ${scripts.join(', ')}`);
    tarballs[manifest.name] = `file:${filename}`;
    entries.push(...entriesOf(manifest));
  }

  const app = join(folder, 'app');
  cpSync(join(root, 'scripts', 'packed'), app, { recursive: true });
  const dependencies = {
    ...tarballs,
    express: '^5.3.0',
    koa: '^3.3.0',
    hono: '^4.13.0',
    fastify: '^5.12.0',
    '@nestjs/common': '^12.5.0',
    '@nestjs/core': '^12.5.0',
    '@nestjs/platform-express': '^12.5.0',
    'reflect-metadata': '^0.2.2',
    rxjs: '^7.8.2',
    '@hono/node-server': '^2.1.9',
    next: '^16.4.6',
    '@modelcontextprotocol/server': '^2.4.0',
    react: '^19.3.1',
    // What the declarations of the adapters refer to, as a TypeScript app has it.
    '@types/express': '^5.0.6',
    '@types/koa': '^3.0.3',
    '@types/react': '^19.3.0',
    '@types/node': 'latest',
  };
  writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, dependencies }));
  // Next.js brings compilers and image libraries as optional dependencies. Nothing here needs them.
  npm(['install', '--omit=optional'], app);
  checkTypes(app, entries);
  writeFileSync(join(app, 'all.mjs'), entries.map((entry) => `await import('${entry}');`).join('\n'));
  writeFileSync(join(app, 'all.cjs'), entries.map((entry) => `require('${entry}');`).join('\n'));
  for (const node of nodes(process.argv.slice(2))) {
    for (const file of USED) run(node, [file], app);
    console.log(`used on Node ${run(node, ['--version'], app).trim()}`);
  }
  console.log(`fit to publish: ${Object.keys(tarballs).join(', ')}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
