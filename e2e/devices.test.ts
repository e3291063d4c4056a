import { expect, it } from 'vitest';
import { createCustomer } from './support/customer.ts';
import { openDesk } from './support/desk.ts';
import { enrolAhead } from './support/enrol-ahead.ts';

it('shows the devices of a user, adds an app and a number, and removes the phone with its code generator', async () => {
  const desk = await openDesk();
  const { bank, emulator, phone } = desk;
  await enrolAhead(emulator);
  const ada = createCustomer(desk, 'devices');
  await ada.signIn();
  const rows = bank.locator('.authenticator-row');
  const status = bank.getByRole('status').first();

  async function approve(): Promise<void> {
    await ada.reads('Check your phone');
    await ada.onPhone('Approve');
  }

  // Opening the page starts nothing.
  await bank.getByRole('link', { name: 'Your devices' }).click();
  await bank.getByRole('button', { name: 'Show my devices' }).waitFor();
  await ada.finds('Your devices');
  expect(desk.pushes()).toBe(0);
  await ada.press('Show my devices');
  await approve();
  await expect.poll(() => rows.count()).toBe(3);
  await bank.getByRole('dialog').waitFor({ state: 'detached' });
  await ada.finds('Your devices');

  // An authenticator app as a second factor.
  await ada.press('Set up an authenticator app');
  await approve();
  await ada.reads('Set up an authenticator app');
  const secret = await bank.locator('.secret code').textContent();
  await phone.getByRole('button', { name: 'Scan' }).click();
  await expect.poll(() => emulator.phone('ada').codes().length).toBe(2);
  expect(secret).toMatch(/^[A-Z2-7]{16,}$/);
  await bank.getByRole('textbox', { name: 'Code' }).fill(emulator.phone('ada').codes().at(-1)?.code ?? '');
  await ada.press('Confirm');
  await expect.poll(() => status.textContent()).toBe('Added: Authenticator app.');
  await expect.poll(() => rows.count()).toBe(4);

  // A phone number.
  await ada.press('Add a phone number for text messages');
  const number = bank.getByRole('textbox', { name: 'Phone number' });
  await number.fill('555 123 4567');
  await ada.press('Continue');
  expect(await number.evaluate((one) => one.matches(':invalid:focus'))).toBe(true);
  await number.fill('+1 555 123 4567');
  await ada.press('Continue');
  await approve();
  await ada.reads('Enter the code');
  await bank
    .getByRole('textbox', { name: 'Code' })
    .fill(emulator.phone('ada').view().messages.at(-1)?.code ?? '');
  await ada.press('Confirm');
  await expect.poll(() => rows.count()).toBe(6);
  await bank.getByRole('dialog').waitFor({ state: 'detached' });

  // A cancelled removal.
  const removePhone = bank.getByRole('button', { name: /^Remove: Phone with Auth0 Guardian/ });
  await removePhone.click();
  await bank.getByRole('heading', { name: /^Remove “Phone with Auth0 Guardian .*”\?$/ }).waitFor();
  await ada.finds('Your devices');
  await bank.getByText(/removes the code generator in the same app/).waitFor();
  await bank.keyboard.press('Escape');
  await bank.getByRole('heading', { name: /\?$/ }).waitFor({ state: 'detached' });
  expect(await removePhone.evaluate((one) => one.matches(':focus'))).toBe(true);

  // Removal of the phone, and of the code generator that belongs to it.
  await removePhone.click();
  await ada.press('Remove');
  await approve();
  await expect
    .poll(() => status.textContent())
    .toBe("Removed: Phone with Auth0 Guardian (ada's phone) and Authenticator app.");
  await expect.poll(() => rows.count()).toBe(4);
  expect(await rows.filter({ hasText: 'Guardian' }).count()).toBe(0);
});
