import * as v from 'valibot';

/**
 * Refuses unknown members: a misspelt option would otherwise be ignored, and its default used.
 *
 * @throws TypeError naming the first member that is not `known`. `prefix`: where the members are, with its dot.
 */
export function assertKnownOptions(prefix: string, members: object, known: readonly string[]): void {
  const unknown = unknownOption(members, known);
  if (unknown !== undefined) throw new TypeError(`${prefix}${unknown}: ${notAnOption(known)}`);
}

function unknownOption(members: object, known: readonly string[]): string | undefined {
  return Object.keys(members).find((name) => !known.includes(name));
}

function notAnOption(known: readonly string[]): string {
  return `is not an option (${known.join(', ')})`;
}

type Entries = Readonly<Record<string, v.GenericSchema<unknown, unknown>>>;

/** One schema for each member of the options `T`. */
export type SchemasOf<T> = Readonly<Record<keyof T, v.GenericSchema<unknown, unknown>>>;

/** For a member whose own parser says what is wrong with it. */
export const checkedElsewhere = v.unknown();

/** The schemas of options that several options share. */
export const aFunction = v.function('must be a function');
export const aFlag = v.boolean('must be true or false');

/** A list of some of these values, in their order. */
export function someOf<const T extends string>(known: readonly T[]): v.GenericSchema<unknown, readonly T[]> {
  const isSome = (value: unknown): boolean =>
    Array.isArray(value) && value.length > 0 && value.every((one) => known.includes(one as T));
  return v.pipe(
    v.custom<readonly T[]>(isSome, `must be a list of some of ${known.join(', ')}`),
    v.transform((values) => known.filter((one) => values.includes(one))),
  );
}

/** An object of functions, passed on unchanged because it may be an instance of a class. */
export function port<T extends object>(
  ...methods: readonly (keyof T & string)[]
): v.GenericSchema<unknown, T> {
  return v.custom<T>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function'),
    `must have the methods ${methods.join(', ')}`,
  );
}

/**
 * An object with these members and no others: a misspelt option would otherwise be ignored, and its default used.
 * `belongsIn` says where members belong that people often put here.
 */
export function optionsSchema<const E extends Entries>(
  entries: E,
  {
    message = 'must be an object',
    belongsIn = {},
  }: { readonly message?: string; readonly belongsIn?: Readonly<Record<string, string>> } = {},
): v.GenericSchema<unknown, v.InferOutput<v.ObjectSchema<E, undefined>>> {
  const names = Object.keys(entries);
  return v.pipe(
    v.custom<Readonly<Record<string, unknown>>>(
      (value) => typeof value === 'object' && value !== null,
      message,
    ),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const input = dataset.value;
      const key = unknownOption(input, names);
      if (key === undefined) return;
      const place = Object.hasOwn(belongsIn, key) ? belongsIn[key] : undefined;
      addIssue({
        message: place === undefined ? notAnOption(names) : `belongs in ${place}`,
        path: [{ type: 'object', origin: 'key', input, key, value: input[key] }],
      });
    }),
    // Describes an absent member in the words of its own schema, not in those of the object.
    v.transform((input) => Object.fromEntries(names.map((name) => [name, input[name]]))),
    v.object(entries),
  ) as v.GenericSchema<unknown, v.InferOutput<v.ObjectSchema<E, undefined>>>;
}

/**
 * Parses options. `name`: what messages call them, if there are several.
 *
 * @throws TypeError that names the first member that is wrong, and says what it must be.
 */
export function parseOptions<T>(schema: v.GenericSchema<unknown, T>, value: unknown, name?: string): T {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = [name, v.getDotPath(issue)].filter((part) => part !== undefined && part !== null);
  throw new TypeError(`${place.join('.') || 'options'}: ${issue.message}`);
}
