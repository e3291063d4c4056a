#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { defaultClients } from './directory/client.ts';
import { defaultUsers } from './directory/user-options.ts';
import type { EmulatorServer } from './http/listen.ts';
import { createEmulator, type Emulator } from './listening-emulator.ts';
import { assertSettingsPatch, type SettingsPatch } from './settings/settings.ts';

const usage = `Usage: stepgate-emulator [options]

An Auth0 tenant for the desk: MFA API, tokens, and a phone in a web page. Serves on loopback only.

  --port <number>          port to serve on; 0 takes a free one (default 4400)
  --issuer <url>           issuer of the tokens (default: the address it serves on)
  --mfa-policy <policy>    when MFA is asked for: scope, always, never (default scope)
  --dialect <name>=<value> one choice where the sources contradict each other; can be repeated
  --json                   print one line {"url": ..., "phone": ...} and nothing else
  --help                   print this
`;

/** Parses the command line; throws a `TypeError` with a sentence for the user. */
function parseCommandLine(args: string[]): {
  readonly port: number;
  readonly issuer: string | undefined;
  readonly settings: SettingsPatch;
  readonly isJson: boolean;
  readonly isHelp: boolean;
} {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '4400' },
      issuer: { type: 'string' },
      'mfa-policy': { type: 'string' },
      dialect: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535)
    throw new TypeError('--port takes a number from 0 to 65535');
  const settings: unknown = { mfaPolicy: values['mfa-policy'], dialect: parseDialect(values.dialect) };
  assertSettingsPatch(settings);
  return { port, issuer: values.issuer, settings, isJson: values.json, isHelp: values.help };
}

function parseDialect(pairs: string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', value = ''] = pair.split('=', 2);
      return [name, /^\d+$/.test(value) ? Number(value) : value];
    }),
  );
}

async function main(): Promise<void> {
  const { port, issuer, settings, isJson, isHelp } = parseCommandLine(process.argv.slice(2));
  if (isHelp) {
    process.stdout.write(usage);
    return;
  }
  const emulator = createEmulator({ issuer, ...settings });
  const server = await emulator.listen({ port });
  process.stdout.write(isJson ? toJsonLine(server) : toText(server, emulator));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close());
}

function toJsonLine({ url, phoneUrl }: EmulatorServer): string {
  return `${JSON.stringify({ url, phone: phoneUrl })}\n`;
}

/** Where to go, and as what: everything that an app has to be told. */
function toText({ url, phoneUrl }: EmulatorServer, emulator: Emulator): string {
  const lines = [`tenant  ${url}`, `phone   ${phoneUrl}`];
  if (emulator.issuer !== url) lines.push(`issuer  ${emulator.issuer}`);
  for (const { clientId, clientSecret } of defaultClients) {
    lines.push(`client  ${clientId}${clientSecret === undefined ? '' : `, secret ${clientSecret}`}`);
  }
  for (const { username, sub } of emulator.users()) {
    const password = defaultUsers.find((user) => user.username === username)?.password;
    lines.push(`user    ${username}, password ${password}, sub ${sub}`);
  }
  return `${lines.join('\n')}\n`;
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  const hint = message.endsWith('already taken')
    ? '; choose another with --port, or a free one with --port 0'
    : '';
  process.stderr.write(`stepgate-emulator: ${message}${hint}\n`);
  process.exitCode = 1;
});
