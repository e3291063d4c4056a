import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { violationsIn } from './support/axe.ts';
import { connectBrowser } from './support/desk.ts';
import { moments } from './support/flow-views.ts';
import { takePictures } from './support/look-at.ts';
import { createScriptedApp, type ScriptedApp } from './support/scripted-app.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The page that the guide builds without a bundler, word for word. */
function pageOfGuide(): string {
  const [, page = ''] =
    /^```html\n(.*?)^```$/ms.exec(readFileSync(join(root, 'docs/guides/plain-page.md'), 'utf8')) ?? [];
  return page;
}

async function openPage(): Promise<{
  readonly app: ScriptedApp;
  readonly page: Page;
  readonly errors: readonly Error[];
}> {
  const web = createRequire(join(root, 'packages/web/package.json'));
  const context = await (await connectBrowser()).newContext({ viewport: { width: 700, height: 700 } });
  const app = await createScriptedApp(context, {
    guarded: '/notes',
    files: {
      '/': pageOfGuide(),
      '/step-up/assets/stepgate.js': new URL('../packages/web/dist/page/stepgate.js', import.meta.url),
    },
  });
  await context.route('**/lean-qr/index.mjs', (route) =>
    route.fulfill({
      contentType: 'text/javascript',
      path: join(dirname(web.resolve('lean-qr')), 'index.mjs'),
    }),
  );
  const page = await context.newPage();
  const errors: Error[] = [];
  page.on('pageerror', (error) => errors.push(error));
  await app.goTo(page);
  return { app, page, errors };
}

it("shows every moment of a flow in the guide's page without a bundler, before and after a reload", async () => {
  const { app, page, errors } = await openPage();
  const asked = app.show({ state: 'authenticating' });
  await page.getByRole('button', { name: 'Delete all notes' }).click();
  await asked;

  const headings = new Set<string | null>();
  for (const [name, moment] of Object.entries(moments)) {
    await app.show(moment());
    await takePictures(page, `guide ${name}`);
    headings.add(await page.getByRole('heading', { level: 2 }).textContent());
  }
  expect([...headings]).toEqual([
    'One moment…',
    'Your password, please',
    'How do you want to confirm?',
    'Scan this with your phone',
    'Type the code',
    'Approve the request on your phone',
    'Save your recovery codes',
    'Denied on your phone',
    'There was no answer in time',
    'That did not work',
  ]);
  expect(await violationsIn(page)).toEqual([]);

  await app.show(moments['a push']());
  await page.reload();
  await page.getByRole('heading', { name: 'Approve the request on your phone' }).waitFor();
  await page.getByRole('button', { name: 'Code from an app' }).click();
  await expect.poll(() => app.requests.at(-1)).toEqual({ type: 'factor.choose', authenticatorId: 'totp|1' });

  await page.getByRole('button', { name: 'Delete all notes' }).click();
  app.approve();
  void app.show({ state: 'approved' });
  await page.getByText('All notes are deleted.').waitFor();
  expect(await page.getByRole('heading', { level: 2 }).count()).toBe(0);
  expect(errors).toEqual([]);
});
