import { parseArgs } from 'node:util';
import { assertSettingsPatch, type SettingsPatch } from '../settings/settings.ts';

/** What `--help` prints. */
export const usage = `Usage: stepgate-emulator [options]
       stepgate-emulator exec [options] -- <command>
       stepgate-emulator init [file]
       stepgate-emulator export <file> [--url <url>]

An Auth0 tenant for the desk: MFA API, tokens, a phone in a web page, and every request to look at.

exec starts a tenant on a free port, runs the command with its address in the environment (STEPGATE_EMULATOR_URL,
AUTH0_ISSUER, AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET, AUTH0_AUDIENCE), and ends with the command's exit code.

init writes a configuration file with comments (tenant.yaml). export writes a running tenant (by default the one at
http://127.0.0.1:4400/) into a file for --import: users with what they enrolled, sessions, keys, and every secret.

  --config <file>          the tenant: users, clients, APIs, settings, in YAML or JSON
  --import <file>          a tenant that export has written, to go on with
  --https                  serve over HTTPS, with a certificate made at the start; its path is printed
  --certificate <file>     where to write the certificate that clients have to trust, to keep its path between runs
  --port <number>          port to serve on; 0 takes a free one (default 4400, with exec 0)
  --host <address>         address to serve on (default 127.0.0.1); 0.0.0.0 for containers
  --control-host <name>    a host name, besides localhost, that the control API and its pages answer on; can be repeated
  --issuer <url>           issuer of the tokens (default: the address it serves on)
  --mfa-policy <policy>    when MFA is asked for: scope, always, never (default scope)
  --dialect <name>=<value> one choice where the sources contradict each other; can be repeated
  --log                    write a line for each request to standard error
  --json                   print one line {"url": ..., "phone": ...} and nothing else
  --version                print the version
  --help                   print this
`;

/** What the command line asks for. */
export interface CommandLine {
  /** A file to write a configuration into. */
  readonly initFile: string | undefined;
  /** A file to write the tenant at an address into. */
  readonly export: { readonly file: string; readonly url: string } | undefined;
  readonly configFile: string | undefined;
  readonly importFile: string | undefined;
  readonly https: boolean | { readonly certificateFile: string };
  /** The command to run beside the tenant. Without one, it serves until a signal comes. */
  readonly exec: readonly string[] | undefined;
  readonly port: number;
  readonly host: string | undefined;
  readonly controlHosts: readonly string[];
  readonly issuer: string | undefined;
  readonly settings: SettingsPatch;
  readonly isLogging: boolean;
  readonly isJson: boolean;
  readonly isVersion: boolean;
  readonly isHelp: boolean;
}

/** Parses the command line; throws a `TypeError` with a sentence for the user. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const end = args.indexOf('--');
  const [own, command] = end === -1 ? [args, undefined] : [args.slice(0, end), args.slice(end + 1)];
  const { values, positionals } = parseArgs({
    args: [...own],
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      import: { type: 'string' },
      https: { type: 'boolean', default: false },
      certificate: { type: 'string' },
      url: { type: 'string', default: 'http://127.0.0.1:4400/' },
      port: { type: 'string' },
      host: { type: 'string' },
      'control-host': { type: 'string', multiple: true, default: [] },
      issuer: { type: 'string' },
      'mfa-policy': { type: 'string' },
      dialect: { type: 'string', multiple: true, default: [] },
      log: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      version: { type: 'boolean', short: 'v', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { exec, initFile, exportFile } = toCommand(positionals, command);
  if (values.config !== undefined && values.import !== undefined) {
    throw new TypeError('--import brings its own configuration: leave --config out');
  }
  const settings: unknown = { mfaPolicy: values['mfa-policy'], dialect: parseDialect(values.dialect) };
  assertSettingsPatch(settings);
  return {
    exec,
    initFile,
    export: exportFile === undefined ? undefined : { file: exportFile, url: values.url },
    configFile: values.config,
    importFile: values.import,
    https: values.certificate === undefined ? values.https : { certificateFile: values.certificate },
    port: toPort(values.port ?? (exec === undefined ? '4400' : '0')),
    host: values.host,
    controlHosts: values['control-host'],
    issuer: values.issuer,
    settings,
    isLogging: values.log,
    isJson: values.json,
    isVersion: values.version,
    isHelp: values.help,
  };
}

/** What the first words ask for: to run a command, to write a file, or only to serve. */
function toCommand(
  [name, ...others]: readonly string[],
  command: readonly string[] | undefined,
): Pick<CommandLine, 'exec' | 'initFile'> & { readonly exportFile: string | undefined } {
  const nothing = { exec: undefined, initFile: undefined, exportFile: undefined };
  const [file] = others;
  if (name === 'exec' && others.length === 0) return { ...nothing, exec: toExec(command) };
  if (command !== undefined) throw new TypeError('A command after -- needs exec in front: exec -- npm test');
  if (name === undefined) return nothing;
  if (name === 'init' && others.length <= 1) return { ...nothing, initFile: file ?? 'tenant.yaml' };
  if (name === 'export' && others.length === 1) return { ...nothing, exportFile: file };
  if (name === 'export') throw new TypeError('export takes one file: export tenant.json');
  throw new TypeError(`There is no command ${[name, ...others].join(' ')}; see --help`);
}

function toExec(command: readonly string[] | undefined): readonly string[] {
  if (command !== undefined && command.length > 0) return command;
  throw new TypeError('exec needs a command after --: exec -- npm test');
}

function toPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new TypeError('--port takes a number from 0 to 65535');
}

function parseDialect(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', value = ''] = pair.split('=', 2);
      return [name, /^\d+$/.test(value) ? Number(value) : value];
    }),
  );
}
