import { existsSync, readFileSync } from 'node:fs';
import type { LaunchOptions } from 'playwright-core';

interface System {
  chromium: { path: string; env: Record<string, string> };
}

const found = new URL('../node_modules/.cache/system.json', import.meta.url);

/** What scripts/ensure-system.mjs found. */
function system(): System {
  if (!existsSync(found)) {
    throw new Error('Nobody has looked for a Chromium yet: run `node scripts/ensure-system.mjs` first.');
  }
  return JSON.parse(readFileSync(found, 'utf8')) as System;
}

/** How to launch the Chromium of this machine; without one it throws, and says what to do. */
export function launchOptions(): LaunchOptions {
  const { path, env } = system().chromium;
  if (!existsSync(path)) {
    throw new Error(
      `There is no Chromium at ${path} any more: run \`node scripts/ensure-system.mjs\` again, or install one and set CHROMIUM_PATH.`,
    );
  }
  return {
    executablePath: path,
    env: { ...(process.env as Record<string, string>), ...env },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  };
}
