// Edits of sources that are taken back: for the scripts that take a defence away.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const originals = new Map();

/** Replaces what a file must have once. */
export function edit([file, from, to]) {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${file} must have once: ${from}`);
  if (!originals.has(path)) originals.set(path, text);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
}

export function restore() {
  for (const [path, text] of originals) writeFileSync(path, text);
  originals.clear();
}

/** Packages import each other as built. An edit may leave type errors behind, which do not matter here. */
export function build() {
  spawnSync('pnpm', ['exec', 'tsc', '-b'], { cwd: root, stdio: 'ignore' });
}

/** Restores the sources on Ctrl-C, too. */
export function restoreWhenStopped() {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      restore();
      build();
      process.exit(1);
    });
  }
}
