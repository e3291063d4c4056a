// Bundles the built-in page out of what tsc has built: one script and one style sheet, self-contained.
import { readFile, writeFile } from 'node:fs/promises';
import { build, transform } from 'esbuild';

const root = new URL('..', import.meta.url);
const target = ['chrome123', 'firefox120', 'safari17.5'];

await build({
  absWorkingDir: root.pathname,
  entryPoints: ['dist/page/main.js'],
  outfile: 'dist/page/stepgate-page.js',
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
