import { expect, it } from 'vitest';
import { createCustomer } from './support/customer.ts';
import { connectBrowser, type Desk, type DeskOptions, openDesk } from './support/desk.ts';

const HEADING = 'Type the code from your phone';

/** A desk whose bank asks by CIBA. Ada has a phone unless the test says otherwise. */
async function openDeskWithCiba(
  options: DeskOptions & { readonly isEnrolled?: boolean } = {},
): Promise<Desk> {
  const { isEnrolled = true, ...rest } = options;
  const desk = await openDesk({ ways: 'ciba,mfa-api', emulator: { cibaIntervalMs: 1_000 }, ...rest });
  if (isEnrolled) desk.emulator.enroll('ada', { factor: 'push' });
  return desk;
}

it('approves in the dialog by the code and the tap, in either order, and by neither alone', async () => {
  const desk = await openDeskWithCiba();
  const { bank } = desk;
  const ada = createCustomer(desk, 'push code');
  await ada.signIn();
  const isSamePage = await desk.mark();

  // First the code, then the tap.
  await ada.transfer(250);
  await ada.reads(HEADING);
  await ada.enters('Code', await ada.readsOnPhone('Transfer 250 EUR to Grace'));
  await ada.reads('Check your phone');
  await bank.getByText('The code is right.').waitFor();
  await ada.onPhone('Approve');
  await ada.sees(250);

  // First the tap, then a wrong code, then the right one.
  await ada.transfer(251);
  const code = await ada.readsOnPhone('Transfer 251 EUR to Grace');
  await ada.onPhone('Approve');
  await bank.getByText('You approved on your phone.').waitFor();
  await ada.enters('Code', 'bbbb');
  await bank.locator('#code-error').waitFor();
  await ada.enters('Code', code.toLowerCase());
  await ada.sees(251);

  // Three wrong codes end it, whatever the phone says; the next push has another code.
  await ada.transfer(252);
  const lost = await ada.readsOnPhone('Transfer 252 EUR to Grace');
  await ada.onPhone('Approve');
  for (const triesLeft of [2, 1, 0]) {
    await ada.enters('Code', 'BBBB');
    if (triesLeft > 0) await bank.locator('#code-error').waitFor();
  }
  await ada.reads('Request denied');
  await bank.getByText('The code was wrong too often.').waitFor();
  await desk.skipTime(2_000);
  await ada.press('Send again');
  await ada.reads(HEADING);
  const next = await ada.readsOnPhone('Transfer 252 EUR to Grace');
  expect(next).not.toBe(lost);
  await ada.enters('Code', next);
  await ada.onPhone('Approve');
  await ada.sees(252);
  expect(desk.pushes()).toBe(4);
  expect(await isSamePage()).toBe(true);
});

it('is worth nothing to somebody with a stolen session that the owner taps on their push', async () => {
  const desk = await openDeskWithCiba();
  const ada = createCustomer(desk, 'push code owner');
  await ada.signIn();
  const browser = await connectBrowser();
  const context = await browser.newContext();
  const session = (await desk.context.cookies()).filter(({ name }) => name === 'connect.sid');
  await context.addCookies(session);
  const theirs = await context.newPage();
  const attacker = createCustomer({ ...desk, bank: theirs, viewer: theirs }, 'push code attacker');
  await theirs.goto(desk.bankUrl);

  await theirs.getByLabel('To').fill('Mallory');
  await attacker.transfer(900);
  await attacker.reads(HEADING);
  expect(await theirs.getByText(await ada.readsOnPhone('Transfer 900 EUR to Mallory')).count()).toBe(0);
  await ada.onPhone('Approve');
  await theirs.getByText('You approved on your phone.').waitFor();
  await attacker.enters('Code', 'BBBB');
  await theirs.locator('#code-error').waitFor();

  // What the owner does next is her own, and gives the attacker nothing.
  await ada.transfer(10);
  await ada.enters('Code', await ada.readsOnPhone('Transfer 10 EUR to Grace'));
  await ada.onPhone('Approve');
  await ada.sees(10);
  await theirs.getByText('You approved on your phone.').waitFor();
  expect(await desk.bank.getByRole('listitem').filter({ hasText: 'Mallory' }).count()).toBe(0);
});

it('keeps asking on the built-in page after a reload, and takes another way, after which the code is late', async () => {
  const desk = await openDeskWithCiba();
  const { bank, context } = desk;
  await context.route('**/public/bank.js', (route) => route.abort());
  const ada = createCustomer(desk, 'push code page');
  await ada.signIn();

  await ada.transfer(400);
  await ada.press('Send approval request');
  await ada.reads(HEADING);
  await bank.reload();
  await ada.finds(HEADING);
  await ada.enters('Code', await ada.readsOnPhone('Transfer 400 EUR to Grace'));
  await ada.reads('Check your phone');
  await bank.reload();
  await bank.getByText('The code is right.').waitFor();
  await ada.onPhone('Approve');
  await ada.goOn();
  await ada.sees(400);
  expect(desk.pushes()).toBe(1);

  await desk.skipTime(2_000);
  await ada.transfer(401);
  await ada.press('Send approval request');
  await ada.reads(HEADING);
  await ada.readsOnPhone('Transfer 401 EUR to Grace');
  await ada.press('Confirm with a registered device');
  // A push without a code would be the way around the code.
  await ada.reads('How do you want to confirm?');
  await ada.takes('Code from an authenticator app');
  await ada.enters('Code', desk.emulator.phone('ada').codes().at(-1)?.code ?? 'none');
  await ada.goOn();
  await ada.sees(401);
  expect(desk.pushes()).toBe(2);
});

it('keeps the tries through a reload, and nothing that was half typed', async () => {
  const desk = await openDeskWithCiba();
  const { bank, context } = desk;
  await context.route('**/public/bank.js', (route) => route.abort());
  const ada = createCustomer(desk);
  await ada.signIn();
  await ada.transfer(402);
  await ada.press('Send approval request');
  await ada.reads(HEADING);
  await ada.enters('Code', 'BBBB');
  await bank.locator('#code-error').waitFor();
  const code = await ada.readsOnPhone('Transfer 402 EUR to Grace');
  const input = bank.getByRole('textbox', { name: 'Code' });
  await input.fill(code.slice(0, 2));

  await bank.reload();
  await ada.finds(HEADING);
  expect(await input.inputValue()).toBe('');
  await ada.enters('Code', 'CCCC');
  await bank.locator('#code-error').waitFor();
  await bank.reload();
  await ada.finds(HEADING);
  await ada.enters('Code', 'DDDD');
  await ada.reads('Request denied');
  await bank.getByText('The code was wrong too often.').waitFor();
  expect(desk.pushes()).toBe(1);
});

it('adds a phone by the MFA API without any script, says why, and asks that phone by CIBA from then on', async () => {
  const desk = await openDeskWithCiba({ isEnrolled: false, hasScript: false });
  const { bank } = desk;
  const ada = createCustomer(desk, 'plain push code');
  await ada.signIn();

  await ada.transfer(500);
  await ada.press('Send approval request');
  await ada.reads('Enter your password');
  await bank.getByText('Your phone cannot receive requests yet').first().waitFor();
  await ada.addPhone();
  await ada.goOn();
  await ada.sees(500);

  await desk.skipTime(2_000);
  await ada.transfer(501);
  await ada.press('Send approval request');
  await ada.reads(HEADING);
  await ada.enters('Code', 'BBBB');
  await bank.locator('#code-error').waitFor();
  await bank.reload();
  await ada.finds(HEADING);
  await ada.enters('Code', await ada.readsOnPhone('Transfer 501 EUR to Grace'));
  await ada.reads('Check your phone');
  await ada.onPhone('Approve');
  await ada.goOn();
  await ada.sees(501);
  expect(desk.pushes()).toBe(1);
});
