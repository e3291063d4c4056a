import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MUTATIONS } from '../mutations.mjs';

const textOf = (file) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

/** The tests that the page names: `[title](../file)`. */
function namedTests() {
  const links = textOf('docs/concepts/threat-model.md').matchAll(
    /\[([^\]]+)\]\((?:\.\.\/){2}((?:packages|suites)\/[^)]+\.ts)\)/g,
  );
  return [...links].map(([, title, file]) => [file, title]);
}

function isTitleIn(file, title) {
  const text = textOf(file);
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => text.includes(quoted));
}

const keysOf = (tests) =>
  [...new Set(tests.map(([file, title]) => `${file}: ${title}`))].toSorted((a, b) => a.localeCompare(b));

describe('the threat model', () => {
  it('names tests that exist', () => {
    const named = namedTests();
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter(([file, title]) => !isTitleIn(file, title))).toEqual([]);
  });

  it('names exactly the tests that `npm run mutate` expects to fail', () => {
    expect(keysOf(namedTests())).toEqual(keysOf(MUTATIONS.flatMap(({ shownBy }) => shownBy)));
  });

  it('lists defences that `npm run mutate` can still take away', () => {
    const lost = MUTATIONS.flatMap(({ edits }) => edits).filter(
      ([file, from]) => textOf(file).split(from).length !== 2,
    );
    expect(lost).toEqual([]);
  });
});
