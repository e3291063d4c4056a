import fc from 'fast-check';

/** How many cases a property is tried with: few in `npm test`, many in `pnpm fuzz`. */
const { FUZZ_CASES } = process.env;
const SHORT_RUN = 300;
/** A short run is always the same. A long one differs every time, unless it gets a seed. */
const SEED = process.env.FUZZ_SEED ?? (FUZZ_CASES === undefined ? '20260105' : undefined);
const LONGEST_CASE_MS = 10_000;

/**
 * Tries a check with many values. A case that does not end fails too. The smallest failing case is printed.
 * `shortRun`: how many cases the short run of a slow check has.
 */
export async function everyCase<T>(
  values: fc.Arbitrary<T>,
  check: (value: T) => Promise<void>,
  shortRun = SHORT_RUN,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(values, (value) => within(check(value), LONGEST_CASE_MS)),
    { numRuns: Number(FUZZ_CASES ?? shortRun), ...(SEED !== undefined && { seed: Number(SEED) }) },
  );
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`there was no answer within ${ms} ms`)), ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Text that no browser of ours would send: characters of every kind, and sometimes long. */
export const junk: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      '\0',
      '\r\nx: y',
      '__proto__',
      'null',
      '[object Object]',
      '../..',
      '%00',
      '%',
    ),
  },
  { weight: 1, arbitrary: fc.nat({ max: 9_000 }).map((length) => 'A'.repeat(length)) },
);

/** Sealed text that was cut off, had a bit flipped or something inserted, or was put together from parts. */
export function damaged(text: string, others: readonly string[] = []): fc.Arbitrary<string> {
  const at = fc.nat({ max: Math.max(0, text.length - 1) });
  return fc
    .oneof(
      at.map((end) => text.slice(0, end)),
      at.map((start) => text.slice(start + 1)),
      fc.tuple(fc.nat({ max: text.length * 6 - 1 })).map(([bit]) => withFlippedBit(text, bit)),
      fc.tuple(at, junk).map(([place, put]) => text.slice(0, place) + put + text.slice(place)),
      fc
        .tuple(at, at)
        .map(([place, from]) => text.slice(0, place) + text.charAt(from) + text.slice(place + 1)),
      fc.constantFrom(`${text}=`, ` ${text}`, `${text} `, `"${text}"`, text + text, text.toLowerCase()),
      fc
        .tuple(at, fc.constantFrom(text, ...others))
        .map(([place, other]) => text.slice(0, place) + other.slice(place)),
      fc.constantFrom(...(others.length > 0 ? others : [''])),
      junk,
    )
    .filter((result) => result !== text);
}

function withFlippedBit(text: string, bit: number): string {
  const bytes = Buffer.from(text, 'base64url');
  const index = Math.min(bytes.length - 1, bit >> 3);
  bytes.writeUInt8(bytes.readUInt8(index) ^ (1 << (bit & 7)), index);
  return bytes.toString('base64url');
}

/** A JSON value with something changed, left out, or replaced by a part of another value. */
export function damagedJson(value: unknown, others: readonly unknown[]): fc.Arbitrary<unknown> {
  const paths = pathsIn(value);
  const parts = [value, ...others].flatMap((whole) => pathsIn(whole).map((path) => partAt(whole, path)));
  const replacement = fc.oneof(
    fc.constantFrom(...parts),
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(null, 0, -1, 1e300, '', [], {}, true, false),
  );
  const change = fc.constantFrom(...paths).chain((path) => {
    const part = partAt(value, path);
    const own = [
      ...(typeof part === 'string' && part !== '' ? [damaged(part)] : []),
      ...(typeof part === 'number' ? [fc.integer({ min: -5, max: 5 }).map((by) => part + by * 60_000)] : []),
    ];
    return fc.oneof(replacement, fc.constant(undefined), ...own).map((put) => withPartAt(value, path, put));
  });
  const before = JSON.stringify(value);
  return change.filter((result) => result !== undefined && JSON.stringify(result) !== before);
}

type Path = readonly string[];

function pathsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, part]) => pathsIn(part, [...path, name]))];
}

function partAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], value);
}

/** A copy with another value at the path; `undefined` removes it. */
function withPartAt(value: unknown, [name, ...rest]: Path, part: unknown): unknown {
  if (name === undefined) return part;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value)
    ? [...(value as unknown[])]
    : { ...(value as Record<string, unknown>) };
  const members = copy as Record<string, unknown>;
  members[name] = withPartAt(members[name], rest, part);
  return copy;
}
