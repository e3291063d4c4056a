import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { TASKS } from '../tasks.mjs';

const root = new URL('../../', import.meta.url);

it('has a script in package.json for every task', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const tasks = Object.entries(scripts).filter(([, command]) => command.includes('scripts/run.mjs'));
  expect(Object.fromEntries(tasks)).toEqual(
    Object.fromEntries(Object.keys(TASKS).map((name) => [name, `node scripts/run.mjs ${name}`])),
  );
});

it('names only files that exist', () => {
  const words = Object.values(TASKS).flatMap(({ steps }) => steps.flat());
  const files = words.filter((word) => !word.startsWith('-') && /\.[cm]?[jt]s$/.test(word));
  expect(files.length).toBeGreaterThan(5);
  expect(files.filter((file) => !existsSync(new URL(file, root)))).toEqual([]);
});
