import { type OidcProvider, startOidcProvider } from 'suites/oidc-provider.ts';
import { freePort } from 'suites/ports.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCaller, type View } from './support/caller.ts';
import { connectBrowser } from './support/desk.ts';
import { lookAt } from './support/look-at.ts';
import { type Program, startProgram } from './support/program.ts';

const GRACE = { to: 'Grace', amount: 250 };
const HEADING = 'Type the code from your phone';

let provider: OidcProvider;
let port: number;
beforeAll(async () => {
  port = await freePort();
  const bank = `http://127.0.0.1:${port}/step-up`;
  provider = await startOidcProvider({
    callback: `${bank}/callback`,
    async onPing(request) {
      const { method, headers } = request;
      return fetch(`${bank}/ciba`, { method, headers, body: await request.text() });
    },
  });
});
afterAll(() => provider.close());

interface Bank {
  readonly program: Program;
  readonly url: string;
}

async function startBank(env: Readonly<Record<string, string>> = {}): Promise<Bank> {
  const program = startProgram('examples/oidc-bank/src/main.ts', {
    PORT: '0',
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: 'post',
    OIDC_CLIENT_SECRET: 'client-secret',
    ...env,
  });
  return { program, url: await program.printed(/^bank: (\S+)$/m) };
}

/** The newest push: what the provider would show on the phone. */
async function pushAfter(count: number): Promise<{ readonly authReqId: string; readonly code: string }> {
  await expect.poll(() => provider.asked.length).toBe(count + 1);
  const { authReqId, message } = provider.asked[count] ?? { authReqId: '', message: '' };
  expect(message).toMatch(/^[B-Z2-9]{4}-250-EUR-Grace$/);
  return { authReqId, code: message.slice(0, 4) };
}

it.each([
  ['poll', 'post'],
  ['ping', 'ping'],
])('takes the code and the tap for one transfer, and for nothing else (%s)', async (delivery, client) => {
  const { program, url } = await startBank({
    PORT: String(port),
    OIDC_CLIENT_ID: client,
    CIBA_DELIVERY: delivery,
  });
  const ada = createCaller(url.slice(0, -1));
  expect((await ada.send('POST', '/login', {})).status).toBe(400);
  expect((await ada.send('POST', '/transfers', GRACE)).status).toBe(401);
  expect((await ada.send('POST', '/login', { sub: 'auth0|ada' })).status).toBe(200);
  expect((await ada.send('POST', '/transfers', { to: 'Grace' })).status).toBe(400);
  const asked = provider.asked.length;

  const refused = await ada.send('POST', '/transfers', GRACE);
  expect(refused.status).toBe(401);
  const { action, step_up } = refused.json<{
    readonly action: object;
    readonly step_up: { readonly requirement: string };
  }>();
  expect(action).toMatchObject({ title: '250 EUR Grace', details: 'to: Grace\namount: 250' });
  const flow = (await ada.send('POST', '/step-up/flow', { requirement: step_up.requirement })).json<View>();
  const { authReqId, code } = await pushAfter(asked);
  await ada.event(flow, { type: 'code.submit', code });
  await provider.approve(authReqId, client);
  const view = async (): Promise<string> => (await ada.send('GET', '/step-up/flow')).json<View>().state;
  await expect.poll(view, { interval: 500 }).toBe('approved');

  expect((await ada.send('POST', '/transfers', { ...GRACE, amount: 9_000 })).status).toBe(401);
  expect((await ada.send('POST', '/transfers', { ...GRACE, amount: '250' })).status).toBe(401);
  const done = await ada.send('POST', '/transfers', GRACE);
  expect([done.status, done.json()]).toEqual([201, { ...GRACE, approvedBy: 'push' }]);
  expect((await ada.send('POST', '/transfers', GRACE)).status).toBe(401);
  expect(program.stdout).toContain('without a password');
  program.interrupt();
  expect(await program.ended).toBe(0);
});

it('asks in the dialog of its page, after a denial again, and says who has no phone', async () => {
  const { program, url } = await startBank();
  const page = await (await (await connectBrowser()).newContext()).newPage();
  const signIn = async (sub: string): Promise<void> => {
    await page.getByLabel('Subject').fill(sub);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: `Hello ${sub}` }).waitFor();
    await page.waitForLoadState('load');
  };
  const transfer = (): Promise<void> => page.getByRole('button', { name: 'Transfer' }).click();
  await page.goto(url);
  await lookAt(page, 'oidc bank', 'Sign in', { isFocused: false });
  await signIn('auth0|ada');

  const before = provider.asked.length;
  await transfer();
  await lookAt(page, 'oidc bank', HEADING);
  await provider.refuse((await pushAfter(before)).authReqId, 'AccessDenied');
  await lookAt(page, 'oidc bank', 'Request denied');
  await program.skipTime(15_000);
  await page.getByRole('button', { name: 'Send again' }).click();
  const { authReqId, code } = await pushAfter(before + 1);
  await page.getByRole('textbox', { name: 'Code' }).fill(code);
  await page.keyboard.press('Enter');
  await provider.approve(authReqId);
  await page.getByRole('listitem').filter({ hasText: '250 EUR to Grace' }).waitFor();
  await page.getByRole('dialog').waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Sign out' }).click();
  await signIn('nobody');
  await transfer();
  await lookAt(page, 'oidc bank', 'That didn’t work');
  await page.getByText('No device is set up for this.').first().waitFor();
  expect(provider.asked).toHaveLength(before + 2);
});

it('sends the browser from CIBA to the page of the provider and back, where the user asks for it', async () => {
  const client = { OIDC_CLIENT_ID: 'bank', OIDC_ACR: 'gold' };
  const { url } = await startBank({ PORT: String(port), STEP_UP_WAYS: 'ciba,redirect', ...client });
  const context = await (await connectBrowser()).newContext();
  await context.route('**/public/bank.js', (route) => route.abort());
  const page = await context.newPage();
  const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
  await page.goto(url);
  await page.getByLabel('Subject').fill('auth0|ada');
  await press('Sign in');
  const { prompts } = provider.page;

  await press('Transfer');
  await press('Send approval request');
  await page.getByRole('heading', { name: HEADING }).waitFor();
  await press('Continue on the sign-in page');
  await page.getByRole('heading', { name: 'Confirmed' }).waitFor();
  await press('Continue');
  await page.getByRole('listitem').filter({ hasText: '250 EUR to Grace' }).waitFor();
  expect(provider.page.prompts).toBe(prompts + 1);
});

it('says what is wrong with its settings', async () => {
  const wrong = {
    PORT: 'x',
    OIDC_ISSUER: 'login',
    STEP_UP_WAYS: 'sms',
    PUSH_CODE: 'shown',
    OIDC_ACR: ' ',
    CIBA_DELIVERY: 'push',
  };
  const right = { OIDC_ISSUER: provider.issuer, OIDC_CLIENT_ID: 'post', OIDC_CLIENT_SECRET: 'client-secret' };
  const programs = Object.entries(wrong).map(([name, value]) => ({
    name,
    program: startProgram('examples/oidc-bank/src/main.ts', { ...right, [name]: value }),
  }));
  for (const { name, program } of programs) {
    expect(await program.ended).toBe(1);
    expect(program.stderr).toMatch(new RegExp(`^${name} is .*\\.\n$`));
  }
});

it('starts with a provider and a phone for the desk where its environment names none', async () => {
  const program = startProgram('examples/oidc-bank/src/main.ts', { PORT: '0', EMULATOR_PORT: '0' });
  const [, phone, sub] = /(.*) sign in as (.*)/.exec(await program.printed(/^phone: (.*)$/m)) ?? [];
  const ada = createCaller((await program.printed(/^bank: (\S+)\/$/m)) ?? '');
  await ada.send('POST', '/login', { sub });
  const { step_up } = (await ada.send('POST', '/transfers', GRACE)).json<{
    step_up: { requirement: string };
  }>();
  const answer = await ada.send('POST', '/step-up/flow', { requirement: step_up.requirement });
  expect(answer.json()).toMatchObject({ state: 'polling', way: 'ciba', pushCode: { shown: 'message' } });
  expect((await fetch(phone?.trim() ?? '')).status).toBe(200);
});
