import type { Page } from 'playwright-core';
import { startOidcProvider } from 'suites/oidc-provider.ts';
import { freePort } from 'suites/ports.ts';
import { expect, onTestFinished } from 'vitest';
import { createCustomer } from './customer.ts';
import { connectBrowser, type DeskOptions, openDesk } from './desk.ts';
import { waitForScreen } from './look-at.ts';
import { startProgram } from './program.ts';
import { approveAtTenant, enrollAtTenant, signInAtTenant } from './tenant-page.ts';

export type Way = 'ciba' | 'mfa-api' | 'redirect';
export type BankName = 'express-bank' | 'koa-bank' | 'oidc-bank';

/** A customer before the account page of a bank, and what they do to confirm a transfer by each way. */
export interface Stories {
  /** The account page. */
  readonly page: Page;
  /** Fills in the form and presses "Transfer", long enough after the last push. */
  transfer(amount: number): Promise<void>;
  /** Says yes. */
  approve(way: Way, amount: number): Promise<void>;
  /** Says no, reads so in the dialog, and has it asked again. */
  deny(way: Way, amount: number): Promise<void>;
  /** Goes over from a way that cannot serve a customer without a phone, and says yes by the next. Adds a phone. */
  fallBack(from: Way, to: Way): Promise<void>;
}

const TYPE_CODE = 'Type the code from your phone';
const NO_PHONE = 'Your phone cannot receive requests yet';
const NO = 'You did not confirm on the sign-in page.';
const LEAVE = 'Go to the sign-in page';
const CONTINUE = 'Continue on the sign-in page';

/** Opens a bank with these ways, for a customer with a phone or without. */
export function openStories(options: {
  readonly bank: BankName;
  readonly ways: readonly Way[];
  readonly hasPhone: boolean;
}): Promise<Stories> {
  const { bank, ways, hasPhone } = options;
  if (bank === 'oidc-bank') return openOidcStories(ways, hasPhone);
  return openTenantStories({ bank, ways: ways.join() }, hasPhone);
}

/** Presses a button that leaves for the sign-in page, which opens in a window. */
async function openWindow(page: Page, name = LEAVE): Promise<Page> {
  const opened = page.context().waitForEvent('page');
  await page.getByRole('button', { name, exact: true }).click();
  return opened;
}

async function openTenantStories(options: DeskOptions, hasPhone: boolean): Promise<Stories> {
  const desk = await openDesk({ ...options, emulator: { cibaIntervalMs: 1_000 } });
  const { bank: page, emulator } = desk;
  if (hasPhone) emulator.enroll('ada', { factor: 'push' });
  const ada = createCustomer(desk);
  await ada.signIn();

  async function openSignIn(button = LEAVE): Promise<Page> {
    const window = await openWindow(page, button);
    await signInAtTenant({ bank: window, emulator });
    return window;
  }

  return {
    page,
    async transfer(amount) {
      await desk.skipTime(2_000);
      await ada.transfer(amount);
    },
    async approve(way, amount) {
      if (way === 'redirect') return approveAtTenant(await openSignIn(), ada);
      if (way === 'ciba') {
        await ada.reads(TYPE_CODE);
        await ada.enters('Code', await ada.readsOnPhone(`Transfer ${amount} EUR to Grace`));
      }
      await ada.reads('Check your phone');
      await ada.onPhone('Approve');
    },
    async deny(way) {
      if (way === 'redirect') {
        await (await openSignIn()).getByRole('button', { name: 'Cancel' }).click();
        await page.getByText(NO).first().waitFor();
        // The page is left, and its push still waits on the phone.
        await ada.onPhone('Deny');
        return;
      }
      await ada.reads(way === 'ciba' ? TYPE_CODE : 'Check your phone');
      await ada.onPhone('Deny');
      await ada.reads('Request denied');
      await desk.skipTime(2_000);
      await ada.press('Send again');
    },
    async fallBack(from, to) {
      if (to === 'mfa-api') {
        await ada.addPhone();
        return;
      }
      // By the MFA API: somebody who has no password here, or does not want to type it.
      if (from === 'ciba') await page.getByText(NO_PHONE).first().waitFor();
      else await ada.reads('Enter your password');
      await enrollAtTenant(await openSignIn(from === 'ciba' ? LEAVE : CONTINUE), ada);
    },
  };
}

async function openOidcStories(ways: readonly Way[], hasPhone: boolean): Promise<Stories> {
  const port = await freePort();
  const provider = await startOidcProvider({ callback: `http://127.0.0.1:${port}/step-up/callback` });
  onTestFinished(() => provider.close());
  const program = startProgram('examples/oidc-bank/src/main.ts', {
    PORT: String(port),
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: 'bank',
    OIDC_CLIENT_SECRET: 'client-secret',
    OIDC_ACR: 'gold',
    STEP_UP_WAYS: ways.join(),
  });
  const url = await program.printed(/^bank: (\S+)$/m);
  const page = await (await (await connectBrowser()).newContext()).newPage();

  async function signIn(sub: string): Promise<void> {
    provider.page.answer({ accountId: sub, acr: 'gold', amr: ['pwd', 'mfa'] });
    await page.goto(url);
    await page.getByLabel('Subject').fill(sub);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: `Hello ${sub}` }).waitFor();
    await page.waitForLoadState('load');
  }

  /** The name of the newest push, and the code that it shows. */
  async function readsOnPhone(
    amount: number,
  ): Promise<{ readonly authReqId: string; readonly code: string }> {
    await waitForScreen(page, TYPE_CODE);
    const { authReqId, message } = provider.asked.at(-1) ?? { authReqId: '', message: '' };
    expect(message).toMatch(new RegExp(`^[B-Z2-9]{4}-${amount}-EUR-Grace$`));
    return { authReqId, code: message.slice(0, 4) };
  }

  await signIn(hasPhone ? 'auth0|ada' : 'auth0|no-phone');
  return {
    page,
    async transfer(amount) {
      await program.skipTime(15_000);
      await page.getByLabel('Amount').fill(String(amount));
      await page.getByRole('button', { name: 'Transfer' }).click();
    },
    async approve(way, amount) {
      if (way === 'redirect') {
        // The page of this provider answers at once, and the window closes by itself.
        await openWindow(page);
        return;
      }
      const { authReqId, code } = await readsOnPhone(amount);
      await page.getByRole('textbox', { name: 'Code' }).fill(code);
      await page.keyboard.press('Enter');
      await provider.approve(authReqId, 'bank');
    },
    async deny(way, amount) {
      if (way === 'redirect') {
        provider.page.answer({ error: 'access_denied' });
        await openWindow(page);
        await page.getByText(NO).first().waitFor();
        provider.page.answer({ accountId: 'auth0|ada', acr: 'gold', amr: ['pwd', 'mfa'] });
        return;
      }
      await provider.refuse((await readsOnPhone(amount)).authReqId, 'AccessDenied');
      await waitForScreen(page, 'Request denied');
      await program.skipTime(15_000);
      await page.getByRole('button', { name: 'Send again' }).click();
    },
    async fallBack() {
      await page.getByText(NO_PHONE).first().waitFor();
      await openWindow(page);
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(provider.asked).toHaveLength(0);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('Subject').waitFor();
      await signIn('auth0|ada');
    },
  };
}
