import { createEmulator } from '@stepgate/emulator';
import { expect, it, onTestFinished } from 'vitest';
import { connectBrowser } from './support/desk.ts';
import { lookAt } from './support/look-at.ts';

const client = { client_id: 'stepgate-demo', client_secret: 'stepgate-demo-secret' };

async function openDeskPage(viewport: { width: number; height: number }) {
  const emulator = createEmulator();
  const server = await emulator.listen();
  onTestFinished(() => server.close());
  const browser = await connectBrowser();
  const context = await browser.newContext({ viewport, permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await context.newPage();
  const complaints: string[] = [];
  // The browser itself notes what the emulator refuses; the page says it in words.
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load'))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => void complaints.push(String(error)));
  onTestFinished(() => expect(complaints).toEqual([]));
  async function post(path: string, body: Record<string, unknown>, bearer?: string) {
    const headers = {
      'content-type': 'application/json',
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    };
    const response = await fetch(new URL(path, server.url), {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return (await response.json()) as Record<string, string>;
  }
  const signIn = (scope: string) =>
    post('/oauth/token', {
      ...client,
      grant_type: 'password',
      username: 'ada',
      password: 'correct-horse',
      scope,
    });
  return { emulator, server, page, post, signIn };
}

it('shows requests as they happen, finds them, and copies one as a command', async () => {
  const { server, page, signIn } = await openDeskPage({ width: 1280, height: 800 });
  await page.goto(server.url);
  await page.getByText('No request yet').waitFor();
  await signIn('openid');
  await signIn('transfer:funds');
  const rows = page.locator('#requests li:visible');
  await expect.poll(() => rows.count()).toBe(2);
  expect(await rows.first().textContent()).toContain('403 mfa_required');

  // By keyboard: to the search, to the row, into its details.
  await page.keyboard.press('/');
  await page.keyboard.type('mfa_required');
  await expect.poll(() => rows.count()).toBe(1);
  await page.keyboard.press('Escape');
  await expect.poll(() => rows.count()).toBe(2);
  await rows.first().locator('summary').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const details = rows.nth(1);
  await details.getByText('Claims of id_token').waitFor();
  await lookAt(page, 'emulator-desk-details', 'Stepgate emulator', { isFocused: false });
  // The narrowest window that has the panels beside the requests.
  await page.setViewportSize({ width: 1057, height: 860 });
  const overflows = await rows.evaluateAll((all) => all.map((row) => row.scrollWidth - row.clientWidth));
  expect(overflows).toEqual([0, 0]);
  await details.getByRole('button', { name: 'Copy as curl' }).click();
  await page.getByText('secrets are not copied').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain(`'${server.url}oauth/token'`);
  expect(copied).toContain(`"password":"'"$PASSWORD"'"`);
});

it('answers a phone, adds a user and a fault, changes a setting, moves the clock, resets', async () => {
  const { emulator, server, page, post, signIn } = await openDeskPage({ width: 390, height: 844 });
  const { mfa_token: mfaToken } = await signIn('transfer:funds');
  await post('/mfa/associate', { authenticator_types: ['oob'], oob_channels: ['auth0'] }, mfaToken);
  await page.goto(server.url);
  await page.getByText('Demo app with a server shows a QR code').waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await page.getByRole('button', { name: 'Scan' }).click();
  await page.locator('.chip', { hasText: 'push' }).waitFor();
  await post('/mfa/challenge', { ...client, challenge_type: 'oob', mfa_token: mfaToken });
  await page.getByRole('button', { name: 'Deny' }).click();
  await expect.poll(() => emulator.phone('ada').notifications()).toMatchObject([{ status: 'denied' }]);

  await page.getByText('Add a user').click();
  await page.getByLabel('Username').fill('grace');
  await page.getByLabel('Password', { exact: true }).fill('hopper-1906');
  await page.getByRole('button', { name: 'Add user' }).click();
  await page.getByText('grace can sign in.').waitFor();
  await page.getByRole('button', { name: 'Enrol push grace' }).click();
  await page.getByText('grace has a phone that takes pushes.').waitFor();
  await expect.poll(() => page.getByRole('button', { name: 'Enrol push' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Remove grace' }).click();
  await expect.poll(() => emulator.users()).toHaveLength(1);

  await page.getByRole('heading', { name: 'Settings' }).click();
  await page.getByLabel('mfaPolicy').selectOption('always');
  await page.getByText('mfaPolicy is changed.').waitFor();
  expect(emulator.settings.mfaPolicy).toBe('always');
  await page.getByLabel('requiredFactors').fill('9');
  await page.getByLabel('requiredFactors').press('Enter');
  await page.getByText(/requiredFactors is a whole number/).waitFor();

  await page.getByRole('heading', { name: 'Faults' }).click();
  await page.getByLabel('Path', { exact: true }).fill('/mfa/*');
  await page.getByRole('button', { name: 'Add fault' }).click();
  await page.getByText('/mfa/* gets 500, 1 more').waitFor();
  await page.getByRole('heading', { name: 'Clients and APIs' }).click();
  await lookAt(page, 'emulator-desk-phone-width', 'Stepgate emulator', { isFocused: false });

  const before = emulator.clock.now();
  await page.getByRole('button', { name: '+1 h' }).click();
  await expect.poll(() => emulator.clock.now() - before).toBeGreaterThan(3_590_000);
  await page.getByRole('button', { name: 'Reset tenant' }).click();
  await page.getByRole('button', { name: 'Reset', exact: true }).click();
  await page.getByText('The tenant is as at the start.').waitFor();
  await page.getByText('No request yet').waitFor();
  expect(emulator.users()).toHaveLength(1);
});

it('shows the log, and the webhooks that it is sent to', async () => {
  const { emulator, server, page, signIn } = await openDeskPage({ width: 1280, height: 800 });
  await signIn('openid');
  await page.goto(server.url);
  await page.getByRole('heading', { name: 'Log', exact: true }).click();
  await page.locator('#log-events').getByText('sepft').waitFor();
  await page.getByText('Add a log stream').click();
  await page.getByLabel('Name', { exact: true }).fill('siem');
  await page.getByLabel('Endpoint').fill('http://127.0.0.1:9/');
  await page.getByRole('button', { name: 'Add log stream' }).click();
  await page.getByText('siem gets the events from now on.').waitFor();
  await lookAt(page, 'emulator-desk-log', 'Stepgate emulator', { isFocused: false });
  await page.getByRole('button', { name: 'Remove siem' }).click();
  await expect.poll(() => emulator.logStreams()).toEqual([]);
});

it('shows on the phone what a CIBA request is about', async () => {
  const { emulator, server, page } = await openDeskPage({ width: 390, height: 844 });
  emulator.enroll('ada', { factor: 'push' });
  const details = [
    {
      type: 'urn:auth0:schemas:authorization-details:v1:step-up',
      instruction: 'Transfer 250 EUR to Grace',
      properties: {
        iban: { display: true, name: 'IBAN', display_order: 2, value: 'DE89…3000' },
        amount: { display: true, name: 'Amount', display_order: 1, value: '250 EUR' },
        action: { display: false, name: 'Action', display_order: 3, value: 'transfer-4711' },
      },
    },
    { type: 'money_transfer', amount: '250' },
  ];
  const form = new URLSearchParams({
    ...client,
    scope: 'openid',
    binding_message: 'K7QM-Transfer-250-EUR',
    login_hint: JSON.stringify({
      format: 'iss_sub',
      iss: emulator.issuer,
      sub: emulator.users()[0]?.sub,
    }),
    authorization_details: JSON.stringify(details),
  });
  await fetch(new URL('/bc-authorize', server.url), { method: 'POST', body: form });
  await page.goto(`${server.phoneUrl}?user=ada`);
  const card = page.locator('.push');
  await card.getByText('K7QM-Transfer-250-EUR').waitFor();
  const names = (await card.locator('dt').allTextContents()).slice(0, 3);
  expect(names).toEqual(['Amount', 'IBAN', 'amount']);
  expect(await card.textContent()).not.toContain('transfer-4711');
  await lookAt(page, 'emulator-phone-ciba', undefined, { isFocused: false });
  await card.getByRole('button', { name: 'Approve' }).click();
  await expect.poll(() => emulator.phone('ada').notifications()).toMatchObject([{ status: 'approved' }]);
});

it('shows the phone with the newest first and the client that asks', async () => {
  const { server, page, signIn, post } = await openDeskPage({ width: 390, height: 844 });
  const { mfa_token: mfaToken } = await signIn('transfer:funds');
  for (const body of [
    { authenticator_types: ['otp'] },
    { authenticator_types: ['oob'], oob_channels: ['auth0'] },
  ]) {
    await post('/mfa/associate', body, mfaToken);
  }
  await page.goto(`${server.phoneUrl}?user=ada`);
  const titles = page.locator('.scan h3');
  await expect
    .poll(() => titles.allTextContents())
    .toEqual([
      'Demo app with a server: approve on this phone',
      'Demo app with a server: get codes on this phone',
    ]);
  await lookAt(page, 'emulator-phone', undefined, { isFocused: false });
});

it('says that the tenant was removed, and goes on when it is there again', async () => {
  const { emulator, server, page } = await openDeskPage({ width: 1280, height: 800 });
  emulator.tenant('blue').enroll('ada', { factor: 'push' });
  await page.goto(new URL('t/blue/_emulator/phone?user=ada', server.url).href);
  await page.getByText('Enrolled for this account').waitFor();
  const desk = await page.context().newPage();
  await desk.goto(new URL('t/blue/', server.url).href);
  await desk.getByText('No request yet').waitFor();

  emulator.removeTenant('blue');
  await page.getByText('This tenant was removed').waitFor();
  await desk.getByText('There is no tenant blue').waitFor();
  expect(await page.getByText('Enrolled for this account').count()).toBe(0);

  emulator.tenant('blue').enroll('ada', { factor: 'push' });
  await page.reload();
  await page.getByText('Enrolled for this account').waitFor();
  await desk.getByText('There is no tenant blue').waitFor({ state: 'hidden' });
  await fetch(new URL('t/blue/userinfo', server.url));
  await desk.getByText('/userinfo').first().waitFor();
});
