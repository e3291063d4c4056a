import type { Page } from 'playwright-core';
import type { Customer } from './customer.ts';
import { ada, type Desk } from './desk.ts';

/** Signs in at the tenant's page, after the bank has sent the browser, or a window of it, there. */
export async function signInAtTenant(
  { bank, emulator }: Pick<Desk, 'bank' | 'emulator'>,
  password: string = ada.password,
): Promise<void> {
  await bank.waitForURL(`${emulator.issuer}u/login**`);
  await bank.getByLabel('Username').fill(ada.username);
  await bank.getByLabel('Password').fill(password);
  await bank.getByRole('button', { name: 'Sign in' }).click();
}

/** Passes the second factor at the tenant's page: a push, which the phone approves. */
export async function approveAtTenant(page: Page, customer: Customer): Promise<void> {
  await page.getByRole('heading', { name: 'Approve on your phone' }).waitFor();
  // The page looks by itself for the answer.
  await customer.onPhone('Approve');
}

/** Adds a phone at the tenant's page, which asks users for one who have no second factor. */
export async function enrollAtTenant(page: Page, customer: Customer): Promise<void> {
  await page.getByRole('heading', { name: 'Keep your account safe' }).waitFor();
  await page.getByRole('button', { name: 'Push notification' }).click();
  await page.getByRole('img', { name: 'QR code to scan' }).waitFor();
  await customer.onPhone('Scan');
  await page.getByRole('button', { name: 'I have kept it' }).click();
}
