import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createEmulator } from '@stepgate/emulator';
import { freePort } from 'suites/ports.ts';
import { expect, it, onTestFinished } from 'vitest';
import { ada, connectBrowser } from './support/desk.ts';
import { blocksOf } from './support/page-blocks.ts';
import { startProgram } from './support/program.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where the packages of a host are installed; `''` for the root. */
const HOMES: Readonly<Record<string, string>> = {
  Express: '',
  Koa: '',
  Hono: '',
  Fastify: 'examples/fastify',
  NestJS: 'examples/nest-bank',
};

/** The blocks of a page that are whole apps, by their titles; `''` is one without a title. */
function appsOf(page: string): ReadonlyMap<string, string> {
  return new Map(
    blocksOf(page)
      .filter(({ code }) => /\b(listen|serve)\(/.test(code))
      .map(({ title = '', code }) => [title, code]),
  );
}

const readmeApp = appsOf('README.md').get('');
const quickStart = appsOf('docs/guides/quick-start.md');

/** The commands by which the quick start runs the app of a host. */
function commandsFor(host: string): string {
  const found = blocksOf('docs/guides/quick-start.md').filter(
    ({ language, title }) => language === 'sh' && title === host,
  );
  const { code = '' } = found.at(-1) ?? {};
  return code;
}

/**
 * Writes an app to a file, with another port and tenant address, and makes JavaScript of it as the quick start says.
 * Returns the file.
 */
function writeApp(host: string, code: string, port: number, issuer: string): string {
  const folder = join(HOMES[host] ?? '', 'node_modules/.cache/readme-app', host.toLowerCase());
  const moved = code.replace('http://127.0.0.1:4400/', issuer).replace(/(listen\(|port: )3000/, `$1${port}`);
  expect(moved).toContain(issuer);
  expect(moved).toMatch(new RegExp(`(listen\\(|port: )${port}`));
  mkdirSync(join(root, folder), { recursive: true });
  const commands = commandsFor(host);
  if (commands === 'node app.mts\n') {
    writeFileSync(join(root, folder, 'app.mjs'), stripTypeScriptTypes(moved));
  } else {
    writeFileSync(join(root, folder, 'app.mts'), moved);
    const [compile = '', run] = commands.trim().split('\n');
    expect(run).toBe('node app.mjs');
    execFileSync('bash', ['-ec', compile.replace(/^npx /, '')], {
      cwd: join(root, folder),
      env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
    });
  }
  return join(folder, 'app.mjs');
}

it('the quick start for Express is the app of the README', () => {
  expect([...quickStart.keys()]).toEqual(Object.keys(HOMES));
  expect(quickStart.get('Express')).toBe(readmeApp);
});

it.for(['Express', 'Koa', 'Hono'])('the skill for %s has the app of the quick start', (host) => {
  const skill = appsOf(`packages/${host.toLowerCase()}/SKILL.md`);
  expect([...skill.values()]).toEqual([quickStart.get(host)]);
});

it.for([
  ['core', 'approved'],
  ['emulator', '2 authenticators'],
])('the code in the skill of %s runs', async ([name = '', lastLine = '']) => {
  const [, code = ''] =
    /^```ts\n(.*?)^```$/ms.exec(readFileSync(join(root, `packages/${name}/SKILL.md`), 'utf8')) ?? [];
  const file = join(root, `node_modules/.cache/skills/${name}.mjs`);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, stripTypeScriptTypes(code));
  const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 60_000 });
  expect(stdout.trim().split('\n').at(-1)).toBe(lastLine);
});

it.for([...quickStart])(
  'the quick start for %s asks for a phone, and completes the request after the approval',
  async ([name, code]) => {
    const emulator = createEmulator();
    const tenant = await emulator.listen();
    onTestFinished(() => tenant.close());
    const port = await freePort();
    const app = startProgram(writeApp(name, code, port, tenant.url), {});
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
  },
);
