import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createCustomer } from './support/customer.ts';
import { openDesk } from './support/desk.ts';

it('adds a phone and approves on it at the Koa bank, which keeps its records in a SQLite file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-bank-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const STORE = join(folder, 'bank.db');
  const desk = await openDesk({ bank: 'koa-bank', pollSchedule: 'steady', env: { STORE } });
  const ada = createCustomer(desk, 'koa');
  await ada.signIn();
  const isSamePage = await desk.mark();

  await ada.transfer(200);
  await ada.addPhone();
  await ada.sees(200);
  await desk.bank.getByRole('dialog').waitFor({ state: 'detached' });

  await ada.transfer(201);
  await ada.reads('Check your phone');
  await ada.onPhone('Approve');
  await ada.sees(201);
  expect(desk.pushes()).toBe(1);
  expect(await isSamePage()).toBe(true);
  expect(statSync(STORE).size).toBeGreaterThan(0);
});
