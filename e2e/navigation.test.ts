import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { createCustomer } from './support/customer.ts';
import { type Desk, openDesk } from './support/desk.ts';
import { enrolAhead } from './support/enrol-ahead.ts';

/** For a browser that cannot run the bank's script, or a bank without one. */
async function openDeskWithoutBankScript(): Promise<Desk> {
  const desk = await openDesk({ maxAgeSeconds: 60 });
  await desk.context.route('**/public/bank.js', (route) => route.abort());
  return desk;
}

/** What the console and the Content-Security-Policy report about the built-in page. */
async function complaintsOf(page: Page): Promise<readonly string[]> {
  const complaints: string[] = [];
  await page.exposeFunction('complain', (text: string) => complaints.push(text));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      (globalThis as unknown as { complain(text: string): void }).complain(
        `${violatedDirective} ${blockedURI}`,
      );
    });
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const isOurs = new URL(message.location().url || page.url()).pathname.startsWith('/step-up');
    if (isOurs && ['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  return complaints;
}

/** By how many pixels the page is wider than a small phone. */
async function overflowAt320(page: Page): Promise<number> {
  await page.setViewportSize({ width: 320, height: 640 });
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

it('waits on the built-in page for a click, and sends the refused form only after it', async () => {
  const desk = await openDeskWithoutBankScript();
  const { bank, emulator } = desk;
  await enrolAhead(emulator);
  const complaints = await complaintsOf(bank);
  const ada = createCustomer(desk, 'page');
  await ada.signIn();
  const requestsBefore = emulator.requests.length;

  await ada.transfer(400);
  await ada.finds('Confirm it’s you');
  expect(new URL(bank.url()).pathname).toBe('/step-up');
  await bank.waitForLoadState('networkidle');
  expect(emulator.requests.slice(requestsBefore)).toEqual([]);

  await ada.press('Send approval request');
  await ada.reads('Check your phone');
  expect(await bank.title()).toBe('Check your phone');
  expect(desk.pushes()).toBe(1);
  await ada.onPhone('Approve');
  await ada.goOn();
  await ada.sees(400);
  expect(desk.pushes()).toBe(1);
  expect(complaints).toEqual([]);
});

it('adds the first phone on the built-in page', async () => {
  const desk = await openDeskWithoutBankScript();
  const complaints = await complaintsOf(desk.bank);
  const ada = createCustomer(desk, 'page enrol');
  await ada.signIn();
  await ada.transfer(401);
  await ada.press('Send approval request');
  await ada.addPhone();
  await ada.goOn();
  await ada.sees(401);
  expect(complaints).toEqual([]);
});

it('says on the built-in page that the request was denied or not answered, and offers a way to continue', async () => {
  const desk = await openDeskWithoutBankScript();
  const { bank, emulator } = desk;
  await enrolAhead(emulator);
  const complaints = await complaintsOf(bank);
  const ada = createCustomer(desk, 'page');
  await ada.signIn();
  const { oobCodeMs } = emulator.settings.lifetimes;

  await ada.transfer(402);
  await ada.press('Send approval request');
  await ada.onPhone('Deny');
  await ada.reads('Request denied');
  emulator.configure({ lifetimes: { oobCodeMs: 1_000 } });
  await ada.press('Send again');
  await ada.reads('Time’s up');
  emulator.configure({ lifetimes: { oobCodeMs } });
  await ada.press('Send again');
  await ada.reads('Check your phone');
  await ada.onPhone('Approve');
  await ada.goOn();
  await ada.sees(402);
  expect(desk.pushes()).toBe(3);
  expect(complaints).toEqual([]);
});

it('goes back from the built-in page without having sent anything', async () => {
  const desk = await openDeskWithoutBankScript();
  const ada = createCustomer(desk, 'page');
  await ada.signIn();
  await ada.transfer(403);
  await ada.press('Go back');
  await desk.bank.waitForURL(desk.bankUrl);
  expect(desk.pushes()).toBe(0);
});

it('speaks French to a browser that prefers it, before and after its script has loaded', async () => {
  const desk = await openDesk({ maxAgeSeconds: 60, locale: 'fr-CA' });
  const { bank, context, emulator } = desk;
  await context.route('**/public/bank.js', (route) => route.abort());
  await enrolAhead(emulator);
  const complaints = await complaintsOf(bank);
  const ada = createCustomer(desk, 'french page');
  await ada.signIn();

  await ada.transfer(404);
  await ada.finds('Confirmez votre identité');
  expect(await overflowAt320(bank)).toBe(0);
  expect(await bank.locator('html').getAttribute('lang')).toBe('fr-CA');
  await ada.press('Envoyer la demande');
  await ada.reads('Consultez votre téléphone');
  await bank.reload();
  await ada.finds('Consultez votre téléphone');
  await bank.getByText(/^Il reste \d:\d\d$/).waitFor();
  expect(desk.pushes()).toBe(1);
  await ada.press('Annuler');
  await ada.reads('Confirmation annulée');

  expect(complaints).toEqual([]);

  // Two pushes to one phone keep their distance.
  await desk.skipTime(2_000);
  await bank.goto(`${desk.bankUrl}step-up/authenticators`);
  await ada.finds('Vos appareils');
  expect(await overflowAt320(bank)).toBe(0);
  await ada.press('Afficher mes appareils');
  await ada.reads('Consultez votre téléphone');
  await bank.getByText('Voir vos appareils').waitFor();
});
