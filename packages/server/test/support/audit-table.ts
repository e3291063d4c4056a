import { readFileSync } from 'node:fs';

/** One row of a table of audit events. */
export interface AuditRow {
  readonly type: string;
  readonly members: readonly { readonly name: string; readonly isOptional: boolean }[];
  readonly text: string;
}

/** The rows of the table of audit events in a file, by path from this folder. */
export function auditTable(path: string): readonly AuditRow[] {
  const text = readFileSync(new URL(path, import.meta.url), 'utf8');
  return [...text.matchAll(/^(?: \* )?(\| `([a-z_]+\.[a-z_]+)` +\| (.*?) \|.*\|)$/gm)].map(
    ([, row = '', type = '', members = '']) => ({
      type,
      members: [...members.matchAll(/`(\w+)`(\??)/g)].map(([, name = '', mark]) => ({
        name,
        isOptional: mark === '?',
      })),
      text: row.replace(/ +/g, ' '),
    }),
  );
}
