import { existsSync, readFileSync } from 'node:fs';
import type { LaunchOptions } from 'playwright-core';

interface System {
  chromium: { path: string; env: Record<string, string> };
}

const found = new URL('../node_modules/.cache/system.json', import.meta.url);

/** What scripts/ensure-system.mjs found; the bare names before it ran (vitest loads every project's config). */
export function system(): System {
  if (!existsSync(found)) return { chromium: { path: '/usr/bin/chromium', env: {} } };
  return JSON.parse(readFileSync(found, 'utf8')) as System;
}

export function launchOptions(): LaunchOptions {
  const { path, env } = system().chromium;
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
