import { expect, it } from 'vitest';
import { createCustomer } from './support/customer.ts';
import { openDesk } from './support/desk.ts';

it('adds a phone and approves on it at the Fastify bank, which stops at once with the page open', async () => {
  const desk = await openDesk({ bank: 'fastify' });
  const ada = createCustomer(desk, 'fastify');
  await ada.signIn();
  const isSamePage = await desk.mark();

  await ada.transfer(300);
  await ada.addPhone();
  await ada.sees(300);
  await desk.bank.getByRole('dialog').waitFor({ state: 'detached' });

  await ada.transfer(301);
  await ada.reads('Check your phone');
  await ada.onPhone('Approve');
  await ada.sees(301);
  expect(desk.pushes()).toBe(1);
  expect(await isSamePage()).toBe(true);

  await ada.closeAccount();
  await ada.reads('Check your phone');
  desk.program.kill();
  expect(await desk.program.ended).toBe(0);
  expect(desk.program.stderr).toBe('');
});
