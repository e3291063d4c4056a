import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createCustomer } from './support/customer.ts';
import { openDesk } from './support/desk.ts';

it('adds a phone and compares codes with it at the Koa bank, which keeps its records in a SQLite file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-bank-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const STORE = join(folder, 'bank.db');
  const desk = await openDesk({
    bank: 'koa-bank',
    ways: 'ciba,mfa-api',
    pollSchedule: 'steady',
    emulator: { cibaIntervalMs: 1_000 },
    env: { STORE, PUSH_CODE: 'compared' },
  });
  const ada = createCustomer(desk, 'koa');
  await ada.signIn();
  const isSamePage = await desk.mark();

  await ada.transfer(200);
  await ada.addPhone();
  await ada.sees(200);

  await ada.transfer(201);
  await ada.reads('Check your phone');
  const shown = desk.bank
    .getByText('Approve only if your phone shows this code:')
    .locator('..')
    .locator('code');
  expect(await shown.textContent()).toBe(await ada.readsOnPhone('Transfer 201 EUR to Grace'));
  expect(await desk.bank.getByRole('textbox', { name: 'Code' }).count()).toBe(0);
  await ada.onPhone('Approve');
  await ada.sees(201);
  expect(desk.pushes()).toBe(1);
  expect(await isSamePage()).toBe(true);
  expect(statSync(STORE).size).toBeGreaterThan(0);
});
