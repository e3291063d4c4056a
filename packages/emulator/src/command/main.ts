import { readFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { toEnvironment } from '../control/environment.ts';
import type { EmulatorServer } from '../http/listen.ts';
import { createEmulator, type Emulator } from '../listening-emulator.ts';
import { toLogLine } from '../timeline/log-line.ts';
import type { LoggedRequest } from '../timeline/logged-request.ts';
import { type CommandLine, parseCommandLine, usage } from './arguments.ts';
import { runCommand } from './exec.ts';
import { toJsonLine, toText } from './greeting.ts';

/** Does what the command line says; resolves with the exit code once there is nothing left to do. */
export async function main(args: readonly string[]): Promise<number> {
  const commandLine = parseCommandLine(args);
  if (commandLine.isHelp) return print(usage);
  if (commandLine.isVersion) return print(`${version()}\n`);
  // Before anything is printed: whoever reads the first line may end the process at once.
  const ended = commandLine.exec === undefined ? endOfService() : undefined;
  const { emulator, server } = await start(commandLine);
  try {
    if (commandLine.exec !== undefined)
      return await runCommand(commandLine.exec, toEnvironment(emulator, server.url));
    print(commandLine.isJson ? toJsonLine(server) : toText(server, emulator));
    await ended;
    return 0;
  } finally {
    await server.close();
  }
}

async function start(
  commandLine: CommandLine,
): Promise<{ readonly emulator: Emulator; readonly server: EmulatorServer }> {
  const { port, host, issuer, settings, controlHosts, isLogging } = commandLine;
  const emulator = createEmulator({
    issuer,
    controlHosts,
    ...settings,
    ...(isLogging && { onRequest: writeLogLine }),
  });
  return { emulator, server: await emulator.listen({ port, host }) };
}

/** Resolves with the first signal that asks to end. */
function endOfService(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

function writeLogLine(request: LoggedRequest): void {
  const line = toLogLine(request);
  const isFailed = request.dropped !== undefined || (request.status ?? 0) >= 400;
  process.stderr.write(`${isFailed ? styleText('red', line, { stream: process.stderr }) : line}\n`);
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return (manifest as { readonly version: string }).version;
}

function print(text: string): 0 {
  process.stdout.write(text);
  return 0;
}
