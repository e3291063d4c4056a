// Compares docs/reference/dependencies.md with the packages: its table lists every library that users install, with the packages that
// depend on it, and no library runs a script on install. With --print, prints what the table's columns must say.
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const isOurs = (name) => name.startsWith('@stepgate/');
const ON_INSTALL = ['preinstall', 'install', 'postinstall'];

/** The folder of a package, as resolved from another one. */
function folderOf(name, from) {
  const places = createRequire(join(from, 'package.json')).resolve.paths(name) ?? [];
  for (const place of places) {
    const folder = join(place, name);
    try {
      if (statSync(join(folder, 'package.json')).isFile()) return realpathSync(folder);
    } catch {}
  }
  throw new Error(`${name} is not installed for ${from}`);
}

function bytesIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .map((entry) => join(folder, entry.name))
    .reduce((sum, path) => sum + (statSync(path).isDirectory() ? bytesIn(path) : statSync(path).size), 0);
}

/** The libraries that users install: names, with their folders and the packages that depend on them. */
function installed() {
  const found = new Map();
  function add(name, from, by) {
    const folder = folderOf(name, from);
    const entry = found.get(name) ?? { folder, by: new Set() };
    const isKnown = found.has(name);
    found.set(name, entry);
    entry.by.add(by);
    if (isKnown) return;
    const { dependencies = {} } = read(join(folder, 'package.json'));
    for (const next of Object.keys(dependencies)) add(next, folder, name);
  }
  for (const name of readdirSync(join(root, 'packages'))) {
    const folder = join(root, 'packages', name);
    const { dependencies = {}, private: isPrivate } = read(join(folder, 'package.json'));
    if (isPrivate) continue;
    for (const one of Object.keys(dependencies).filter((each) => !isOurs(each))) add(one, folder, name);
  }
  return found;
}

/** The rows of the page: a library, and the packages that depend on it. */
function rows() {
  const text = readFileSync(join(root, 'docs', 'reference', 'dependencies.md'), 'utf8');
  const lines = text.split('\n').filter((line) => line.startsWith('| [`'));
  return new Map(
    lines.map((line) => {
      const [, library = '', by = ''] = line.split('|');
      return [/`([^`]+)`/.exec(library)?.[1] ?? '', by.trim()];
    }),
  );
}

const found = installed();
const problems = [];
const listed = process.argv.includes('--print') ? new Map() : rows();
for (const [name, { folder, by }] of [...found].sort(([a], [b]) => a.localeCompare(b))) {
  const { version, license, scripts = {} } = read(join(folder, 'package.json'));
  const names = [...by].sort((a, b) => a.localeCompare(b)).join(', ');
  if (process.argv.includes('--print')) {
    console.log(`${name} | ${names} | ${version} | ${license} | ${Math.round(bytesIn(folder) / 1_000)} kB`);
    continue;
  }
  if (listed.get(name) !== names) {
    problems.push(`docs/reference/dependencies.md must list \`${name}\`, brought along by: ${names}`);
  }
  for (const script of ON_INSTALL) {
    if (scripts[script] !== undefined) problems.push(`${name} runs a script on ${script}`);
  }
}
for (const name of listed.keys()) {
  if (!found.has(name))
    problems.push(`docs/reference/dependencies.md lists \`${name}\`, which is not installed: remove the row`);
}
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
} else if (!process.argv.includes('--print')) {
  console.log(`docs/reference/dependencies.md lists all ${found.size} libraries`);
}
