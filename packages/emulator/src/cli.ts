#!/usr/bin/env node
import { main } from './command/main.ts';

main(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    const hint = message.endsWith('already taken')
      ? '; choose another with --port, or a free one with --port 0'
      : '';
    process.stderr.write(`stepgate-emulator: ${message}${hint}\n`);
    process.exitCode = 1;
  },
);
