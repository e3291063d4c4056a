import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { copyPage } from './copy-page.ts';
import { ada, type Desk } from './desk.ts';
import { lookAt, waitForScreen } from './look-at.ts';

/** What Ada does at the bank and on the phone, with the mouse. */
export interface Customer {
  signIn(): Promise<void>;
  /** Fills in the form and presses "Transfer". */
  transfer(amount: number): Promise<void>;
  /** Waits until the transfer is in the list, and no dialog is left. */
  sees(amount: number): Promise<void>;
  /** Waits for the screen with this heading, and checks how it looks. */
  reads(heading: string): Promise<void>;
  /** The same on a page that has just loaded, where the browser decides about the focus. */
  finds(heading: string): Promise<void>;
  /** Presses a button, or a link that looks like one. */
  press(name: string): Promise<void>;
  /** On the built-in page, after the approval: sends the refused form again. */
  goOn(): Promise<void>;
  /** Presses "Close account", for which the bank accepts every factor. */
  closeAccount(): Promise<void>;
  /** Waits until the account is closed, which signs Ada out. */
  seesItClosed(): Promise<void>;
  /** Enters the password, scans the QR code and saves the recovery code. Returns the recovery code. */
  addPhone(): Promise<string>;
  /** Types the text into the field with this label, and presses Enter. */
  enters(label: string, text: string): Promise<void>;
  /** Confirms that the recovery code is saved, and goes on. Returns the code. */
  savesRecoveryCode(): Promise<string>;
  /** Chooses the way with this name. */
  takes(way: string): Promise<void>;
  /** Waits for a push that shows this title, and returns the code in front of it. */
  readsOnPhone(title: string): Promise<string>;
  /** Presses a button of the newest request on the phone. */
  onPhone(button: 'Scan' | 'Approve' | 'Deny'): Promise<void>;
}

/** Waits for the account page with its script, without which a form is sent as a plain request. */
export async function arriveAt(bank: Page): Promise<void> {
  await bank.getByRole('heading', { name: 'Hello ada' }).waitFor();
  await bank.waitForLoadState('load');
}

/**
 * Ada at the desk. `name` begins the names of pictures of the screens. Without it, screens are read and not looked at: for
 * those that other tests look at.
 */
export function createCustomer({ bank, bankUrl, phone, viewer }: Desk, name?: string): Customer {
  async function look(heading: string, options: { isFocused: boolean }): Promise<void> {
    if (name === undefined) return waitForScreen(bank, heading);
    if (viewer === bank) return lookAt(bank, name, heading, options);
    await bank.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
    await copyPage(bank, viewer);
    // After a page load, the browser decides about the focus.
    await lookAt(viewer, name, heading, { isFocused: false });
  }

  const customer: Customer = {
    async signIn() {
      await bank.goto(bankUrl);
      await bank.getByLabel('Username').fill(ada.username);
      await bank.getByLabel('Password').fill(ada.password);
      await bank.getByRole('button', { name: 'Sign in' }).click();
      await arriveAt(bank);
    },
    async transfer(amount) {
      await bank.getByLabel('Amount').fill(String(amount));
      await bank.getByRole('button', { name: 'Transfer' }).click();
    },
    async sees(amount) {
      await bank
        .getByRole('listitem')
        .filter({ hasText: `${amount} EUR to Grace` })
        .first()
        .waitFor();
      await bank.getByRole('dialog').waitFor({ state: 'detached' });
    },
    reads: (heading) => look(heading, { isFocused: true }),
    finds: (heading) => look(heading, { isFocused: false }),
    press: (name) =>
      bank
        .getByRole('button', { name, exact: true })
        .or(bank.getByRole('link', { name, exact: true }))
        .click(),
    async goOn() {
      await customer.finds('Confirmed');
      await bank.getByRole('button', { name: 'Continue' }).click();
      await bank.waitForURL(bankUrl);
    },
    closeAccount: () => customer.press('Close account'),
    async seesItClosed() {
      await bank.getByRole('heading', { name: 'Sign in' }).waitFor();
    },
    async addPhone() {
      await customer.reads('Enter your password');
      await customer.enters('Password', ada.password);
      await customer.reads('Set up your phone');
      await bank.getByRole('img', { name: 'QR code' }).waitFor();
      await customer.onPhone('Scan');
      return customer.savesRecoveryCode();
    },
    async enters(label, text) {
      const input = bank.getByRole('textbox', { name: label });
      await input.fill(text);
      await input.press('Enter');
    },
    async savesRecoveryCode() {
      await customer.reads('Save your recovery code');
      const code = bank.getByRole('listitem').filter({ hasText: /^\w{24}$/ });
      expect(await code.count()).toBe(1);
      const text = (await code.textContent()) ?? '';
      await bank.getByLabel('I have saved it').check();
      await customer.press('Continue');
      return text;
    },
    async takes(way) {
      await bank.getByRole('button', { name: way }).click();
    },
    async readsOnPhone(title) {
      // A message takes no spaces.
      const end = `-${title.replaceAll(' ', '-')}`;
      const message = phone.locator('.push .message').filter({ hasText: end });
      const text = (await message.textContent()) ?? '';
      expect(text).toMatch(new RegExp(`^[B-Z2-9]{4}${end}$`));
      return text.slice(0, 4);
    },
    async onPhone(button) {
      const targets = phone.getByRole('button', { name: button });
      await targets.first().waitFor();
      if (name !== undefined) await lookAt(phone, `${name} phone ${button}`);
      const count = await targets.count();
      await targets.first().click();
      await expect.poll(() => targets.count()).toBeLessThan(count);
    },
  };
  return customer;
}
