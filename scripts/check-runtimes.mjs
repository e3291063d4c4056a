// Drives one flow, one guard, one stream and one replay through the packed packages: on each host with a common way to
// sign in, in each runtime, with each store; and with each login library, in each runtime. Compares the table in
// docs/reference/runtimes.md with what ran, or writes it with --write. `--only next,passport` runs these rows alone, and
// `--part 1/2` every second one. Everything comes from npm but redis-server and postgres, which have to be there.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import {
  createTemplate,
  postgresProgram,
  startPostgres,
} from '../packages/postgres/test/support/postgres-server.ts';
import { installNode, npm, pack, run } from './packed.mjs';

const BUN = '1.4.5';
const DENO = '2.9.6';
/** Miniflare brings the Workers runtime of its own date along. */
const MINIFLARE = '4.20260730.0';
const WORKERD = 'workerd 2026-07-30';
const STORES = { memory: 'memory', sqlite: 'SQLite', redis: 'Redis', postgres: 'PostgreSQL' };
/** The apps. A login library is tried with one store, since neither knows of the other. */
const ROWS = [
  { name: 'express', title: 'Express with express-session' },
  { name: 'passport', title: 'Express with passport', stores: ['memory'] },
  { name: 'better-auth', title: 'Express with better-auth', stores: ['memory'] },
  { name: 'auth-js', title: 'Express with Auth.js', stores: ['memory'] },
  { name: 'openid-connect', title: 'Express with express-openid-connect', stores: ['memory'] },
  { name: 'bearer', title: 'Express with bearer tokens', stores: ['memory'] },
  { name: 'koa', title: 'Koa with koa-session' },
  { name: 'fastify', title: 'Fastify with @fastify/session' },
  { name: 'hono', title: 'Hono with hono/jwt' },
  { name: 'nest', title: 'NestJS 12 with express-session' },
  { name: 'nest-11', title: 'NestJS 11 with express-session', app: 'nest', stores: ['memory'] },
  {
    name: 'nest-11-fastify',
    title: 'NestJS 11 with @fastify/session',
    app: 'nest-fastify',
    stores: ['memory'],
  },
  { name: 'next', title: 'Next.js with nextjs-auth0' },
];
/** What is tried on Node alone. */
const ON_NODE = ['nest', 'nest-11', 'nest-11-fastify', 'next', 'postgres'];
/** What the apps use besides our packages, as this repository has it installed. */
const LIBRARIES = {
  express: '^5.3.0',
  'express-session': '^1.19.0',
  koa: '^3.3.0',
  'koa-session': '^7.0.2',
  '@koa/bodyparser': '^6.1.0',
  fastify: '^5.12.8',
  '@fastify/cookie': '^11.1.5',
  '@fastify/session': '^11.1.3',
  '@fastify/formbody': '^9.0.1',
  hono: '^4.13.19',
  '@hono/node-server': '^2.1.9',
  redis: '^6.3.1',
  '@nestjs/common': '^12.5.1',
  '@nestjs/core': '^12.5.1',
  '@nestjs/platform-express': '^12.5.1',
  '@nestjs/platform-fastify': '^12.5.0',
  'reflect-metadata': '^0.2.2',
  rxjs: '^7.8.2',
  next: '^16.4.6',
  react: '^19.3.1',
  'react-dom': '^19.3.1',
  '@auth0/nextjs-auth0': '^4.30.0',
  passport: '^0.7.0',
  'better-auth': '^1.7.25',
  '@auth/express': '^0.12.3',
  'express-openid-connect': '^3.4.0',
  'express-oauth2-jwt-bearer': '^1.10.0',
  jose: '^6.2.18',
  esbuild: '^0.28.2',
  miniflare: MINIFLARE,
};
const PACKAGES = [
  'core',
  'web',
  'server',
  'express',
  'koa',
  'fastify',
  'hono',
  'nest',
  'next',
  'sqlite',
  'redis',
  'postgres',
  'emulator',
];

const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'docs', 'reference', 'runtimes.md');
const folder = mkdtempSync(join(tmpdir(), 'stepgate-runtimes-'));
const app = join(folder, 'app');
const nest11 = join(folder, 'nest-11');
const words = process.argv.slice(2).join(' ');
const only = /^--only[= ](\S+)/.exec(words)?.[1].split(',');
const [, part = 1, parts = 1] = /^--part[= ](\d+)\/(\d+)$/.exec(words) ?? [];
const rows = ROWS.filter(({ name }, index) => (only?.includes(name) ?? true) && index % parts === part - 1);
if (rows.length === 0)
  throw new Error(`There is no row for ${words}: ${ROWS.map(({ name }) => name).join(', ')}.`);
const REDIS_PORT = 20_000 + (process.pid % 20_000);
const redis = spawn('redis-server', ['--port', REDIS_PORT, '--bind', '127.0.0.1', '--save', ''], {
  cwd: folder,
  stdio: 'ignore',
});
redis.once('error', () => {
  console.error('redis-server cannot be started: install it (apt-get install redis-server).');
  process.exit(1);
});

if (postgresProgram() === undefined) {
  console.error('There is no postgres: run `node scripts/ensure-system.mjs`.');
  process.exit(1);
}

/** What Bun and Deno try too. */
const isPortable = (row, store) => !ON_NODE.includes(row) && !ON_NODE.includes(store);

/** The runtimes: their names, the programs with their arguments, and which apps they try with which stores. */
function installRuntimes() {
  const nodes = [22, 24, 26].map((major) => {
    const program = installNode(major, folder);
    const name = `Node ${run(program, ['--version'], folder).trim().slice(1)}`;
    return { name, command: [program, 'app.mjs'], tries: () => true };
  });
  // As packages of single platforms, which run no scripts on install.
  const cpu = process.arch === 'arm64' ? ['aarch64', 'arm64'] : ['x64', 'x64'];
  const [bun, deno] = [
    `@oven/bun-${process.platform}-${cpu[0]}`,
    `@deno/${process.platform}-${cpu[1]}-glibc`,
  ];
  const place = join(folder, 'others');
  npm(['install', '--no-save', '--prefix', place, `${bun}@${BUN}`, `${deno}@${DENO}`], folder);
  const modules = join(place, 'node_modules');
  return [
    ...nodes,
    {
      name: `Bun ${BUN}`,
      command: [join(modules, bun, 'bin', 'bun'), 'run', 'app.mjs'],
      tries: isPortable,
    },
    {
      name: `Deno ${DENO}`,
      command: [join(modules, deno, 'deno'), 'run', '--allow-all', 'app.mjs'],
      tries: isPortable,
    },
    {
      name: WORKERD,
      command: [process.execPath, 'workerd.mjs'],
      tries: (row, store) => row === 'hono' && store === 'memory',
    },
  ];
}

function installApps() {
  const ours = Object.fromEntries(
    PACKAGES.map((name) => [`@stepgate/${name}`, `file:${pack(join(root, 'packages', name), folder)}`]),
  );
  const install = (place, dependencies) => {
    cpSync(join(root, 'scripts', 'runtimes'), place, { recursive: true });
    writeFileSync(
      join(place, 'package.json'),
      JSON.stringify({ private: true, type: 'module', dependencies }),
    );
    npm(['install'], place);
  };
  install(app, { ...ours, ...LIBRARIES });
  const NEST = /^@nestjs|^@fastify\/(cookie|session)$|^express-session$|^reflect-metadata$|^rxjs$/;
  const libraries = Object.entries(LIBRARIES).filter(([name]) => NEST.test(name));
  const older = libraries.map(([name, range]) => [name, name.startsWith('@nestjs') ? '11' : range]);
  const parts = ['core', 'web', 'server', 'nest'].map((name) => [
    `@stepgate/${name}`,
    ours[`@stepgate/${name}`],
  ]);
  install(nest11, Object.fromEntries([...parts, ...older]));
  if (rows.every(({ name }) => name !== 'next')) return;
  run(process.execPath, [join(app, 'node_modules/next/dist/bin/next'), 'build', 'next-app'], app);
}

/** One row for each app: the stores that ran in each runtime. */
function tableOf(runtimes, ran) {
  const short = (name) => name.replace(name.startsWith('Node') ? /\.\d+\.\d+$/ : /\.\d+$/, '');
  const lines = [
    ['host and login', ...runtimes.map(({ name }) => short(name))],
    ...ROWS.map(({ name, title }) => [
      title,
      ...runtimes.map((runtime) =>
        Object.keys(STORES)
          .filter((store) => ran.has(`${name} ${runtime.name} ${store}`))
          .map((store) => STORES[store])
          .join(', '),
      ),
    ]),
  ];
  // Aligned, as the formatter has it.
  const widths = lines[0].map((_, column) => Math.max(...lines.map((cells) => cells[column].length)));
  const row = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const [head, ...body] = lines.map(row);
  return [head, row(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}

let template;
let postgres;
/** Of a table, the head and the rows that ran, without the spaces that align them. */
const partOf = (table) =>
  table
    .split('\n')
    .filter((_, line) => line === 0 || rows.includes(ROWS[line - 2]))
    .map((line) => line.replaceAll(/ +\|/g, ' |'));
const TABLE = /(?<=<!-- what ran -->\n\n).*?(?=\n\n<!-- end -->)/s;

try {
  installApps();
  const runtimes = installRuntimes();
  template = await createTemplate();
  postgres = await startPostgres(template);
  const { driveFourThings } = await import(pathToFileURL(join(app, 'four-things.mjs')).href);
  const ran = new Set();
  const failures = [];
  for (const { name, command, tries } of runtimes) {
    for (const row of rows) {
      for (const store of row.stores ?? Object.keys(STORES)) {
        if (!tries(row.name, store)) continue;
        const file = join(folder, `${row.name}-${name.replaceAll(/\W/g, '-')}.db`);
        const servers = { redis: `redis://127.0.0.1:${REDIS_PORT}`, postgres: postgres.url };
        const place = servers[store] ?? file;
        const cwd = row.name.startsWith('nest-11') ? nest11 : app;
        try {
          await driveFourThings({ command, name: row.app ?? row.name, store, place, cwd });
          ran.add(`${row.name} ${name} ${store}`);
        } catch (error) {
          failures.push(error.message);
        }
      }
    }
    console.log(`${name}: ${[...ran].filter((one) => one.includes(` ${name} `)).length} apps`);
  }
  for (const failure of failures) console.error(failure);
  const text = readFileSync(page, 'utf8');
  const table = tableOf(runtimes, ran);
  if (words === '--write') writeFileSync(page, text.replace(TABLE, table));
  else if (!isDeepStrictEqual(partOf(TABLE.exec(text)[0]), partOf(table))) {
    console.error(
      `docs/reference/runtimes.md says something else than what ran: \`pnpm run runtimes --write\`.\n${table}`,
    );
    process.exitCode = 1;
  }
  if (failures.length > 0) process.exitCode = 1;
} finally {
  redis.kill('SIGKILL');
  await postgres?.stop();
  if (template) rmSync(template, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}
