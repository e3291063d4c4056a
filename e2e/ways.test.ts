import { it } from 'vitest';
import { createCustomer } from './support/customer.ts';
import { openDesk } from './support/desk.ts';
import { approveAtTenant, enrollAtTenant, signInAtTenant } from './support/tenant-page.ts';

const LEAVE = 'Go to the sign-in page';

it('goes over to the sign-in page where CIBA reaches no phone, and asks the phone that was added there', async () => {
  const desk = await openDesk({ ways: 'ciba,redirect', emulator: { cibaIntervalMs: 1_000 } });
  const { bank, context } = desk;
  await context.route('**/public/bank.js', (route) => route.abort());
  const ada = createCustomer(desk, 'redirect after ciba');
  await ada.signIn();

  await ada.transfer(610);
  await ada.press('Send approval request');
  await bank.getByText('Your phone cannot receive requests yet').first().waitFor();
  await ada.press(LEAVE);
  await signInAtTenant(desk);
  await enrollAtTenant(bank, ada);
  await ada.goOn();
  await ada.sees(610);

  await ada.transfer(611);
  await ada.press('Send approval request');
  await ada.reads('Type the code from your phone');
  await ada.enters('Code', await ada.readsOnPhone('Transfer 611 EUR to Grace'));
  await ada.reads('Check your phone');
  await ada.onPhone('Approve');
  await ada.goOn();
  await ada.sees(611);
});

it('goes to the sign-in page instead of the MFA API, without any script', async () => {
  const desk = await openDesk({ bank: 'koa-bank', ways: 'mfa-api,redirect', hasScript: false });
  const { bank, emulator } = desk;
  emulator.enroll('ada', { factor: 'push' });
  const ada = createCustomer(desk, 'redirect plain');
  await ada.signIn();

  await ada.transfer(620);
  await ada.press('Send approval request');
  await ada.reads('Check your phone');
  await ada.press('Continue on the sign-in page');
  await signInAtTenant(desk);
  await approveAtTenant(bank, ada);
  await ada.goOn();
  await ada.sees(620);
});
