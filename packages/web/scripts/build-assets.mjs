// Bundles what tsc has built for pages without a bundler: the built-in page's script and style sheet, and the
// package itself (with its dialog) as one module.
import { readFile, writeFile } from 'node:fs/promises';
import { build, transform } from 'esbuild';

const root = new URL('..', import.meta.url);
const target = ['chrome123', 'firefox120', 'safari17.5'];

await build({
  absWorkingDir: root.pathname,
  entryPoints: { 'stepgate-page': 'dist/page/main.js', stepgate: 'dist/index.js' },
  outdir: 'dist/page',
  bundle: true,
  minify: true,
  format: 'esm',
  target,
  legalComments: 'none',
});

const { flowStyles } = await import(new URL('dist/ui/flow-styles.js', root).href);
const pageStyles = await readFile(new URL('src/page/page.css', root), 'utf8');
const { code } = await transform(pageStyles + flowStyles, { loader: 'css', minify: true, target });
await writeFile(new URL('dist/page/stepgate-page.css', root), code);
