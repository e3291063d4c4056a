import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorsPage } from '../../site/scripts/errors-page.mjs';

const textOf = (file) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

/** The codes of a table in core. */
const codesOf = (file) => [...textOf(file).matchAll(/^ {2}(\w+): \d+,$/gm)].map(([, code]) => code);
const CODES = [
  ...new Set([
    ...codesOf('packages/core/src/terms/reason-codes.ts'),
    ...codesOf('packages/core/src/terms/request-codes.ts'),
  ]),
];

/** The words that errors are made with, found without a parser: `SomeError('code', 'words')`. */
function wordsOf(file) {
  const made = textOf(file).matchAll(/\b\w*Error\(\s*(?:'\w+',\s*)?(['"`])([^'"`\n]{20,})\1/g);
  return [...made]
    .map(([, , text]) =>
      text
        .split(/\$\{[^}]*\}/)
        .toSorted((a, b) => b.length - a.length)[0]
        .trim(),
    )
    .filter((words) => words.length > 12);
}

function sources() {
  const packages = readdirSync(new URL('../../packages', import.meta.url)).filter(
    // The emulator's errors are those of Auth0. The contract of stores is a test.
    (name) => name !== 'emulator' && existsSync(new URL(`../../packages/${name}/src`, import.meta.url)),
  );
  return packages.flatMap((name) =>
    readdirSync(new URL(`../../packages/${name}/src`, import.meta.url), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('store-contract.ts'))
      .map((file) => `packages/${name}/src/${file}`),
  );
}

describe('what went wrong can be looked up', () => {
  it('by every code, on the page of errors and in the troubleshooting', () => {
    const troubleshooting = textOf('docs/guides/troubleshooting.md');
    expect(CODES.length).toBeGreaterThan(45);
    expect(CODES.filter((code) => !errorsPage.includes(`\n### ${code}\n`))).toEqual([]);
    expect(CODES.filter((code) => !troubleshooting.includes(`\`${code}\``))).toEqual([]);
  });

  it('by every message, on the page of errors', () => {
    const words = sources().flatMap((file) => wordsOf(file).map((text) => ({ file, text })));
    expect(words.length).toBeGreaterThan(150);
    expect(words.filter(({ text }) => !errorsPage.includes(text))).toEqual([]);
  });

  it('by what the provider has refused, with what to repair, and by what is sent instead of a message', () => {
    expect(errorsPage).toContain('POST oauth/token was refused: 401 access_denied');
    const hints = sources().flatMap((file) => [...textOf(file).matchAll(/\bhint:\s*'([^'\n]{20,})'/g)]);
    expect(hints.length).toBeGreaterThan(2);
    expect(hints.map(([, hint]) => hint).filter((hint) => !errorsPage.includes(hint))).toEqual([]);
    const [, hidden] = /: '([^']+)',/.exec(textOf('packages/server/src/request/error-response.ts')) ?? [];
    expect(errorsPage).toContain(hidden);
  });
});
