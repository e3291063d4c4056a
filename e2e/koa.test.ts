import { expect, it } from 'vitest';
import { createCustomer } from './support/customer.ts';
import { openDesk } from './support/desk.ts';

it('adds a phone and approves on it at the Koa bank', async () => {
  const desk = await openDesk({ bank: 'koa-bank', pollSchedule: 'steady' });
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
});
