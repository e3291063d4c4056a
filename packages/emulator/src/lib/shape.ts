import * as v from 'valibot';

/** The shape that a value from outside must have. */
export type Shape<T = unknown> = v.GenericSchema<unknown, T>;

/** An object with these members and no others; `title` is the interface that says what they are for. */
export function shape<const E extends v.ObjectEntries>(title: string, entries: E) {
  const message = (issue: v.StrictObjectIssue): string => {
    if (issue.expected === 'never') return `is unknown here: there are ${Object.keys(entries).join(', ')}`;
    return issue.expected === 'Object' ? 'must be an object' : 'is missing';
  };
  const strict = v.strictObject(entries, message);
  const object: typeof strict = {
    ...strict,
    // The library takes a list for an object without members.
    '~run': (dataset, config) =>
      strict['~run'](Array.isArray(dataset.value) ? { ...dataset, value: null } : dataset, config),
  };
  return v.pipe(object, v.title(title));
}

/** A text with at least one character. */
export const text = (maxLength = 10_000) =>
  v.pipe(
    v.string(`is a string of 1 to ${maxLength} characters`),
    v.minLength(1, `is a string of 1 to ${maxLength} characters`),
    v.maxLength(maxLength, `is a string of 1 to ${maxLength} characters`),
  );

export const flag = v.boolean('is true or false');

/** One of a few values. */
export const oneOf = <const C extends readonly (string | number)[]>(choices: C) =>
  v.picklist(choices, `is one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`);

/** A list whose items all have this shape. */
export const listOf = <S extends v.GenericSchema>(item: S) => v.array(item, 'is a list');

/** A list of values out of a few. */
export const listOfNames = <const C extends readonly string[]>(choices: C) =>
  v.array(
    v.picklist(choices, `is one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`),
    `is a list of ${choices.join(', ')}`,
  );

export const listOfTexts = v.array(v.string('is a string'), 'is a list of strings');

/** A whole number within bounds. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER) {
  const says =
    max === Number.MAX_SAFE_INTEGER
      ? `is a whole number from ${min}`
      : `is a whole number from ${min} to ${max}`;
  return v.pipe(v.number(says), v.safeInteger(says), v.minValue(min, says), v.maxValue(max, says));
}

/** A member that may be left out. */
export const optional = <S extends v.GenericSchema>(item: S) => v.optional(item);

/** An absolute URL. */
export const url = v.pipe(
  v.string('is a URL'),
  v.check((value) => URL.canParse(value), 'is a URL'),
);

/** What is wrong with a value, and where in it. */
export class ShapeError extends TypeError {
  readonly path: readonly (string | number)[];

  constructor(message: string, path: readonly (string | number)[]) {
    super(message);
    this.path = path;
  }
}

/** Throws a {@link ShapeError} that names the first member that is unknown, else the first that is wrong. */
export function assertShape<T>(schema: Shape<T>, value: unknown, what = ''): asserts value is T {
  const result = v.safeParse(schema, value);
  if (result.success) return;
  const [first] = result.issues;
  const issue = result.issues.find(({ expected }) => expected === 'never') ?? first;
  const path = (issue.path ?? []).reduce((left, { key }) => {
    if (typeof key === 'number') return `${left}[${key}]`;
    return left === '' ? String(key) : `${left}.${String(key)}`;
  }, what);
  throw new ShapeError(
    `${path === '' ? 'the value' : path} ${issue.message}`,
    (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key))),
  );
}
