import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, it } from 'vitest';
import { playBankStory } from './support/play-bank-story.ts';

const example = fileURLToPath(new URL('../examples/nest-bank', import.meta.url));

beforeAll(() => {
  const typescript = createRequire(join(example, 'package.json')).resolve('typescript/package.json');
  execFileSync(process.execPath, [join(dirname(typescript), 'bin/tsc'), '-p', example], { stdio: 'inherit' });
}, 120_000);

it('adds a phone and approves on it at the Nest bank, which stops at once with the page open', () =>
  playBankStory('nest-bank', 400));
