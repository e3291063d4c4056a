import { readdirSync, readFileSync } from 'node:fs';
import { toJsonSchema } from '@valibot/to-json-schema';
import { expect, it } from 'vitest';
import { configShape } from '../src/directory/options.ts';

interface Part {
  title?: string;
  description?: string;
  properties?: Record<string, Part>;
  items?: Part;
  anyOf?: Part[];
  additionalProperties?: unknown;
}

/** The doc comments of the members of every interface in a folder: they are what the schema says. */
function docComments(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(new URL(folder, import.meta.url))) {
    const source = readFileSync(new URL(`${folder}/${name}`, import.meta.url), 'utf8');
    for (const [, title, body] of source.matchAll(/^export interface (\w+)[^{]*\{\n(.*?)^\}/gms)) {
      const members = body?.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s+readonly (\w+)/gs) ?? [];
      for (const [, comment = '', member] of members) {
        found.set(
          `${title}.${member}`,
          comment
            .replace(/^\s*\*/gm, '')
            .replace(/\s+/g, ' ')
            .trim(),
        );
      }
    }
  }
  return found;
}

const comments = new Map([...docComments('../src/directory'), ...docComments('../src/settings')]);

/** The part with what its interface says about its members. */
function described(part: Part): Part {
  const { title, properties, items, anyOf, ...rest } = part;
  return {
    ...rest,
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, member]) => {
          const description = comments.get(`${title}.${name}`) ?? comments.get(`Settings.${name}`);
          return [name, { ...(description !== undefined && { description }), ...described(member) }];
        }),
      ),
    }),
    ...(items !== undefined && { items: described(items) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map(described) }),
  };
}

const wholeSchema = described(toJsonSchema(configShape, { errorMode: 'ignore' }) as Part);

it('every option says what it is for', () => {
  const silent: string[] = [];
  const look = ({ properties = {}, items, anyOf = [] }: Part, path: string): void => {
    for (const [name, member] of Object.entries(properties)) {
      if (member.description === undefined) silent.push(`${path}${name}`);
      look(member, `${path}${name}.`);
    }
    for (const part of [...(items === undefined ? [] : [items]), ...anyOf]) look(part, path);
  };
  look(wholeSchema, '');
  expect(silent.filter((path) => !/^limits\.\w+\.(burst|refillMs)$/.test(path))).toEqual([]);
});

// `vitest run -u` writes the file anew after a change of the options.
it('the schema for editors says what the options and their comments say', async () => {
  const { $schema, ...rest } = wholeSchema as Part & { $schema?: string };
  const whole = { $schema, title: 'A tenant of the Stepgate emulator', ...rest };
  await expect(`${JSON.stringify(whole, null, 2)}\n`).toMatchFileSnapshot('../tenant.schema.json');
});
