import { readFileSync } from 'node:fs';

/** A member of a table in the sources, with the comment above it. */
export interface DocumentedMember {
  readonly name: string;
  readonly comment: string;
  readonly value: string;
}

export const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

/** The members of the tables in a source file that have a comment of one line. */
export function membersOf(source: string): readonly DocumentedMember[] {
  return [...source.matchAll(/^ {2}\/\*\* (.+) \*\/\n {2}([a-z_]+): (.+),$/gm)].map(
    ([, comment = '', name = '', value = '']) => ({ name, comment, value }),
  );
}

/** A Markdown table with aligned columns. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** The page, with the first table under a heading replaced. */
export function withTable(page: string, heading: string, table: string): string {
  const start = page.indexOf(`\n## ${heading}\n`);
  if (start === -1) throw new Error(`the page has no heading "${heading}"`);
  const section = page.slice(start);
  const [old] = /^\|.*\|$(?:\n\|.*\|$)+/m.exec(section) ?? [];
  if (old === undefined) throw new Error(`there is no table under "${heading}"`);
  return page.slice(0, start) + section.replace(old, () => table);
}
