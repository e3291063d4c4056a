// Drives one flow, one guard, one stream and one replay through the packed packages: on each host with a common way to
// sign in, in each runtime, with each store. Compares the table in docs/reference/runtimes.md with what ran, or writes it
// with --write. Everything comes from npm but redis-server and postgres, which have to be there.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  createTemplate,
  postgresProgram,
  startPostgres,
} from '../packages/postgres/test/support/postgres-server.ts';
import { installNode, npm, pack, run } from './packed.mjs';

const BUN = '1.4.5';
const DENO = '2.9.6';
const HOSTS = {
  express: 'Express with express-session',
  koa: 'Koa with koa-session',
  fastify: 'Fastify with @fastify/session',
  hono: 'Hono with hono/jwt',
  nest: 'NestJS with express-session',
};
const STORES = { memory: 'memory', sqlite: 'SQLite', redis: 'Redis', postgres: 'PostgreSQL' };
/** What is tried on Node alone. */
const ON_NODE = ['nest', 'postgres'];
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
  'reflect-metadata': '^0.2.2',
  rxjs: '^7.8.2',
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
  'sqlite',
  'redis',
  'postgres',
  'emulator',
];

const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'docs', 'reference', 'runtimes.md');
const folder = mkdtempSync(join(tmpdir(), 'stepgate-runtimes-'));
const app = join(folder, 'app');
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

/** The runtimes: their names, and the programs with their arguments. */
function installRuntimes() {
  const nodes = [22, 24, 26].map((major) => {
    const program = installNode(major, folder);
    return { name: `Node ${run(program, ['--version'], folder).trim().slice(1)}`, command: [program] };
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
    { name: `Bun ${BUN}`, command: [join(modules, bun, 'bin', 'bun'), 'run'] },
    { name: `Deno ${DENO}`, command: [join(modules, deno, 'deno'), 'run', '--allow-all'] },
  ];
}

function installApp() {
  const ours = PACKAGES.map((name) => [
    `@stepgate/${name}`,
    `file:${pack(join(root, 'packages', name), folder)}`,
  ]);
  cpSync(join(root, 'scripts', 'runtimes'), app, { recursive: true });
  const dependencies = { ...Object.fromEntries(ours), ...LIBRARIES };
  writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  npm(['install'], app);
}

/** One row for each host: the stores that ran in each runtime. */
function tableOf(runtimes, ran) {
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [
    row([
      'host and login',
      ...runtimes.map(({ name }) => name.replace(name.startsWith('Node') ? /\.\d+\.\d+$/ : /\.\d+$/, '')),
    ]),
    row(['---', ...runtimes.map(() => '---')]),
    ...Object.entries(HOSTS).map(([host, title]) =>
      row([
        title,
        ...runtimes.map(({ name }) =>
          Object.keys(STORES)
            .filter((store) => ran.has(`${host} ${name} ${store}`))
            .map((store) => STORES[store])
            .join(', '),
        ),
      ]),
    ),
  ].join('\n');
}

let template;
let postgres;
const TABLE = /(?<=<!-- what ran -->\n\n).*?(?=\n\n<!-- end -->)/s;

try {
  installApp();
  const runtimes = installRuntimes();
  template = await createTemplate();
  postgres = await startPostgres(template);
  const { driveFourThings } = await import(pathToFileURL(join(app, 'four-things.mjs')).href);
  const ran = new Set();
  const failures = [];
  for (const { name, command } of runtimes) {
    for (const host of Object.keys(HOSTS)) {
      for (const store of Object.keys(STORES)) {
        if (!name.startsWith('Node') && ON_NODE.some((one) => one === host || one === store)) continue;
        const file = join(folder, `${host}-${name.replaceAll(/\W/g, '-')}.db`);
        const servers = { redis: `redis://127.0.0.1:${REDIS_PORT}`, postgres: postgres.url };
        const place = servers[store] ?? file;
        try {
          await driveFourThings({ command, host, store, place, cwd: app });
          ran.add(`${host} ${name} ${store}`);
        } catch (error) {
          failures.push(error.message);
        }
      }
    }
    console.log(`${name}: ${[...ran].filter((one) => one.includes(` ${name} `)).length} apps`);
  }
  const text = readFileSync(page, 'utf8');
  const written = text.replace(TABLE, tableOf(runtimes, ran));
  if (process.argv.includes('--write')) writeFileSync(page, written);
  for (const failure of failures) console.error(failure);
  if (written !== text && !process.argv.includes('--write')) {
    console.error(
      'docs/reference/runtimes.md says something else than what ran: `pnpm run runtimes --write`.',
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
