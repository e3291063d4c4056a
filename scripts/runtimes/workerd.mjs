// Bundles worker.mjs, serves it in the Workers runtime, and prints its address. The arguments are those of app.mjs.
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';

const { outputFiles } = await build({
  entryPoints: ['worker.mjs'],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  conditions: ['workerd'],
  // What other stores need is imported when they are asked for.
  external: ['cloudflare:workers', '@stepgate/sqlite', '@stepgate/redis', '@stepgate/postgres', 'redis'],
  // For packages of CommonJS that require modules of Node.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire('/');" },
});
const workers = new Miniflare({
  modules: [{ type: 'ESModule', path: 'worker.mjs', contents: outputFiles[0].text }],
  compatibilityDate: '2026-07-30',
  compatibilityFlags: ['nodejs_compat'],
  bindings: { USER_JSON: process.env.USER_JSON },
  durableObjects: { BANK: 'Bank' },
});
process.once('SIGTERM', async () => {
  await workers.dispose();
  process.exit();
});
console.log(`app: ${(await workers.ready).origin}`);
