import { expect, it } from 'vitest';
import { createCustomer } from './support/customer.ts';
import { openDesk } from './support/desk.ts';
import { lookAt } from './support/look-at.ts';

const MAX_AGE_SECONDS = 600;

it('goes through a whole story at the Express bank without a reload: enrol, deny, expire, approve', async () => {
  const desk = await openDesk({ maxAgeSeconds: MAX_AGE_SECONDS });
  const { bank, emulator } = desk;
  const ada = createCustomer(desk, 'story');
  await ada.signIn();
  await lookAt(bank, 'bank', 'Hello ada', { isFocused: false });
  const isSamePage = await desk.mark();

  // The first phone.
  await ada.transfer(100);
  await ada.addPhone();
  await ada.sees(100);
  expect(desk.pushes()).toBe(0);

  // The approval is valid as long as it is fresh, for the same transfer.
  await ada.transfer(100);
  await expect.poll(() => bank.getByRole('listitem').count()).toBe(2);
  expect(desk.pushes()).toBe(0);

  // Denied, and sent again; not answered in time, and sent again; approved.
  await desk.skipTime(MAX_AGE_SECONDS * 1_000);
  await ada.transfer(100);
  await ada.reads('Check your phone');
  await ada.onPhone('Deny');
  await ada.reads('Request denied');
  const { oobCodeMs } = emulator.settings.lifetimes;
  emulator.configure({ lifetimes: { oobCodeMs: 1_000 } });
  await ada.press('Send again');
  await ada.reads('Time’s up');
  expect(await bank.getByRole('listitem').count()).toBe(2);
  emulator.configure({ lifetimes: { oobCodeMs } });
  await ada.press('Send again');
  await ada.reads('Check your phone');
  await ada.onPhone('Approve');
  await expect.poll(() => bank.getByRole('listitem').count()).toBe(3);
  expect(desk.pushes()).toBe(3);
  expect(await isSamePage()).toBe(true);
});

it('transfers nothing when the customer cancels', async () => {
  const desk = await openDesk();
  const ada = createCustomer(desk, 'cancel');
  await ada.signIn();
  await ada.transfer(100);
  await ada.reads('Enter your password');
  await ada.press('Cancel');
  await desk.bank.getByText('Nothing was transferred.').waitFor();
  expect(await desk.bank.getByRole('listitem').count()).toBe(0);
  await desk.bank.getByRole('dialog').waitFor({ state: 'detached' });
});
