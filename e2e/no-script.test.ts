import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { createCustomer } from './support/customer.ts';
import { type Desk, openDesk } from './support/desk.ts';
import { enrolAhead } from './support/enrol-ahead.ts';

const openDeskWithoutScript = (): Promise<Desk> => openDesk({ maxAgeSeconds: 60, hasScript: false });

/** Reloads a page that refreshes itself. Its own refresh may interrupt the reload, which does the same. */
async function reloadWaitingPage(page: Page): Promise<void> {
  const refreshed = page.waitForEvent('domcontentloaded');
  await Promise.all([refreshed, page.reload().catch(() => undefined)]);
}

it('adds a phone and completes the transfer without any script', async () => {
  const desk = await openDeskWithoutScript();
  const ada = createCustomer(desk, 'plain enrol');
  await ada.signIn();

  await ada.transfer(500);
  await ada.finds('Confirm it’s you');
  await ada.press('Send approval request');
  await ada.addPhone();
  await ada.goOn();
  await ada.sees(500);

  // The form is sent once, whichever way the customer returns to the page.
  await desk.bank.goBack();
  await desk.bank.waitForURL(desk.bankUrl);
  expect(await desk.bank.getByRole('listitem').filter({ hasText: '500 EUR' }).count()).toBe(1);
});

it('says that a request was denied or not answered, sends another, and refreshes itself', async () => {
  const desk = await openDeskWithoutScript();
  const { bank, emulator } = desk;
  await enrolAhead(emulator);
  const ada = createCustomer(desk, 'plain');
  await ada.signIn();
  const { oobCodeMs } = emulator.settings.lifetimes;

  await ada.transfer(501);
  await ada.finds('Confirm it’s you');
  await bank.reload();
  expect(desk.pushes()).toBe(0);
  await ada.press('Send approval request');
  await ada.reads('Check your phone');
  await reloadWaitingPage(bank);
  expect(desk.pushes()).toBe(1);
  await ada.onPhone('Deny');
  await ada.reads('Request denied');
  emulator.configure({ lifetimes: { oobCodeMs: 1_000 } });
  await ada.press('Send again');
  await ada.reads('Time’s up');
  emulator.configure({ lifetimes: { oobCodeMs } });
  await ada.press('Send again');
  await ada.onPhone('Approve');
  await ada.goOn();
  await ada.sees(501);
  expect(desk.pushes()).toBe(3);
});

it('accepts a code after a wrong one', async () => {
  const desk = await openDeskWithoutScript();
  const { bank, emulator } = desk;
  await enrolAhead(emulator);
  const ada = createCustomer(desk, 'plain code');
  await ada.signIn();

  await ada.transfer(502);
  await ada.press('Send approval request');
  await ada.press('Try another way');
  await ada.reads('Try another way');
  await ada.press('Back');
  await ada.press('Try another way');
  await ada.press('Code from an authenticator app');
  await ada.reads('Enter the code');
  const input = bank.getByRole('textbox', { name: 'Code' });
  expect(await input.evaluate((element) => element.matches(':focus'))).toBe(true);
  await input.fill('000 000');
  await bank.keyboard.press('Enter');
  await bank.getByText('That code is wrong').waitFor();
  await ada.reads('Enter the code');
  const [app] = emulator.phone('ada').codes();
  await input.fill(app?.code ?? '');
  await ada.press('Confirm');
  await ada.goOn();
  await ada.sees(502);
});

it('cancels, and starts again', async () => {
  const desk = await openDeskWithoutScript();
  await enrolAhead(desk.emulator);
  const ada = createCustomer(desk, 'plain');
  await ada.signIn();

  await ada.transfer(503);
  await ada.press('Send approval request');
  await ada.press('Cancel');
  await ada.reads('Cancelled');
  // Two pushes to one phone keep their distance.
  await desk.skipTime(2_000);
  await ada.press('Start again');
  await ada.reads('Check your phone');
  await ada.press('Cancel');
  await ada.press('Go back');
  await desk.bank.waitForURL(desk.bankUrl);
  expect(desk.pushes()).toBe(2);
});
