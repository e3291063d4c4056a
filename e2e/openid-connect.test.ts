import { freePort } from 'suites/ports.ts';
import { expect, it } from 'vitest';
import { createCustomer } from './support/customer.ts';
import { type Desk, openDesk } from './support/desk.ts';
import { enrolAhead } from './support/enrol-ahead.ts';
import { lookAt } from './support/look-at.ts';
import { signInAtTenant } from './support/tenant-page.ts';

async function openBank(): Promise<Desk> {
  const port = await freePort();
  return openDesk({ bank: 'express-openid-connect', port, maxAgeSeconds: 60 });
}

it('signs in at the tenant with express-openid-connect, and steps up with its refresh token', async () => {
  const desk = await openBank();
  const { bank, bankUrl, emulator } = desk;
  await enrolAhead(emulator);
  const customer = createCustomer(desk, 'openid connect');
  await bank.goto(bankUrl);
  await lookAt(bank, 'openid connect', 'Sign in', { isFocused: false });
  await signInAtTenant(desk, 'wrong');
  await bank.getByRole('alert').filter({ hasText: 'Wrong email or password.' }).waitFor();
  await lookAt(bank, 'openid connect wrong', 'Sign in', { isFocused: false });
  await signInAtTenant(desk);
  await bank.getByRole('heading', { name: 'Hello ada' }).waitFor();

  await customer.transfer(500);
  await customer.press('Send approval request');
  await customer.onPhone('Approve');
  await customer.goOn();
  await customer.sees(500);
  expect(desk.pushes()).toBe(1);
  expect(emulator.requests.filter(({ grantType }) => grantType === 'refresh_token')).toMatchObject([
    { status: 403 },
  ]);

  await customer.transfer(501);
  await customer.sees(501);
  expect(desk.pushes()).toBe(1);
});

it('asks for a new approval after a new login', async () => {
  const desk = await openBank();
  const { bank, bankUrl, emulator } = desk;
  await enrolAhead(emulator);
  const customer = createCustomer(desk, 'openid connect again');
  await bank.goto(bankUrl);
  await signInAtTenant(desk);
  await customer.transfer(502);
  await customer.press('Send approval request');
  await customer.onPhone('Approve');
  await customer.goOn();
  await customer.sees(502);

  await bank.getByRole('link', { name: 'Sign out' }).click();
  // The tenant has ended its session too, and asks for the password.
  await signInAtTenant(desk);
  await bank.getByRole('heading', { name: 'Hello ada' }).waitFor();
  await customer.transfer(503);
  await customer.finds('Confirm it’s you');
  expect(desk.pushes()).toBe(1);
});
