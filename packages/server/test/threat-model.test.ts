import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);
const textOf = (file: string): string => readFileSync(fileURLToPath(new URL(file, ROOT)), 'utf8');

interface Mutation {
  readonly edits: readonly (readonly [file: string, from: string, to: string])[];
  readonly shownBy: readonly (readonly [file: string, title: string])[];
}

const { MUTATIONS } = (await import(new URL('scripts/mutations.mjs', ROOT).href)) as {
  readonly MUTATIONS: readonly Mutation[];
};

/** The tests that the page names: `[title](../file)`. */
function namedTests(): readonly (readonly [file: string, title: string])[] {
  const links = textOf('docs/threat-model.md').matchAll(/\[([^\]]+)\]\(\.\.\/(packages\/[^)]+\.ts)\)/g);
  const named = [...links].map(([, title = '', file = '']) => [file, title] as const);
  return named.filter(([file]) => !file.endsWith('threat-model.test.ts'));
}

function isTitleIn(file: string, title: string): boolean {
  const text = textOf(file);
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => text.includes(quoted));
}

const keysOf = (tests: readonly (readonly [string, string])[]): readonly string[] =>
  [...new Set(tests.map(([file, title]) => `${file}: ${title}`))].toSorted((a, b) => a.localeCompare(b));

describe('the threat model', () => {
  it('names tests that there are', () => {
    const named = namedTests();
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter(([file, title]) => !isTitleIn(file, title))).toEqual([]);
  });

  it('names exactly the tests that are known to fail without their defence', () => {
    expect(keysOf(namedTests())).toEqual(keysOf(MUTATIONS.flatMap(({ shownBy }) => shownBy)));
  });

  it('has defences that are still where they can be taken away', () => {
    const lost = MUTATIONS.flatMap(({ edits }) => edits).filter(
      ([file, from]) => textOf(file).split(from).length !== 2,
    );
    expect(lost).toEqual([]);
  });
});
