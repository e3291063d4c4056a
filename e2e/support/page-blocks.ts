import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A block of code on a page of the docs. */
export interface PageBlock {
  /** `ts`, `sh` and so on. */
  readonly language: string;
  /** The name of its tab, if it has one. */
  readonly title: string | undefined;
  readonly code: string;
}

/** The blocks of a page in their order. `page` is its path in the repository. */
export function blocksOf(page: string): readonly PageBlock[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```(\w+)(?: \[([^\]]+)\])?\n(.*?)^```$/gms)].map(
    ([, language = '', title, code = '']) => ({ language, title, code }),
  );
}

/** The files of a block whose first line names one: `// app/page.tsx`. `undefined` for a block that is one file. */
export function filesOf({ code }: PageBlock): ReadonlyMap<string, string> | undefined {
  const parts = code.split(/^(?:\/\/|#) (\S+\.(?:m?tsx?|json))$\n/m);
  if (parts[0] !== '') return undefined;
  const names = parts.filter((_part, at) => at % 2 === 1);
  return new Map(names.map((name, at) => [name, (parts[2 * at + 2] ?? '').trimStart()]));
}
