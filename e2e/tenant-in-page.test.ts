import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { connectBrowser } from './support/desk.ts';

type PageGlobals = typeof globalThis & {
  stepUp(decision: 'approve' | 'deny'): Promise<{ states: string[]; scope?: string }>;
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
  // Nothing leaves the browser: even the page itself is put there by the test.
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

  const stepUp = (decision: 'approve' | 'deny') =>
    page.evaluate((answer) => (globalThis as PageGlobals).stepUp(answer), decision);
  // The first approval is the adding of the phone, which any answer of the test leads to.
  const enrolled = await stepUp('approve');
  expect(enrolled.states).toEqual(expect.arrayContaining(['confirming', 'approved']));
  expect(enrolled.scope?.split(' ')).toContain('transfer:funds');
  const pushed = await stepUp('approve');
  expect(pushed.states).toEqual(expect.arrayContaining(['polling', 'approved']));
  expect((await stepUp('deny')).states.at(-1)).toBe('rejected');
  expect(requested.filter((url) => !url.endsWith('/favicon.ico'))).toEqual(['https://page.example/']);
});
