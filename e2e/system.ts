import { existsSync, readFileSync } from 'node:fs';
import type { LaunchOptions } from 'playwright-core';

interface System {
  chromium: { path: string; env: Record<string, string> };
  nginx?: string;
}

const found = new URL('../node_modules/.cache/system.json', import.meta.url);

/** The result of scripts/ensure-system.mjs. */
function system(): System {
  if (!existsSync(found)) {
    throw new Error('There is no Chromium yet. Run `node scripts/ensure-system.mjs` first.');
  }
  return JSON.parse(readFileSync(found, 'utf8')) as System;
}

/** Where nginx is. Without one, its tests are skipped; in CI `scripts/ensure-system.mjs` has failed before. */
export function nginx(): string | undefined {
  return system().nginx;
}

/** How to launch the Chromium of this machine. Throws if there is none, and says what to do. */
export function launchOptions(): LaunchOptions {
  const { path, env } = system().chromium;
  if (!existsSync(path)) {
    throw new Error(
      `There is no longer a Chromium at ${path}. Run \`node scripts/ensure-system.mjs\` again, or install one and set CHROMIUM_PATH.`,
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
