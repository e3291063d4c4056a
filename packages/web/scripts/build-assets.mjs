// Bundles what tsc has built for pages without a bundler: the scripts and the style sheet of the built-in pages, and the
// package itself (with its dialog) as one module. Writes each as a file, and all of them as texts in one module.
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const root = new URL('..', import.meta.url);
const target = ['chrome123', 'firefox120', 'safari17.5'];

const bundles = {
  'dist/page/main.js': 'dist/page/stepgate-page.js',
  'dist/page/authenticators.js': 'dist/page/stepgate-authenticators.js',
  'dist/page/done.js': 'dist/page/stepgate-done.js',
  'dist/page/module.js': 'dist/page/stepgate.js',
};
// This page shows flows in its own dialog, which has the page's texts, so it never loads the other one.
const unused = { 'dist/page/authenticators.js': ['./dist/dialog/stepgate-dialog.js'] };
for (const [entry, outfile] of Object.entries(bundles)) {
  await build({
    absWorkingDir: fileURLToPath(root),
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    target,
    legalComments: 'none',
    external: unused[entry] ?? [],
  });
}

const { flowStyles } = await import(new URL('dist/ui/flow-styles.js', root).href);
const [pageStyles, authenticatorsStyles] = await Promise.all(
  ['page', 'authenticators'].map((name) => readFile(new URL(`src/page/${name}.css`, root), 'utf8')),
);
const { code } = await transform(pageStyles + flowStyles + authenticatorsStyles, {
  loader: 'css',
  minify: true,
  target,
});
await writeFile(new URL('dist/page/stepgate-page.css', root), code);

const files = [...Object.values(bundles), 'dist/page/stepgate-page.css'];
const assets = await Promise.all(
  files.map(async (file) => [basename(file), await readFile(new URL(file, root), 'utf8')]),
);
await writeFile(
  new URL('dist/assets.js', root),
  `export const PAGE_ASSETS = ${JSON.stringify(Object.fromEntries(assets))};\n`,
);
