// Type-checks the TypeScript in the README, the docs and the skills of the packages, each block as a separate module. A
// block is checked where what it imports is installed: at the root, or in an example of its host.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blocksOf, filesOf } from '../e2e/support/page-blocks.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where blocks are checked: the folder, what a block for it imports, and its compiler options. The last takes the rest. */
const PLACES = [
  { folder: 'examples/fastify', imports: /^@?fastify|^@stepgate\/fastify/ },
  {
    folder: 'examples/nest-bank',
    imports: /^@nestjs|^@stepgate\/nest/,
    options: { experimentalDecorators: true, emitDecoratorMetadata: true },
  },
  {
    folder: 'examples/next-bank',
    imports: /^next\/|^@stepgate\/next/,
    options: { module: 'esnext', moduleResolution: 'bundler', jsx: 'preserve' },
  },
  { folder: 'examples/mcp-agent', imports: /^@modelcontextprotocol|^@stepgate\/mcp/ },
  {
    folder: 'examples/react-custom-ui',
    imports: /^react$|^@xstate\/react/,
    options: { module: 'esnext', moduleResolution: 'bundler', jsx: 'react-jsx' },
  },
  { folder: '.', imports: /(?:)/ },
];

const docs = readdirSync(join(root, 'docs'), { recursive: true })
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('docs', name));
const skills = readdirSync(join(root, 'packages'))
  .map((name) => join('packages', name, 'SKILL.md'))
  .filter((file) => existsSync(join(root, file)));
const blocks = ['README.md', ...docs, ...skills]
  .flatMap((page) => blocksOf(page).map((block, nth) => ({ ...block, page, nth })))
  .filter(({ language }) => language === 'ts' || language === 'tsx');
if (blocks.length === 0)
  throw new Error('The README and the docs hold no TypeScript: the pattern that finds it must be wrong.');

const importsOf = (code) => [...code.matchAll(/(?:from|import) '([^'.][^']*)'/g)].map(([, name]) => name);
const placeOf = (code) =>
  PLACES.find(({ imports }) => importsOf(code).some((name) => imports.test(name))) ?? PLACES.at(-1);

/** What is checked, each with its files. Blocks of one page that name their files belong together. */
const modules = new Map();
for (const block of blocks) {
  const files = filesOf(block);
  const single = `block.${block.language === 'ts' ? 'mts' : 'tsx'}`;
  const page = block.page.replaceAll(/[^\w]+/g, '-');
  const name = files === undefined ? `${page}-${block.nth + 1}` : page;
  const known = modules.get(name) ?? new Map();
  modules.set(name, new Map([...known, ...(files ?? new Map([[single, block.code]]))]));
}
const allCode = (files) => [...files.values()].join('\n');

for (const place of PLACES) {
  const folder = join(root, place.folder, 'node_modules', '.cache', 'readme');
  rmSync(folder, { recursive: true, force: true });
  const checked = [...modules].filter(([, files]) => placeOf(allCode(files)) === place);
  if (checked.length === 0) continue;
  for (const [name, files] of checked) {
    for (const [file, code] of files) {
      const path = join(folder, name, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, code);
    }
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.tests.json'),
      compilerOptions: {
        noUnusedLocals: false,
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
        ...place.options,
      },
      include: ['**/*.mts', '**/*.ts', '**/*.tsx'],
      exclude: [],
    }),
  );
  try {
    execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder], { stdio: 'inherit' });
  } catch {
    process.exitCode = 1;
  }
}
