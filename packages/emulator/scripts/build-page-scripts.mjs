// Bundles the scripts of the emulator's pages and keeps them as texts in one module, so that every runtime can serve them.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url);
const entries = { 'phone.js': 'dist/phone-page/main.js', 'desk.js': 'dist/desk-page/main.js' };

async function bundle(entry) {
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(root),
    entryPoints: [entry],
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    legalComments: 'none',
  });
  return outputFiles[0].text;
}

const scripts = {};
for (const [name, entry] of Object.entries(entries)) scripts[name] = await bundle(entry);
await writeFile(
  new URL('dist/page-scripts.js', root),
  `export const pageScripts = ${JSON.stringify(scripts)};\n`,
);
