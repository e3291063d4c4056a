import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { defaultApis } from '../directory/api.ts';
import { defaultClients } from '../directory/client.ts';
import { defaultUsers, type UserOptions } from '../directory/user-options.ts';
import { defaultSettings } from '../settings/settings.ts';

/** The parts of the schema that are read here. */
interface SchemaPart {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaPart>>;
}

const exampleUser: UserOptions = {
  username: 'grace',
  password: 'correct-horse',
  emailVerified: true,
  claims: { 'https://bank.example/tier': 'gold' },
  factors: [{ factor: 'push' }, { factor: 'recovery-code', code: 'ABCDEFGHIJKLMNOPQRSTUVWX' }],
};

/** A configuration file to begin with: what there is by default, and every setting as a comment. */
export function initialConfig(): string {
  const schema = readSchema();
  const parts = [
    '# yaml-language-server: $schema=./node_modules/@stepgate/emulator/tenant.schema.json\n# A tenant for `stepgate-emulator --config`. A line such as `#name: value` shows a default: to change it, take its # away.\n',
    section(schema, 'users', [...defaultUsers, exampleUser]),
    section(schema, 'clients', defaultClients),
    section(schema, 'apis', [{ ...defaultApis[0], scopes: ['read:balance', 'transfer:funds'] }]),
    ...Object.entries(defaultSettings).map(([name, value]) => setting(schema, name, value)),
  ];
  return `${parts.join('\n')}`;
}

function section(schema: SchemaPart, name: string, value: unknown): string {
  return `${explain(schema.properties?.[name])}${stringify({ [name]: value })}`;
}

/** A setting as a comment; each member of a group with its own description. */
function setting(schema: SchemaPart, name: string, value: unknown): string {
  const part = schema.properties?.[name];
  const isGroup = part?.properties !== undefined && typeof value === 'object' && value !== null;
  if (!isGroup) {
    return `${explain(part)}${commented(value === undefined ? `${name}:\n` : stringify({ [name]: value }))}`;
  }
  const members = Object.entries(value).map(
    ([member, each]) =>
      `${explain(part.properties?.[member], '  ')}${commented(stringify({ [member]: each }), '  ')}`,
  );
  return `${explain(part)}#${name}:\n${members.join('')}`;
}

/** A description as comment lines. */
function explain(part: SchemaPart | undefined, indent = ''): string {
  return (part?.description ?? '').replace(/(.{1,100})(?:\s|$)/g, `${indent}# $1\n`);
}

function commented(yaml: string, indent = ''): string {
  return yaml.replace(/^(?=.)/gm, `${indent}#`);
}

function readSchema(): SchemaPart {
  const file = new URL('../../tenant.schema.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as SchemaPart;
}
