import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { problemsIn } from '../check-rooms.mjs';

let folder;
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The problems of one package with these sources, by path. Its entry is `index.ts`. */
function problemsOf(sources, house = {}, dependencies = {}) {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-rooms-'));
  const manifest = {
    exports: { '.': { default: './dist/index.js' }, './package.json': './package.json' },
    dependencies,
  };
  const files = { 'package.json': JSON.stringify(manifest) };
  for (const [path, code] of Object.entries(sources)) files[`src/${path}`] = code;
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, 'shop', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return problemsIn(folder, house);
}

const order = { shop: ['counter', 'shelf', 'clock.ts'] };
const tidy = {
  'index.ts': `export { sell } from './counter/sell.ts';`,
  'counter/sell.ts': `import { item } from '../shelf/item.ts'; export const sell = () => item;`,
  'shelf/item.ts': `import { now } from '../clock.ts'; export const item = now;`,
  'clock.ts': 'export const now = 1;',
};

describe('the check of rooms', () => {
  it('accepts imports that only go down', () => {
    expect(problemsOf(tidy, { order })).toEqual([]);
  });

  it.each([
    ['a value import', `import { a } from './a.ts'; export const b = a;`],
    ['a type import', `import type { a } from './a.ts'; export type b = typeof a;`],
    ['an inline type', `export type b = typeof import('./a.ts').a | import('./a.ts').T;`],
    ['a dynamic import', `export const b = () => import('./a.ts');`],
    ['a re-export', `export * from './a.ts'; export const b = 1;`],
    ['a named re-export', `export { a as b } from './a.ts';`],
  ])('finds a cycle of files that is closed by %s', (_, code) => {
    const problems = problemsOf({ 'a.ts': `import { b } from './b.ts'; export const a = b;`, 'b.ts': code });
    expect(problems[0]).toBe('packages/shop: files import each other: a.ts -> b.ts -> a.ts');
  });

  it('finds the whole way of a longer cycle', () => {
    const problems = problemsOf({
      'a.ts': `import './b.ts';`,
      'b.ts': `import './c.ts';`,
      'c.ts': `import './a.ts';`,
    });
    expect(problems).toContain('packages/shop: files import each other: a.ts -> b.ts -> c.ts -> a.ts');
  });

  it('finds a cycle of folders whose files have none', () => {
    const problems = problemsOf({
      'one/a.ts': `import '../two/a.ts';`,
      'one/b.ts': '',
      'two/a.ts': '',
      'two/b.ts': `import '../one/b.ts';`,
    });
    expect(problems[0]).toBe('packages/shop: folders import each other: one -> two -> one');
  });

  it('finds an import of a higher room', () => {
    const problems = problemsOf(
      {
        ...tidy,
        'counter/sell.ts': '',
        'shelf/item.ts': `import '../counter/sell.ts'; import '../clock.ts';`,
      },
      { order },
    );
    expect(problems).toEqual([
      'packages/shop: shelf/item.ts imports counter/sell.ts, which stands above it in the order of rooms',
    ]);
  });

  it('finds an import of the package’s entry', () => {
    const problems = problemsOf(
      { ...tidy, 'index.ts': '', 'clock.ts': `import type { sell } from './index.ts';` },
      { order },
    );
    expect(problems).toEqual([
      'packages/shop: clock.ts imports index.ts, which stands above it in the order of rooms',
    ]);
  });

  it('lets the order give an entry a place among the rooms', () => {
    const sources = { 'index.ts': '', 'page/main.ts': `import '../index.ts';` };
    expect(problemsOf(sources, { order: { shop: ['page', 'index.ts'] } })).toEqual([]);
    rmSync(folder, { recursive: true });
    expect(problemsOf(sources, { order: { shop: ['index.ts', 'page'] } })).toHaveLength(1);
  });

  it('finds rooms without a place in the order, and places without a room', () => {
    const problems = problemsOf(
      { ...tidy, 'cellar/jar.ts': '' },
      { order: { shop: ['attic', ...order.shop] } },
    );
    expect(problems).toEqual([
      'packages/shop: no place in the order of rooms for cellar: add it in scripts/rooms.mjs',
      'packages/shop: no longer there, but in the order of rooms: attic; see scripts/rooms.mjs',
    ]);
  });

  it('finds a folder with too many files', () => {
    const sources = { 'index.ts': '', 'a.ts': '', 'b.ts': '', 'style.css': '' };
    expect(problemsOf(sources, { most: 4 })).toEqual([]);
    rmSync(folder, { recursive: true });
    expect(problemsOf(sources, { most: 3 })).toEqual(['packages/shop: src has 4 files, and may have 3']);
  });

  it('counts an adapter’s lines without comments and blank lines', () => {
    const code = `/**\n * What it is for.\n */\nexport const a = 1; // why\n\n/* more */\nexport const b = '// not a comment';\n`;
    expect(problemsOf({ 'index.ts': code }, { adapters: { shop: 2 } })).toEqual([]);
    rmSync(folder, { recursive: true });
    expect(problemsOf({ 'index.ts': code }, { adapters: { shop: 1 } })).toEqual([
      'packages/shop: this adapter has 2 lines of code, and may have 1',
    ]);
  });

  it('finds an adapter that no list names', () => {
    const onServer = { '@stepgate/server': 'workspace:^' };
    const check = (house) => {
      rmSync(folder ?? '', { recursive: true, force: true });
      return problemsOf({ 'index.ts': '' }, house, onServer);
    };

    expect(check({})).toEqual([
      'packages/shop: depends on @stepgate/server: add it to ADAPTERS in scripts/rooms.mjs, or to NO_ADAPTERS',
    ]);
    expect(check({ adapters: { shop: 1 } })).toEqual([]);
    expect(check({ noAdapters: ['shop'] })).toEqual([]);
  });

  it('leaves out what is excepted, and finds exceptions that are not needed any more', () => {
    const sources = { 'a.ts': `import './b.ts';`, 'b.ts': `import './a.ts';` };
    expect(problemsOf(sources, { exceptions: { shop: ['cycles', 'files'] } })).toEqual([
      "packages/shop: 'files' holds now: take it off EXCEPTIONS in scripts/rooms.mjs",
    ]);
  });

  it('does not pass over a source that it cannot parse', () => {
    expect(() => problemsOf({ 'a.ts': 'import {' })).toThrow('a.ts cannot be parsed');
  });
});
