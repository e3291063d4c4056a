import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Runs the app and the tests of docs/guides/testing.md as they are, as the tests of this file.
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'node_modules', '.cache', 'testing-page');
const page = readFileSync(join(root, 'docs', 'guides', 'testing.md'), 'utf8');

function block(language: 'js' | 'ts'): string {
  const [, code] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(page) ?? [];
  if (code === undefined) throw new Error(`docs/guides/testing.md has no block of ${language}`);
  return code;
}

mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'app.mjs'), stripTypeScriptTypes(block('ts')));
writeFileSync(join(folder, 'app.test.mjs'), block('js').replace("'./app.ts'", "'./app.mjs'"));
await import(join(folder, 'app.test.mjs'));
