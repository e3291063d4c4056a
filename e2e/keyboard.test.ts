import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { arriveAt, createCustomer } from './support/customer.ts';
import { ada as account, type Desk, openDesk } from './support/desk.ts';
import { focused } from './support/look-at.ts';

/** Presses Tab until the control with this name has the focus. Fails if the keyboard cannot reach it. */
async function tabTo(
  page: Page,
  role: 'button' | 'checkbox' | 'textbox' | 'spinbutton',
  name: string,
): Promise<void> {
  const target = page.getByRole(role, { name, exact: true });
  await target.waitFor();
  for (let presses = 0; presses < 20; presses += 1) {
    if (await target.evaluate((element) => element.matches(':focus'))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach the ${role} "${name}"; the focus is on ${await focused(page)}`);
}

async function signInByKeyboard({ bank, bankUrl }: Desk): Promise<void> {
  await bank.goto(bankUrl);
  await bank.locator('[name=username]:focus').waitFor();
  await bank.keyboard.type(account.username);
  await tabTo(bank, 'textbox', 'Password');
  await bank.keyboard.type(account.password);
  await bank.keyboard.press('Enter');
  await arriveAt(bank);
}

it('works by keyboard alone, in the dialog and on the phone', async () => {
  const desk = await openDesk();
  const { bank, phone } = desk;
  const ada = createCustomer(desk, 'keyboard');
  await signInByKeyboard(desk);

  await tabTo(bank, 'button', 'Transfer');
  await bank.keyboard.press('Enter');
  await ada.reads('Enter your password');
  expect(await focused(bank)).toBe('INPUT');
  await bank.keyboard.type('not the password');
  await bank.keyboard.press('Enter');
  await bank.locator('#password-error').waitFor();
  await expect.poll(() => focused(bank)).toBe('INPUT');
  await bank.keyboard.type(account.password);
  await bank.keyboard.press('Enter');
  await ada.reads('Set up your phone');
  await tabTo(phone, 'button', 'Scan');
  await phone.keyboard.press('Enter');
  await ada.reads('Save your recovery code');
  await tabTo(bank, 'checkbox', 'I have saved it');
  await bank.keyboard.press('Space');
  await tabTo(bank, 'button', 'Continue');
  await bank.keyboard.press('Enter');
  await ada.sees(250);
  await bank.getByRole('dialog').waitFor({ state: 'detached' });

  // A request that is not answered at once gets its own screen.
  const release = await desk.hold('**/step-up/flow');
  await tabTo(bank, 'button', 'Transfer');
  await bank.keyboard.press('Enter');
  await ada.reads('One moment');
  release();
  await ada.reads('Check your phone');
  await tabTo(phone, 'button', 'Approve');
  await phone.keyboard.press('Enter');
  await expect.poll(() => bank.getByRole('listitem').count()).toBe(2);
  await bank.getByRole('dialog').waitFor({ state: 'detached' });
  // Closing the dialog returns the focus.
  await expect
    .poll(() => bank.getByRole('button', { name: 'Transfer' }).evaluate((one) => one.matches(':focus')))
    .toBe(true);
});

it('cancels with Escape', async () => {
  const desk = await openDesk();
  const ada = createCustomer(desk, 'escape');
  await signInByKeyboard(desk);
  await tabTo(desk.bank, 'button', 'Transfer');
  await desk.bank.keyboard.press('Enter');
  await ada.reads('Enter your password');
  await desk.bank.keyboard.press('Escape');
  await desk.bank.getByText('Nothing was transferred.').waitFor();
  expect(desk.pushes()).toBe(0);
});
