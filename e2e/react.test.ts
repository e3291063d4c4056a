import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { connectBrowser } from './support/desk.ts';
import { startProgram } from './support/program.ts';

const example = fileURLToPath(new URL('../examples/react-custom-ui', import.meta.url));

beforeAll(() => {
  execFileSync(
    process.execPath,
    [join(example, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'],
    {
      cwd: example,
    },
  );
});

/** The example's page, and the phone that it shows beside its own screens. */
async function openApp(): Promise<{
  readonly page: Page;
  readonly onPhone: (button: string) => Promise<void>;
}> {
  const program = startProgram('examples/react-custom-ui/src/server.ts', { PORT: '0' });
  const url = await program.printed(/^app: (\S+)$/m);
  const browser = await connectBrowser();
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  return {
    page,
    onPhone: (button) => page.frameLocator('iframe').getByRole('button', { name: button }).first().click(),
  };
}

async function reads(page: Page, heading: string): Promise<void> {
  const found = page.getByRole('heading', { name: heading });
  await found.waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === 'H2');
  const { violations } = await new AxeBuilder({ page }).include('.step-up').analyze();
  expect(violations).toEqual([]);
}

async function addPhone(page: Page, onPhone: (button: string) => Promise<void>): Promise<void> {
  await page.getByRole('button', { name: 'Delete all notes' }).click();
  await reads(page, 'Your password, please');
  await page.getByRole('textbox', { name: 'Password' }).fill('correct-horse');
  await page.getByRole('button', { name: 'Continue' }).click();
  await reads(page, 'Scan this with your phone');
  await onPhone('Scan');
  await reads(page, 'Keep your recovery code');
  await page.getByRole('button', { name: 'I have kept it' }).click();
}

describe('screens of one’s own in React', () => {
  it('add a phone, are denied, and are approved by a code from the app', async () => {
    const { page, onPhone } = await openApp();
    await addPhone(page, onPhone);
    await page.getByText('All notes are deleted.').waitFor();
    expect(await page.getByRole('listitem').count()).toBe(0);

    await page.getByRole('button', { name: 'Delete all notes' }).click();
    await reads(page, 'Look at your phone');
    await onPhone('Deny');
    await reads(page, 'Denied on the phone');
    await page.getByRole('button', { name: 'Use a code' }).click();
    await reads(page, 'Type the code');
    await page.getByRole('textbox', { name: 'Code' }).fill('000000');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('alert').filter({ hasText: 'code_refused' }).waitFor();
    const code = await page.frameLocator('iframe').locator('body').textContent();
    await page.getByRole('textbox', { name: 'Code' }).fill(/\d{3} \d{3}/.exec(code ?? '')?.[0] ?? '');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('All notes are deleted.').waitFor();
  });

  it('delete nothing after a cancel', async () => {
    const { page } = await openApp();
    await page.getByRole('button', { name: 'Delete all notes' }).click();
    await reads(page, 'Your password, please');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Nothing was deleted.').waitFor();
  });
});
