import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { type Customer, createCustomer } from './support/customer.ts';
import { type Desk, openDesk } from './support/desk.ts';
import { enrolAhead } from './support/enrol-ahead.ts';

/** Ada's browser with two tabs. */
async function openTwoTabs(): Promise<{
  readonly desk: Desk;
  readonly first: Customer;
  readonly second: Customer;
  readonly secondPage: Page;
  /** How many event streams the tabs have opened. */
  readonly streams: () => number;
}> {
  const desk = await openDesk({ maxAgeSeconds: 60 });
  await enrolAhead(desk.emulator);
  let streams = 0;
  desk.context.on('request', (request) => {
    if (request.headers().accept === 'text/event-stream') streams += 1;
  });
  const first = createCustomer(desk, 'first tab');
  await first.signIn();
  const secondPage = await desk.context.newPage();
  const second = createCustomer({ ...desk, bank: secondPage, viewer: secondPage }, 'second tab');
  await secondPage.goto(desk.bankUrl);
  return { desk, first, second, secondPage, streams: () => streams };
}

it('sends one push for two tabs, over one connection, and its approval lets the same transfer of both through', async () => {
  const { desk, first, second, streams } = await openTwoTabs();

  await Promise.all([first.transfer(300), second.transfer(300)]);
  await first.reads('Check your phone');
  await second.reads('Check your phone');
  expect(streams()).toBe(1);
  await first.onPhone('Approve');
  await first.sees(300);
  await second.sees(300);

  expect(desk.pushes()).toBe(1);
  expect(desk.emulator.phone('ada').notifications()).toHaveLength(1);
});

it('goes on in the other tab when one is closed, and says when the network is gone', async () => {
  const { desk, first, second, secondPage, streams } = await openTwoTabs();
  await first.transfer(300);
  await first.reads('Check your phone');
  await second.transfer(300);
  await second.reads('Check your phone');

  await desk.bank.close();
  await expect.poll(streams).toBe(2);
  await desk.context.setOffline(true);
  await secondPage.getByText('Connection lost. Trying again…').first().waitFor({ timeout: 15_000 });
  await desk.context.setOffline(false);
  await secondPage.getByText('Connection lost. Trying again…').first().waitFor({ state: 'detached' });
  await second.onPhone('Approve');

  await second.sees(300);
  expect(desk.pushes()).toBe(1);
});
