// Measures the size of libraries in a browser: ours, and those that do a part of the same today. Each entry is bundled
// separately, minified and gzipped. The others are installed from the registry into a temporary folder. Prints a table in
// Markdown.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, version } from 'esbuild';

const OTHERS = ['auth0-guardian-js@1.4.1', '@okta/okta-auth-js@8.0.1', '@auth0/auth0-spa-js@2.27.0'];

const here = import.meta.dirname;
const elsewhere = await mkdtemp(join(tmpdir(), 'stepgate-sizes-'));

/**
 * Each has the code of an app, the folder to resolve its imports from, and what the bundle leaves out.
 *
 * @type {(readonly [name: string, contents: string, resolveDir: string, external?: readonly string[]])[]}
 */
const rows = [
  [
    '`@stepgate/web`: remote actor and `stepUpFetch`',
    "export { createRemoteStepUp, stepUpFetch } from '@stepgate/web'",
    here,
    // Loaded when needed.
    ['../dialog/stepgate-dialog.js'],
  ],
  [
    '`@stepgate/web/dialog`: `<stepgate-dialog>`, with QR code and English',
    "import '@stepgate/web/dialog'",
    here,
    // Loaded for French.
    ['./texts-fr.js'],
  ],
  [
    '`@stepgate/core`: local actor and MFA API client, with XState and ky',
    "export { createAuth0MfaApi, createStepUpActor } from '@stepgate/core'",
    here,
  ],
  [
    'XState and ky alone',
    "export { createActor, setup } from 'xstate'; export { default } from 'ky'",
    join(here, '../packages/core'),
  ],
  [
    "auth0-guardian-js, without the two modules of Node's that it asks a bundler for",
    "export { default } from 'auth0-guardian-js'",
    elsewhere,
    ['events', 'url'],
  ],
  ['@okta/okta-auth-js, `/authn`', "export { OktaAuth } from '@okta/okta-auth-js/authn'", elsewhere],
  ['@auth0/auth0-spa-js', "export { Auth0Client } from '@auth0/auth0-spa-js'", elsewhere],
];

async function sizeOf(contents, resolveDir, external = []) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    external,
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
    logLevel: 'error',
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

try {
  const npm = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', '--prefix', elsewhere];
  execFileSync('npm', [...npm, ...OTHERS], { stdio: ['ignore', 'ignore', 'inherit'] });
  console.log('|     | minified and gzipped |\n| --- | --- |');
  for (const [name, ...entry] of rows) {
    console.log(`| ${name} | ${((await sizeOf(...entry)) / 1_000).toFixed(1)} kB |`);
  }
  console.log(`\nesbuild ${version}; ${OTHERS.join(', ')}.`);
} finally {
  await rm(elsewhere, { recursive: true });
}
