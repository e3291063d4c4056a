import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { REASON_CODES } from '../src/index.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

/** The rows of every table of codes, without what only lines them up. */
function rowsOf(text: string): readonly string[] {
  return [...text.matchAll(/^(?: \* )?(\| `[a-z_]+` .*\|)$/gm)].map(([, row = '']) =>
    row.replace(/ +/g, ' '),
  );
}

describe('the tables of codes', () => {
  const documented = rowsOf(read('../src/terms/errors.ts'));

  it('are the same in the READMEs as in the source', () => {
    const told = ['../README.md', '../../server/README.md'].flatMap((path) => rowsOf(read(path)));
    expect(documented.filter((row) => !told.includes(row))).toEqual([]);
  });

  it('name every reason', () => {
    const named = documented.map((row) => row.split('`')[1]);
    expect(REASON_CODES.filter((code) => !named.includes(code))).toEqual([]);
  });
});
