import { expect, it } from 'vitest';
import { createCustomer } from './support/customer.ts';
import { openDesk } from './support/desk.ts';
import { enrolAhead } from './support/enrol-ahead.ts';

it('sends one push for two tabs, whose one approval lets both transfers through', async () => {
  const desk = await openDesk({ maxAgeSeconds: 60 });
  await enrolAhead(desk.emulator);
  const first = createCustomer(desk, 'first tab');
  await first.signIn();
  const bank = await desk.context.newPage();
  const second = createCustomer({ ...desk, bank, viewer: bank }, 'second tab');
  await bank.goto(desk.bankUrl);

  await Promise.all([first.transfer(300), second.transfer(301)]);
  await first.reads('Check your phone');
  await second.reads('Check your phone');
  await first.onPhone('Approve');
  await first.sees(300);
  await second.sees(301);

  expect(desk.pushes()).toBe(1);
  expect(desk.emulator.phone('ada').notifications()).toHaveLength(1);
});
