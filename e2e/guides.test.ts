import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEmulator } from '@stepgate/emulator';
import type { Page } from 'playwright-core';
import { freePort } from 'suites/ports.ts';
import { expect, it, onTestFinished } from 'vitest';
import { violationsIn } from './support/axe.ts';
import { ada, connectBrowser } from './support/desk.ts';
import { lookAt } from './support/look-at.ts';
import { blocksOf, filesOf } from './support/page-blocks.ts';
import { startProgram } from './support/program.ts';

// Follows the guides that build a whole app: writes their files, runs their commands and clicks through the app.
const root = fileURLToPath(new URL('..', import.meta.url));

interface Followed {
  /** The folder of the app, relative to the root. */
  readonly folder: string;
  /** Runs the commands of the block that has this line, but none that installs, or starts the app. */
  run(this: void, line: string): void;
}

interface Addresses {
  readonly issuer: string;
  readonly port: number;
}

/** Writes the files of a guide into a folder of the example that has the packages of its host. */
function follow(page: string, example: string, { issuer, port }: Addresses): Followed {
  const folder = join('examples', example, 'node_modules/.cache', page);
  const blocks = blocksOf(`docs/guides/${page}.md`);
  rmSync(join(root, folder), { recursive: true, force: true });
  for (const block of blocks) {
    for (const [file, code] of filesOf(block) ?? []) {
      const path = join(root, folder, file);
      const moved = code.replace('http://127.0.0.1:4400/', issuer).replace('listen(3000', `listen(${port}`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, moved);
      // Below `node_modules` Node does not strip types itself.
      if (file.endsWith('.mts')) writeFileSync(path.replace(/mts$/, 'mjs'), stripTypeScriptTypes(moved));
    }
  }
  return {
    folder,
    run(line) {
      const block = blocks.find(({ language, code }) => language === 'sh' && code.split('\n').includes(line));
      if (block === undefined) throw new Error(`${page}.md has no command ${line}`);
      // What is installed here comes from the workspace, and nothing is fetched.
      const commands = block.code
        .replaceAll(/^(npm install|node (?!--test)).*$/gm, '')
        .replaceAll('npx ', '');
      const bins = [join(root, 'examples', example, 'node_modules/.bin'), join(root, 'node_modules/.bin')];
      execFileSync('bash', ['-ec', commands], {
        cwd: join(root, folder),
        env: { ...process.env, PATH: [...bins, process.env.PATH].join(':'), NODE_ENV: 'production' },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
    },
  };
}

async function openDesk(): Promise<Addresses & { readonly page: Page; readonly phone: Page }> {
  const emulator = createEmulator();
  const tenant = await emulator.listen();
  onTestFinished(() => tenant.close());
  const context = await (await connectBrowser()).newContext({ viewport: { width: 700, height: 800 } });
  const [page, phone] = [await context.newPage(), await context.newPage()];
  await phone.goto(`${tenant.phoneUrl}?user=${ada.username}`);
  return { issuer: tenant.url, port: await freePort(), page, phone };
}

it('the guide for NestJS builds an app that asks for an approval of this very transfer', async () => {
  const desk = await openDesk();
  const { page, phone, port } = desk;
  const { folder, run } = follow('nestjs', 'nest-bank', desk);
  run('npm pkg set type=module');
  run('node dist/main.js');
  const app = startProgram(`${folder}/dist/main.js`, {});
  await app.printed(/(Listening)/);

  await page.goto(`http://127.0.0.1:${port}/`);
  await page.getByRole('button', { name: 'Transfer' }).click();
  await page.getByRole('button', { name: 'Send approval request' }).click();
  await page.getByRole('textbox', { name: 'Password' }).fill(ada.password);
  await page.getByRole('button', { name: 'Continue' }).click();
  await phone.getByRole('button', { name: 'Scan' }).click();
  await page.getByLabel('I have saved it').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'Confirmed' }).waitFor();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('Sent 250 EUR to Grace. Approved by push.').waitFor();
  expect(app.stderr).toBe('');

  run('node --test dist/app.test.js');
});

it('the guide for React builds screens that a flow is seen through on', async () => {
  const desk = await openDesk();
  const { page, phone, port } = desk;
  const { folder, run } = follow('react', 'react-custom-ui', desk);
  const html = blocksOf('docs/guides/react.md').find(({ language }) => language === 'html');
  writeFileSync(join(root, folder, 'index.html'), html?.code ?? '');
  run('npx vite build');
  const app = startProgram('server.mjs', {}, [], join(root, folder));
  await app.printed(/(Listening)/);

  await page.goto(`http://127.0.0.1:${port}/`);
  await page.getByRole('button', { name: 'Delete all notes' }).click();
  await page.getByText('Nobody can bring them back.').waitFor();
  await page.getByRole('textbox', { name: 'Password' }).fill('wrong');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('That password is wrong.').waitFor();
  await page.getByRole('textbox', { name: 'Password' }).pressSequentially(ada.password);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'Scan this with your phone' }).waitFor();
  await lookAt(page, 'guide react qr');
  expect(await violationsIn(page)).toEqual([]);
  await phone.getByRole('button', { name: 'Scan' }).click();
  await page.getByRole('button', { name: 'I have saved them' }).click();
  await page.getByText('All notes are deleted.').waitFor();

  await page.getByRole('button', { name: 'Delete all notes' }).click();
  await page.getByRole('textbox', { name: 'Password' }).fill(ada.password);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'Look at your phone' }).waitFor();
  await phone.getByRole('button', { name: 'Deny' }).first().click();
  await page.getByRole('heading', { name: 'Denied on the phone' }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Nothing was deleted.').waitFor();
  expect(app.stderr).toBe('');
});

it('the guide for MCP builds a tool that runs when the user has approved this very call', async () => {
  const emulator = createEmulator();
  const tenant = await emulator.listen();
  onTestFinished(() => tenant.close());
  emulator.enroll(ada.username, { factor: 'push' });
  const { folder } = follow('mcp', 'mcp-agent', { issuer: tenant.url, port: 0 });
  const agent = startProgram(join(root, folder, 'agent.mjs'), {}, ['server.mjs'], join(root, folder));

  const phone = emulator.phone(ada.username);
  const push = await phone.nextNotification();
  const code = await agent.printed(/shows (\S+)/);
  expect(push.message).toBe(`${code}-Transfer-250-EUR-to-Grace`);
  phone.approve(push.id);
  await agent.printed(/(Sent 250 EUR to Grace)/);
  expect(await agent.ended).toBe(0);
});
