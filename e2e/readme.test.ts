import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEmulator } from '@stepgate/emulator';
import { freePort } from 'suites/ports.ts';
import { expect, it, onTestFinished } from 'vitest';
import { ada, connectBrowser } from './support/desk.ts';
import { startProgram } from './support/program.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = 'node_modules/.cache/readme-app/app.mjs';

/** Writes the app of the README to a file, with another port and tenant address. */
function writeApp(port: number, issuer: string): void {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [app = ''] = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)]
    .map(([, block = '']) => block)
    .filter((block) => block.includes('app.listen('));
  const moved = app.replace('http://127.0.0.1:4400/', issuer).replace('listen(3000,', `listen(${port},`);
  expect(moved).toContain(issuer);
  expect(moved).toContain(`listen(${port},`);
  mkdirSync(join(root, file, '..'), { recursive: true });
  writeFileSync(join(root, file), stripTypeScriptTypes(moved));
}

it('the app of the README asks for a phone, and completes the request after the approval', async () => {
  const emulator = createEmulator();
  const tenant = await emulator.listen();
  onTestFinished(() => tenant.close());
  const port = await freePort();
  writeApp(port, tenant.url);
  const app = startProgram(file, {});
  const context = await (await connectBrowser()).newContext();
  const [page, phone] = [await context.newPage(), await context.newPage()];
  const url = `http://127.0.0.1:${port}/`;
  await expect
    .poll(() =>
      fetch(url).then(
        ({ status }) => status,
        () => app.stderr,
      ),
    )
    .toBe(200);
  await phone.goto(`${tenant.phoneUrl}?user=${ada.username}`);

  await page.goto(url);
  await page.getByRole('button', { name: 'Transfer 250 EUR' }).click();
  await page.getByRole('button', { name: 'Send approval request' }).click();
  await page.getByRole('textbox', { name: 'Password' }).fill(ada.password);
  await page.getByRole('button', { name: 'Continue' }).click();
  await phone.getByRole('button', { name: 'Scan' }).click();
  await page.getByLabel('I have saved it').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'Confirmed' }).waitFor();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('Done. Approved by push.').waitFor();

  expect(app.stderr).toBe('');
});
