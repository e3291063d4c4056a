import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { WayName } from '@stepgate/core';
import type { DoctorAuth0, DoctorOptions } from './options.ts';

/** What the command prints for `--help`. */
export const USAGE = `Usage: stepgate-doctor [options]

Looks for what is wrong with a tenant, a store and an app. Reads only: nothing goes to a phone without --send.
Exit code 0 when nothing failed, 1 otherwise.

  --config <file>          a module with auth0, secret, user, ... (default stepgate.config.mjs, where there is one)
  --issuer <url>           AUTH0_ISSUER
  --client-id <id>         AUTH0_CLIENT_ID, with its secret in AUTH0_CLIENT_SECRET
  --audience <api>         AUTH0_AUDIENCE
  --scope <scope>          AUTH0_SCOPE, for which the tenant demands MFA
  --realm <connection>     AUTH0_REALM
  --mfa-audience <api>     AUTH0_MFA_AUDIENCE
  --allow-insecure-issuer  for an emulator on this machine
  --username <name>        DOCTOR_USERNAME, a test user, with the password in DOCTOR_PASSWORD
  --no-refresh-tokens      the app uses another first leg
  --no-authenticators      the gate has authenticators: false
  --send                   sends one push to the test user, or begins an enrolment without confirming it; with
                           APP_COOKIE begins a flow at the app, and cancels it
  --wait <seconds>         waits that long for the test user to approve the push
  --app <url>              APP_URL, the app as browsers see it
  --base-path <path>       the gate's basePath (default /step-up)
  --ways <list>            STEP_UP_WAYS, of mfa-api, ciba and redirect, with commas between (default mfa-api)
  --sqlite <path>          SQLITE_PATH, the file of the store
  --postgres-table <name>  the table of the store in POSTGRES_URL (default stepgate)
  --json                   prints {"healthy": ..., "findings": [...]} and nothing else
  --help                   prints this
  --version                prints the version

Secrets have no flags, because other users of the machine can see flags: AUTH0_CLIENT_SECRET, STEPGATE_SECRET (several with
spaces between), DOCTOR_PASSWORD, DOCTOR_REFRESH_TOKEN, REDIS_URL, POSTGRES_URL, APP_COOKIE (of a signed-in session).
`;

/** What the command was asked to do: print a text, or examine. */
export type Command = { readonly prints: 'help' | 'version' } | Examination;

/** What to examine, and how to report it. */
interface Examination {
  readonly prints?: undefined;
  readonly options: DoctorOptions;
  readonly isJson: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads flags first, then the environment, then the file.
 *
 * @throws TypeError with a sentence for the user.
 */
export async function readCommand(args: string[], environment: Environment): Promise<Command> {
  const { values } = parseArgs({
    args,
    options: {
      config: { type: 'string' },
      issuer: { type: 'string' },
      'client-id': { type: 'string' },
      audience: { type: 'string' },
      scope: { type: 'string' },
      realm: { type: 'string' },
      'mfa-audience': { type: 'string' },
      'allow-insecure-issuer': { type: 'boolean' },
      username: { type: 'string' },
      'no-refresh-tokens': { type: 'boolean' },
      'no-authenticators': { type: 'boolean' },
      send: { type: 'boolean' },
      wait: { type: 'string' },
      app: { type: 'string' },
      'base-path': { type: 'string' },
      ways: { type: 'string' },
      sqlite: { type: 'string' },
      'postgres-table': { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', short: 'v', default: false },
    },
  });
  if (values.help) return { prints: 'help' };
  if (values.version) return { prints: 'version' };
  const file = await readFile(values.config);
  const set = (name: string): string | undefined => environment[name] || undefined;
  const auth0 = {
    ...file.auth0,
    ...defined({
      issuer: values.issuer ?? set('AUTH0_ISSUER'),
      clientId: values['client-id'] ?? set('AUTH0_CLIENT_ID'),
      clientSecret: set('AUTH0_CLIENT_SECRET'),
      audience: values.audience ?? set('AUTH0_AUDIENCE'),
      scope: values.scope ?? set('AUTH0_SCOPE'),
      realm: values.realm ?? set('AUTH0_REALM'),
      mfaAudience: values['mfa-audience'] ?? set('AUTH0_MFA_AUDIENCE'),
      allowInsecureIssuer: values['allow-insecure-issuer'],
    }),
  };
  const user = together(values.username ?? set('DOCTOR_USERNAME'), set('DOCTOR_PASSWORD'));
  const appUrl = values.app ?? set('APP_URL') ?? file.app?.url;
  const options = {
    ...file,
    auth0: mustName(auth0),
    ...defined({
      user,
      secret: set('STEPGATE_SECRET')?.split(/\s+/),
      refreshToken: set('DOCTOR_REFRESH_TOKEN'),
      ways: waysOf(values.ways ?? set('STEP_UP_WAYS')),
      redisUrl: set('REDIS_URL'),
      sqlitePath: values.sqlite ?? set('SQLITE_PATH'),
      postgresUrl: set('POSTGRES_URL'),
      postgresTable: values['postgres-table'],
      usesRefreshTokens: values['no-refresh-tokens'] && false,
      managesAuthenticators: values['no-authenticators'] && false,
      sends: values.send,
      waitMs: milliseconds(values.wait),
    }),
    ...(appUrl !== undefined && {
      app: {
        ...file.app,
        url: appUrl,
        ...defined({ basePath: values['base-path'], cookie: set('APP_COOKIE') }),
      },
    }),
  };
  return { options, isJson: values.json };
}

const MEMBERS: readonly (keyof DoctorOptions)[] = [
  'auth0',
  'secret',
  'user',
  'refreshToken',
  'usesRefreshTokens',
  'managesAuthenticators',
  'sends',
  'waitMs',
  'pollMs',
  'ways',
  'redisUrl',
  'sqlitePath',
  'postgresUrl',
  'postgresTable',
  'app',
  'fetch',
];

async function readFile(name: string | undefined): Promise<Partial<DoctorOptions>> {
  const path = resolve(name ?? 'stepgate.config.mjs');
  if (name === undefined && !existsSync(path)) return {};
  const module = await load(path);
  const unknown = Object.keys(module).find((member) => !MEMBERS.includes(member as keyof DoctorOptions));
  if (unknown !== undefined) {
    throw new TypeError(`${path}: ${unknown} is not an option (${MEMBERS.join(', ')})`);
  }
  return module;
}

async function load(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
    const { default: whole, ...members } = module;
    return typeof whole === 'object' && whole !== null ? { ...whole } : members;
  } catch (error) {
    // Its message may quote the file, and with it a secret.
    const name = error instanceof Error ? error.name : 'something else';
    throw new TypeError(`${path}: cannot be loaded (${name})`);
  }
}

function mustName(auth0: Partial<DoctorAuth0>): DoctorAuth0 {
  const { issuer, clientId } = auth0;
  if (issuer === undefined)
    throw new TypeError('give the issuer, with --issuer, in AUTH0_ISSUER or in the config file');
  if (clientId === undefined)
    throw new TypeError('give the client id, with --client-id, in AUTH0_CLIENT_ID or in the config file');
  return { ...auth0, issuer, clientId };
}

function milliseconds(seconds: string | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  if (/^\d{1,4}$/.test(seconds)) return Number(seconds) * 1_000;
  throw new TypeError('--wait takes a whole number of seconds');
}

const WAYS: readonly WayName[] = ['mfa-api', 'ciba', 'redirect'];

function waysOf(list: string | undefined): readonly WayName[] | undefined {
  if (list === undefined) return undefined;
  const names = list.split(',').map((name) => name.trim());
  const ways = WAYS.filter((way) => names.includes(way));
  if (ways.length === names.length) return ways;
  throw new TypeError(`--ways takes some of ${WAYS.join(', ')}, with commas between`);
}

function together(username: string | undefined, password: string | undefined): DoctorOptions['user'] {
  if (username === undefined && password === undefined) return undefined;
  if (username !== undefined && password !== undefined) return { username, password };
  throw new TypeError('give both for the test user: DOCTOR_USERNAME and DOCTOR_PASSWORD');
}

function defined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
