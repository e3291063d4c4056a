import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createCustomer } from './support/customer.ts';
import { type DeskOptions, openDesk } from './support/desk.ts';
import { enrolAhead } from './support/enrol-ahead.ts';

const example = fileURLToPath(new URL('../examples/next-bank', import.meta.url));

beforeAll(() => {
  const next = join(example, 'node_modules/next/dist/bin/next');
  execFileSync(process.execPath, [next, 'build'], {
    cwd: example,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
  });
}, 300_000);

const openNextDesk = (options: Omit<DeskOptions, 'bank'> = {}) => openDesk({ bank: 'next-bank', ...options });

/** Waits until React handles the form. Before that the browser posts it by itself. */
async function hydrated(bank: Page): Promise<void> {
  await bank.getByLabel('Amount').evaluate(
    (input: HTMLInputElement) =>
      new Promise<void>((resolve) => {
        const look = (): void => {
          const isReady = Object.keys(input.form ?? {}).some((name) => name.startsWith('__reactProps'));
          if (isReady) resolve();
          else setTimeout(look, 20);
        };
        look();
      }),
  );
}

describe('the Next.js bank, built as a standalone server', () => {
  it('adds a phone and approves in the dialog, and sends the Server Action again', async () => {
    const desk = await openNextDesk();
    const { bank } = desk;
    const ada = createCustomer(desk, 'next');
    await ada.signIn();
    await hydrated(bank);
    const isSamePage = await desk.mark();

    await ada.transfer(700);
    await ada.addPhone();
    await ada.sees(700);

    await ada.transfer(701);
    await ada.reads('Check your phone');
    await ada.onPhone('Approve');
    await ada.sees(701);
    expect(desk.pushes()).toBe(1);
    expect(await isSamePage()).toBe(true);
    expect(desk.program.stderr).toBe('');
  });

  it('sends nothing when the user closes the dialog', async () => {
    const desk = await openNextDesk();
    await enrolAhead(desk.emulator);
    const ada = createCustomer(desk, 'next');
    await ada.signIn();
    await hydrated(desk.bank);

    await ada.transfer(702);
    await ada.reads('Check your phone');
    await ada.press('Cancel');
    await desk.bank.getByText('Nothing was sent.').waitFor();
    expect(await desk.bank.getByRole('listitem').count()).toBe(0);
  });

  it('sends the user of a guarded page to the step-up, and back to the page', async () => {
    const desk = await openNextDesk();
    await enrolAhead(desk.emulator);
    const ada = createCustomer(desk, 'next page');
    await ada.signIn();

    await desk.bank.getByRole('link', { name: 'Your limits' }).click();
    await ada.finds('Confirm it’s you');
    await ada.press('Send approval request');
    await ada.reads('Check your phone');
    await ada.onPhone('Approve');

    await desk.bank.getByText('Shown after an approval by push.').waitFor();
    expect(new URL(desk.bank.url()).pathname).toBe('/limits');
  });

  it('works without scripts: the form leads to the step-up, and the user comes back to it', async () => {
    const desk = await openNextDesk({ hasScript: false });
    await enrolAhead(desk.emulator);
    const ada = createCustomer(desk, 'next plain');
    await ada.signIn();

    await ada.transfer(703);
    await ada.finds('Confirm it’s you');
    await ada.press('Send approval request');
    await ada.onPhone('Approve');
    // The page goes on by itself.
    await desk.bank.waitForURL(desk.bankUrl);
    await ada.transfer(703);
    await ada.sees(703);
    expect(desk.pushes()).toBe(1);
  });

  it('answers programs at a guarded route handler, and stops at once with an open stream', async () => {
    const desk = await openNextDesk();
    await enrolAhead(desk.emulator);
    const ada = createCustomer(desk, 'next');
    await ada.signIn();

    const refused = await desk.bank.request.get(`${desk.bankUrl}api/statement`);
    expect(refused.status()).toBe(401);
    expect(refused.headers()['www-authenticate']).toContain('insufficient_user_authentication');
    expect(refused.headers()['cache-control']).toContain('no-store');

    await hydrated(desk.bank);
    await ada.transfer(704);
    await ada.reads('Check your phone');
    desk.program.kill();
    expect(await desk.program.ended).toBe(0);
  });
});
