import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { violationsIn } from './support/axe.ts';
import { connectBrowser } from './support/desk.ts';
import { moments } from './support/flow-views.ts';
import { lookAt, takePictures } from './support/look-at.ts';
import { startProgram } from './support/program.ts';
import { createScriptedApp, type ScriptedApp, setHidden } from './support/scripted-app.ts';

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

/** The example's page, and the phone beside its screens. */
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
  expect(await violationsIn(page, { part: '.step-up' })).toEqual([]);
}

async function enterPassword(page: Page): Promise<void> {
  await reads(page, 'Your password, please');
  await page.getByRole('textbox', { name: 'Password' }).fill('correct-horse');
  await page.getByRole('button', { name: 'Continue' }).click();
}

async function addPhone(page: Page, onPhone: (button: string) => Promise<void>): Promise<void> {
  await page.getByRole('button', { name: 'Delete all notes' }).click();
  await enterPassword(page);
  await reads(page, 'Scan this with your phone');
  await onPhone('Scan');
  await reads(page, 'Keep your recovery code');
  await page.getByRole('button', { name: 'I have kept it' }).click();
}

/** The built app with a scripted server. */
async function openScriptedApp(): Promise<{ readonly app: ScriptedApp; readonly page: Page }> {
  const dist = join(example, 'dist');
  const files = Object.fromEntries(
    readdirSync(dist, { recursive: true, encoding: 'utf8' })
      .filter((name) => extname(name) !== '')
      .map((name) => [`/${name.replace('index.html', '')}`, pathToFileURL(join(dist, name))]),
  );
  const browser = await connectBrowser();
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 } });
  const app = await createScriptedApp(context, {
    files,
    json: { '/account': { username: 'ada', phone: null, notes: ['Water the plants'] } },
    guarded: '/notes',
    action: { title: 'Delete all notes' },
  });
  const page = await context.newPage();
  await app.goTo(page);
  const asked = app.show({ state: 'authenticating' });
  await page.getByRole('button', { name: 'Delete all notes' }).press('Enter');
  await asked;
  return { app, page };
}

describe('custom screens in React', () => {
  it('pass axe in every state, in the light and the dark scheme and at 320 pixels', async () => {
    const { app, page } = await openScriptedApp();
    const seen = new Set<string>();
    for (const [name, moment] of Object.entries(moments)) {
      await app.show(moment());
      await page.waitForFunction(() => document.activeElement?.tagName === 'H2');
      const heading = (await page.getByRole('heading', { level: 2 }).textContent()) ?? '';
      await page.setViewportSize({ width: 320, height: 640 });
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, name).toBe(0);
      await page.setViewportSize({ width: 1100, height: 900 });
      await takePictures(page, `react ${name}`);
      if (seen.has(heading)) continue;
      seen.add(heading);
      await lookAt(page, `react ${name}`);
    }
    app.approve();
    void app.show({ state: 'approved' });
    await page.getByText('All notes are deleted.').waitFor();
  });

  it('wait in a hidden tab and without a network, and work by keyboard alone', async () => {
    const { app, page } = await openScriptedApp();
    await app.show(moments['a push']());
    await setHidden(page, true);
    const before = app.reads();
    void app.show(moments['a denial']());
    await page.waitForTimeout(200);
    expect(app.reads()).toBe(before);
    const shown = page.getByRole('heading', { name: 'Denied on the phone' });
    await setHidden(page, false);
    await shown.waitFor();

    await app.setOffline(true);
    await page.getByText('No connection. It continues by itself.').waitFor();
    const asked = app.show(moments['a code from an app']());
    await app.setOffline(false);
    await asked;
    await reads(page, 'Type the code');
    await page.keyboard.press('Tab');
    await page.keyboard.type('123456');
    await page.keyboard.press('Enter');
    await expect.poll(() => app.requests.at(-1)).toEqual({ type: 'code.submit', code: '123456' });
    await page.getByRole('button', { name: 'Cancel' }).press('Enter');
    await page.getByText('Nothing was deleted.').waitFor();
  });

  it('add a phone, are denied, and are approved with a code from the app', async () => {
    const { page, onPhone } = await openApp();
    await addPhone(page, onPhone);
    await page.getByText('All notes are deleted.').waitFor();
    await expect.poll(() => page.getByRole('listitem').count()).toBe(0);

    await page.getByRole('button', { name: 'Delete all notes' }).click();
    await reads(page, 'Look at your phone');
    await onPhone('Deny');
    await reads(page, 'Denied on the phone');
    await page.getByRole('button', { name: 'Code from an app' }).click();
    await reads(page, 'Type the code');
    await page.getByRole('textbox', { name: 'Code' }).fill('000000');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('alert').filter({ hasText: 'That code is wrong.' }).waitFor();
    const code = await page.frameLocator('iframe').locator('body').textContent();
    await page.getByRole('textbox', { name: 'Code' }).fill(/\d{3} \d{3}/.exec(code ?? '')?.[0] ?? '');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('All notes are deleted.').waitFor();
  });

  it('show how to add an app instead of a phone, and delete nothing after a cancel', async () => {
    const { page } = await openApp();
    await page.getByRole('button', { name: 'Delete all notes' }).click();
    await enterPassword(page);
    await reads(page, 'Scan this with your phone');
    await page.getByRole('button', { name: 'Add an app with codes' }).click();
    await reads(page, 'Type the code');
    await page.getByRole('img', { name: 'QR code' }).waitFor();
    await page.getByText('Or type this key into the app').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Nothing was deleted.').waitFor();
  });
});
