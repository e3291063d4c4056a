import { expect } from 'vitest';
import { createCustomer } from './customer.ts';
import { type DeskOptions, openDesk } from './desk.ts';

/** Ada adds a phone, approves on it, and the bank is stopped while it waits for another answer. */
export async function playBankStory(
  example: NonNullable<DeskOptions['bank']>,
  amount: number,
): Promise<void> {
  const desk = await openDesk({ bank: example });
  const ada = createCustomer(desk, example);
  await ada.signIn();
  const isSamePage = await desk.mark();

  await ada.transfer(amount);
  await ada.addPhone();
  await ada.sees(amount);

  await ada.transfer(amount + 1);
  await ada.reads('Check your phone');
  await ada.onPhone('Approve');
  await ada.sees(amount + 1);
  expect(desk.pushes()).toBe(1);
  expect(await isSamePage()).toBe(true);

  await ada.closeAccount();
  await ada.reads('Check your phone');
  desk.program.kill();
  expect(await desk.program.ended).toBe(0);
  expect(desk.program.stderr).toBe('');
}
