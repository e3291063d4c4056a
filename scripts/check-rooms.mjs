// Fails on any import cycle between files or folders of a package's sources (type imports included), on any import from
// a lower room to a higher one, on folders with too many files, and on adapters that are too long. The order of the
// rooms, the limits and what does not hold yet are in rooms.mjs.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';
import { ADAPTERS, EXCEPTIONS, MOST_FILES, NO_ADAPTERS, ROOMS } from './rooms.mjs';

/** The rules, each with what it finds wrong in the sources of one package. */
const RULES = { cycles, rooms, files, adapter };

/** The modules that a source names, however it imports them. */
function importsOf(file, code) {
  const { program, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0].message}`);
  const named = [];
  const add = ({ source }) => {
    if (typeof source?.value === 'string') named.push(source.value);
  };
  new Visitor({
    ImportDeclaration: add,
    ExportAllDeclaration: add,
    ExportNamedDeclaration: add,
    ImportExpression: add,
    TSImportType: add,
  }).visit(program);
  return named;
}

/** How many lines hold code: comments and blank lines are left out. */
function linesOfCode(file, code) {
  const { comments } = parseSync(file, code);
  let rest = code;
  for (const { start, end } of comments) {
    rest = rest.slice(0, start) + rest.slice(start, end).replace(/[^\n]/g, ' ') + rest.slice(end);
  }
  return rest.split('\n').filter((line) => line.trim() !== '').length;
}

/** Reads the sources of a package. Paths are relative to its `src/`, with forward slashes. */
function readSources(folder) {
  const src = join(folder, 'src');
  const paths = readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(src, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
  const imports = new Map();
  let lines = 0;
  for (const path of paths.filter((each) => /\.[cm]?tsx?$/.test(each))) {
    const code = readFileSync(join(src, path), 'utf8');
    const local = importsOf(path, code).filter((name) => name.startsWith('.'));
    imports.set(path, [...new Set(local.map((name) => posix.join(posix.dirname(path), name)))]);
    lines += linesOfCode(path, code);
  }
  const {
    exports = {},
    bin = {},
    dependencies = {},
  } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const targets = [...Object.values(exports), ...Object.values(bin)].map(
    (target) => target.default ?? target,
  );
  const entries = targets.map((target) => posix.normalize(target).replace(/^dist\/(.*)\.js$/, '$1.ts'));
  return { paths, imports, lines, entries: new Set(entries), dependencies: Object.keys(dependencies) };
}

/** The folder of a file. A file directly in `src/` counts as a folder. */
const folderOf = (path) => (path.includes('/') ? posix.dirname(path) : path);

/** The room of a file: the first folder of its path, or the file itself. */
const roomOf = (path) => path.split('/', 1)[0];

/** The same graph with every file replaced by what it is in. */
function contracted(imports, toGroup) {
  const graph = new Map();
  for (const [from, targets] of imports) {
    const group = toGroup(from);
    const reached = graph.get(group) ?? new Set();
    for (const target of targets) if (toGroup(target) !== group) reached.add(toGroup(target));
    graph.set(group, reached);
  }
  return graph;
}

/** The shortest cycle through each node that no cycle before it went through. */
function cyclesIn(graph) {
  const found = [];
  const tied = new Set();
  for (const start of graph.keys()) {
    if (tied.has(start)) continue;
    const cycle = shortestCycle(graph, start);
    if (cycle === undefined) continue;
    for (const node of cycle) tied.add(node);
    found.push(cycle);
  }
  return found;
}

/** The shortest way from a node back to itself, by breadth first. */
function shortestCycle(graph, start) {
  const cameFrom = new Map();
  const queue = [start];
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    for (const next of graph.get(node) ?? []) {
      if (next === start) {
        const way = [start];
        for (let at = node; at !== start; at = cameFrom.get(at)) way.unshift(at);
        return [start, ...way];
      }
      if (!cameFrom.has(next)) {
        cameFrom.set(next, node);
        queue.push(next);
      }
    }
  }
  return undefined;
}

function cycles({ imports }) {
  const byFile = cyclesIn(imports).map((cycle) => `files import each other: ${cycle.join(' -> ')}`);
  const byFolder = cyclesIn(contracted(imports, folderOf)).map(
    (cycle) => `folders import each other: ${cycle.join(' -> ')}`,
  );
  return [...byFile, ...byFolder];
}

function rooms({ name, imports, entries, paths }, { order = {} }) {
  const listed = order[name] ?? [];
  if (listed.length === 0 && !paths.some((path) => path.includes('/'))) return [];
  const present = new Set([...imports.keys()].map(roomOf));
  const found = [];
  const missing = [...present].filter((room) => !listed.includes(room) && !entries.has(room));
  if (missing.length > 0) {
    found.push(`no place in the order of rooms for ${missing.join(', ')}: add it in scripts/rooms.mjs`);
  }
  const gone = listed.filter((room) => !present.has(room));
  if (gone.length > 0) {
    found.push(`no longer there, but in the order of rooms: ${gone.join(', ')}; see scripts/rooms.mjs`);
  }
  for (const [from, targets] of imports) {
    const here = listed.indexOf(roomOf(from));
    if (here === -1) continue;
    for (const target of targets) {
      const there = listed.indexOf(roomOf(target));
      if (there >= here || (there === -1 && !entries.has(target))) continue;
      found.push(`${from} imports ${target}, which stands above it in the order of rooms`);
    }
  }
  return found;
}

function files({ paths }, { most = MOST_FILES }) {
  const counts = new Map();
  for (const path of paths) counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > most)
    .map(([folder, count]) => `${posix.join('src', folder)} has ${count} files, and may have ${most}`);
}

function adapter({ name, lines, dependencies }, { adapters = {}, noAdapters = [] }) {
  const most = adapters[name];
  if (most === undefined && dependencies.includes('@stepgate/server') && !noAdapters.includes(name)) {
    return ['depends on @stepgate/server: add it to ADAPTERS in scripts/rooms.mjs, or to NO_ADAPTERS'];
  }
  if (most === undefined || lines <= most) return [];
  return [`this adapter has ${lines} lines of code, and may have ${most}`];
}

/**
 * What is wrong with the packages in a folder.
 *
 * @param {string} folder holds one folder for each package
 * @param {{ order?: object, most?: number, adapters?: object, noAdapters?: string[], exceptions?: object }} house
 * @returns {string[]} one line for each problem
 */
export function problemsIn(folder, house) {
  const problems = [];
  for (const name of readdirSync(folder).sort()) {
    if (!existsSync(join(folder, name, 'src'))) continue;
    const sources = { name, ...readSources(join(folder, name)) };
    const excepted = house.exceptions?.[name] ?? [];
    for (const [rule, check] of Object.entries(RULES)) {
      const found = check(sources, house);
      if (!excepted.includes(rule)) problems.push(...found.map((each) => `packages/${name}: ${each}`));
      else if (found.length === 0) {
        problems.push(`packages/${name}: '${rule}' holds now: take it off EXCEPTIONS in scripts/rooms.mjs`);
      }
    }
  }
  return problems;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = problemsIn(fileURLToPath(new URL('../packages', import.meta.url)), {
    order: ROOMS,
    most: MOST_FILES,
    adapters: ADAPTERS,
    noAdapters: NO_ADAPTERS,
    exceptions: EXCEPTIONS,
  });
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
