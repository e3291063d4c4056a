import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { createCustomer } from './support/customer.ts';
import { openDesk } from './support/desk.ts';

const example = fileURLToPath(new URL('../examples/nest-bank', import.meta.url));

beforeAll(() => {
  const typescript = createRequire(join(example, 'package.json')).resolve('typescript/package.json');
  execFileSync(process.execPath, [join(dirname(typescript), 'bin/tsc'), '-p', example], { stdio: 'inherit' });
}, 120_000);

it('adds a phone and approves on it at the Nest bank, which stops at once with the page open', async () => {
  const desk = await openDesk({ bank: 'nest-bank' });
  const ada = createCustomer(desk, 'nest');
  await ada.signIn();
  const isSamePage = await desk.mark();

  await ada.transfer(400);
  await ada.addPhone();
  await ada.sees(400);
  await desk.bank.getByRole('dialog').waitFor({ state: 'detached' });

  await ada.transfer(401);
  await ada.reads('Check your phone');
  await ada.onPhone('Approve');
  await ada.sees(401);
  expect(desk.pushes()).toBe(1);
  expect(await isSamePage()).toBe(true);

  await ada.closeAccount();
  await ada.reads('Check your phone');
  desk.program.kill();
  expect(await desk.program.ended).toBe(0);
  expect(desk.program.stderr).toBe('');
});
