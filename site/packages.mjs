// The packages of this repository and what each exports: pages, side bar and API reference follow from them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../packages/', import.meta.url);

/** The order in which a reader meets them. Packages that are not named come after the hosts. */
const ORDER = [
  'core',
  'server',
  'express',
  'koa',
  'hono',
  'fastify',
  'nest',
  '',
  'web',
  'sqlite',
  'postgres',
  'redis',
  'emulator',
  'doctor',
];
const rankOf = (name) => ORDER.indexOf(ORDER.includes(name) ? name : '');

/** Each package with its entries: what is imported, its source, and the page of its reference. */
export const packages = readdirSync(folder)
  .map((name) => {
    const { exports } = JSON.parse(readFileSync(new URL(`${name}/package.json`, folder), 'utf8'));
    const entries = Object.entries(exports)
      .filter(([, target]) => typeof target === 'object')
      .map(([path, { types }]) => ({
        specifier: `@stepgate/${name}${path.slice(1)}`,
        source: `packages/${name}/${types.replace('./dist/', 'src/').replace(/\.d\.ts$/, '.ts')}`,
        page: `${name}${path.slice(1).replace('/', '-')}`,
      }))
      // What is generated has a declaration only.
      .filter(({ source }) => existsSync(new URL(`../${source}`, import.meta.url)));
    return { name, entries };
  })
  .toSorted((a, b) => rankOf(a.name) - rankOf(b.name) || a.name.localeCompare(b.name));
