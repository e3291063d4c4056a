#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { readCommand, USAGE } from './command-line.ts';
import { examine } from './examine.ts';
import { toJson, toText } from './report.ts';

async function main(): Promise<void> {
  const command = await readCommand(process.argv.slice(2), process.env);
  if (command.prints !== undefined) {
    process.stdout.write(command.prints === 'help' ? USAGE : `${version()}\n`);
    return;
  }
  const { sends = false, waitMs = 0 } = command.options;
  if (sends && waitMs > 0) {
    process.stderr.write(`A push goes to the test user: approve it within ${waitMs / 1_000} s.\n`);
  }
  const report = await examine(command.options);
  process.stdout.write(command.isJson ? toJson(report) : toText(report));
  process.exitCode = report.isHealthy ? 0 : 1;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return (manifest as { readonly version: string }).version;
}

main().catch((error: unknown) => {
  // A `TypeError` is about what was typed. The message of any other error may hold what was sent.
  const words = error instanceof TypeError ? error.message : 'it failed unexpectedly: please report this';
  process.stderr.write(`stepgate-doctor: ${words}\n`);
  process.exitCode = 1;
});
