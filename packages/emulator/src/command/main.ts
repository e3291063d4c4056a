import { readFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { toEnvironment } from '../control/environment.ts';
import type { KeptState } from '../directory/kept-state.ts';
import type { TenantConfig } from '../directory/options.ts';
import type { EmulatorServer } from '../http/listen.ts';
import { createEmulator, type Emulator } from '../listening-emulator.ts';
import type { SettingsPatch } from '../settings/settings.ts';
import { toLogLine } from '../timeline/log-line.ts';
import type { LoggedRequest } from '../timeline/logged-request.ts';
import { type CommandLine, parseCommandLine, usage } from './arguments.ts';
import { readConfigFile, readExportFile } from './config-file.ts';
import { runCommand } from './exec.ts';
import { toJsonLine, toText } from './greeting.ts';
import { writeExport, writeInitialConfig } from './write-files.ts';

/** Does what the command line says, and resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const commandLine = parseCommandLine(args);
  if (commandLine.isHelp) return print(usage);
  if (commandLine.isVersion) return print(`${version()}\n`);
  if (commandLine.initFile !== undefined) return print(await writeInitialConfig(commandLine.initFile));
  if (commandLine.export !== undefined) return print(await writeExport(commandLine.export));
  // Before anything is printed: a program that reads the first line may end the process at once.
  const ended = commandLine.exec === undefined ? endOfService() : undefined;
  const { emulator, server } = await start(commandLine);
  try {
    if (commandLine.exec !== undefined)
      return await runCommand(commandLine.exec, environmentOf(emulator, server));
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
  const { port, host, https, issuer, settings, controlHosts, isLogging } = commandLine;
  const { config, state } = await readTenant(commandLine);
  const emulator = createEmulator({
    ...withSettings(config, settings),
    state,
    ...(issuer !== undefined && { issuer }),
    controlHosts,
    ...(isLogging && { onRequest: writeLogLine }),
  });
  return { emulator, server: await emulator.listen({ port, host, https }) };
}

/** The tenant of a file, if one was named. */
async function readTenant({
  configFile,
  importFile,
}: CommandLine): Promise<{ readonly config: TenantConfig; readonly state?: KeptState }> {
  if (importFile !== undefined) return readExportFile(importFile);
  return { config: configFile === undefined ? {} : await readConfigFile(configFile) };
}

/** The command line overrides the file. */
function withSettings(config: TenantConfig, { mfaPolicy, dialect }: SettingsPatch): TenantConfig {
  return {
    ...config,
    ...(mfaPolicy !== undefined && { mfaPolicy }),
    dialect: { ...config.dialect, ...dialect },
  };
}

/** The environment of a command: where the tenant is, and which certificate to trust. */
function environmentOf(emulator: Emulator, { url, certificateFile }: EmulatorServer): Record<string, string> {
  return {
    ...toEnvironment(emulator, url),
    ...(certificateFile !== undefined && { NODE_EXTRA_CA_CERTS: certificateFile }),
  };
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
