import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { connectBrowser } from './support/desk.ts';

type PageGlobals = typeof globalThis & {
  stepUp(): Promise<{ states: string[]; scope?: string }>;
};

it('runs tenant, phone and a flow in a page without any server', async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('support/tenant-in-page.ts', import.meta.url))],
    platform: 'browser',
    format: 'esm',
    bundle: true,
    write: false,
  });
  const script = outputFiles[0]?.text ?? '';
  const browser = await connectBrowser();
  const page = await browser.newPage();
  const requested: string[] = [];
  // Nothing leaves the browser: the test provides even the page itself.
  await page.route('**/*', async (route) => {
    requested.push(route.request().url());
    const isPage = route.request().url() === 'https://page.example/';
    await (isPage
      ? route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>No server</title>' })
      : route.abort());
  });
  onTestFinished(() => page.close());
  await page.goto('https://page.example/');
  await page.addScriptTag({ type: 'module', content: script });

  /** Steps up, while the user presses a button on the phone. */
  async function stepUp(button: 'Scan' | 'Approve' | 'Deny') {
    const done = page.evaluate(() => (globalThis as PageGlobals).stepUp());
    await page.getByRole('region', { name: 'Phone of ada' }).getByRole('button', { name: button }).click();
    return done;
  }
  // Adding the phone counts as the first approval.
  const enrolled = await stepUp('Scan');
  expect(enrolled.states).toEqual(expect.arrayContaining(['confirming', 'approved']));
  expect(enrolled.scope?.split(' ')).toContain('transfer:funds');
  const pushed = await stepUp('Approve');
  expect(pushed.states).toEqual(expect.arrayContaining(['polling', 'approved']));
  expect((await stepUp('Deny')).states.at(-1)).toBe('rejected');
  expect(requested.filter((url) => !url.endsWith('/favicon.ico'))).toEqual(['https://page.example/']);
});
