import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('.', import.meta.url));
const cli = fileURLToPath(new URL('../packages/emulator/dist/cli.js', import.meta.url));
const playwright = fileURLToPath(new URL('node_modules/.bin/playwright', import.meta.url));

// Two workers share the tenant of the command. Where there is none, each worker starts its own.
it('runs Playwright tests that sign in by redirect and answer phones, at the same time at one tenant', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [cli, 'exec', '--', playwright, 'test', '--config', 'playwright/playwright.config.ts'],
    { cwd: folder },
  ).catch((error: { readonly stdout: string }) => error);
  expect(stdout).toMatch(/^\s+4 passed/m);
});
