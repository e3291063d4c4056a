import { readFile } from 'node:fs/promises';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { type KeptState, keptStateShape } from '../directory/kept-state.ts';
import { configShape, type TenantConfig } from '../directory/options.ts';
import { assertShape, ShapeError } from '../lib/shape.ts';

/** The tenant that a file in YAML or JSON describes. What is wrong with it is named with its line. */
export async function readConfigFile(file: string): Promise<TenantConfig> {
  return readChecked(file, (value) => {
    assertShape(configShape, value);
    return value as TenantConfig;
  });
}

/** A tenant that `export` has written. */
export async function readExportFile(
  file: string,
): Promise<{ readonly config: TenantConfig; readonly state: KeptState }> {
  return readChecked(file, (value) => {
    const { version, config, state } = (value ?? {}) as Record<string, unknown>;
    if (version !== 1) throw new TypeError('is not an export of this version: write it anew with `export`');
    assertShape(configShape, config, 'config');
    assertShape(keptStateShape, state, 'state');
    return { config: config as TenantConfig, state };
  });
}

async function readChecked<T>(file: string, check: (value: unknown) => T): Promise<T> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `There is no file ${file}` : error.message);
  });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [mistake] = document.errors;
  if (mistake !== undefined)
    throw new Error(`${file}:${lines.linePos(mistake.pos[0]).line}: ${mistake.message}`);
  try {
    return check(document.toJS() ?? {});
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const line = error instanceof ShapeError ? lineOf(document, error.path, lines) : undefined;
    throw new Error(`${file}${line === undefined ? '' : `:${line}`}: ${error.message}`);
  }
}

/** The line of a member, or of the nearest existing one around it. */
function lineOf(
  document: Document,
  path: readonly (string | number)[],
  lines: LineCounter,
): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
    if (Array.isArray(range)) return lines.linePos(Number(range[0])).line;
  }
  return undefined;
}
