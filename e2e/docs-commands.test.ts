import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createEmulator } from '@stepgate/emulator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ada } from './support/desk.ts';
import { enrolAhead } from './support/enrol-ahead.ts';
import { blocksOf } from './support/page-blocks.ts';

// The commands that the pages tell readers to type. The quick start, the guides that build an app and the requests of the
// endpoints are run by tests of their own.
const root = fileURLToPath(new URL('..', import.meta.url));

const PAGES = execFileSync('git', ['ls-files', '--', '*.md', ':!.changeset'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));

/** Every block of commands, with its page. */
const BLOCKS = PAGES.flatMap((page) =>
  blocksOf(page)
    .filter(({ language }) => language === 'sh')
    .map(({ code }) => ({ page, code })),
);

/** The commands of all blocks, each on one line, without comments. */
const COMMANDS = BLOCKS.flatMap(({ page, code }) =>
  code
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => ({ page, line: line.replace(/(^|\s)#.*$/, '').trim() }))
    .filter(({ line }) => line !== ''),
);

const readJson = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8')) as unknown;
const found = (pattern: RegExp): string[] =>
  COMMANDS.flatMap(({ page, line }) =>
    [...line.matchAll(pattern)].map((match) => `${page}: ${match.slice(1).join(' ')}`),
  );

describe('the commands of the pages', () => {
  it('are commands that a shell understands', () => {
    expect(BLOCKS.length).toBeGreaterThan(40);
    for (const { page, code } of BLOCKS) {
      const check = (): string =>
        execFileSync('bash', ['-n'], { input: code, encoding: 'utf8', stdio: 'pipe' });
      expect(check, `${page}: ${code}`).not.toThrow();
    }
  });

  it('name scripts, examples and files that exist', () => {
    const { scripts } = readJson('package.json') as { scripts: Record<string, string> };
    const run = found(/\bnpm run ([\w:-]+)/g);
    expect(run.length).toBeGreaterThan(8);
    expect(run.filter((each) => !Object.hasOwn(scripts, each.split(': ')[1] ?? ''))).toEqual([]);

    const examples = readdirSync(join(root, 'examples')).filter((name) =>
      existsSync(join(root, 'examples', name, 'package.json')),
    );
    const names = examples.map(
      (name) => (readJson(`examples/${name}/package.json`) as { name: string }).name,
    );
    const started = found(/pnpm --filter (example-[\w-]+)/g);
    expect(started.length).toBeGreaterThan(5);
    expect(started.filter((each) => !names.includes(each.split(': ')[1] ?? ''))).toEqual([]);

    // What the build makes is there, too, when tests run.
    const files = found(/\b((?:packages|examples|scripts|site)\/[\w./-]+\.(?:ts|m?js))\b/g);
    expect(files.filter((each) => !existsSync(join(root, each.split(': ')[1] ?? '')))).toEqual([]);
  });

  it('install packages that are in the workspace, or that it installs itself', () => {
    const lock = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
    const installed = COMMANDS.filter(({ line }) => line.startsWith('npm install ')).flatMap(
      ({ page, line }) =>
        line
          .split(/\s+/)
          .slice(2)
          .filter((name) => !name.startsWith('-') && !name.startsWith('../'))
          .map((name) => ({ page, name })),
    );
    expect(installed.length).toBeGreaterThan(40);
    const unknown = installed.filter(({ name }) =>
      name.startsWith('@stepgate/')
        ? !existsSync(join(root, 'packages', name.slice('@stepgate/'.length), 'package.json'))
        : !lock.includes(`\n  '${name}@`) && !lock.includes(`\n  ${name}@`),
    );
    expect(unknown).toEqual([]);
  });

  it.for([
    ['@stepgate/doctor', 'packages/doctor/dist/cli.js'],
    ['@stepgate/emulator', 'packages/emulator/dist/cli.js'],
  ])('name options that %s has', ([name = '', cli = '']) => {
    const help = execFileSync(process.execPath, [join(root, cli), '--help'], { encoding: 'utf8' });
    const used = COMMANDS.filter(({ line }) => line.includes(name)).flatMap(({ page, line }) =>
      [...((line.split(name)[1] ?? '').split(' -- ')[0] ?? '').matchAll(/(?<=\s)(--[\w-]+)/g)].map(
        ([option]) => `${page}: ${option}`,
      ),
    );
    expect(used.length).toBeGreaterThan(2);
    expect(used.filter((each) => !help.includes(each.split(': ')[1] ?? ''))).toEqual([]);
  });
});

/** The first command of a page that has this text. */
function commandOf(page: string, text: string): string {
  const command = COMMANDS.find((each) => each.page === page && each.line.includes(text));
  if (command === undefined) throw new Error(`${page} has no command with ${text}`);
  return command.line;
}

describe('the commands of going live', () => {
  it.for(['docs/guides/tenant-setup.md', 'docs/guides/going-live.md', 'docs/guides/troubleshooting.md'])(
    'ask the doctor about a tenant, which is well: %s',
    async (page) => {
      const emulator = createEmulator();
      const tenant = await emulator.listen();
      onTestFinished(() => tenant.close());
      await enrolAhead(emulator);
      const command = commandOf(page, '@stepgate/doctor')
        .replace(
          'npx @stepgate/doctor',
          `${process.execPath} packages/doctor/dist/cli.js --allow-insecure-issuer`,
        )
        .replace('https://tenant.eu.auth0.com/', tenant.url)
        .replace('--client-id …', '--client-id stepgate-demo')
        .replace('test@bank.example', ada.username)
        .replace(/^AUTH0_CLIENT_SECRET=… DOCTOR_PASSWORD=… /, '');
      const { stdout } = await promisify(execFile)('bash', ['-ec', command], {
        cwd: root,
        env: { ...process.env, AUTH0_CLIENT_SECRET: 'stepgate-demo-secret', DOCTOR_PASSWORD: ada.password },
        timeout: 60_000,
      });
      expect(stdout).toContain('mfa-demanded');
    },
  );

  it('make a secret that a gate takes', () => {
    const [program = '', ...args] = commandOf('docs/guides/going-live.md', 'openssl rand').split(' ');
    expect(execFileSync(program, args, { encoding: 'utf8' }).trim().length).toBeGreaterThanOrEqual(32);
  });

  it('tell the Management API what a refresh token may ask for', async () => {
    const heard: { readonly method: string; readonly url: string; readonly body: string }[] = [];
    const server = createServer(async (req, res) => {
      let body = '';
      for await (const part of req) body += String(part);
      heard.push({ method: req.method ?? '', url: req.url ?? '', body });
      res.end('{}');
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const block = BLOCKS.find(({ code }) => code.includes('/api/v2/clients/'))?.code ?? '';
    await promisify(execFile)(
      'bash',
      ['-ec', block.replace('https://tenant.eu.auth0.com', `http://127.0.0.1:${port}`)],
      {
        env: { ...process.env, CLIENT_ID: 'my-client', MANAGEMENT_TOKEN: 'token' },
      },
    );
    expect(heard).toEqual([
      { method: 'PATCH', url: '/api/v2/clients/my-client', body: expect.any(String) as string },
    ]);
    expect(JSON.parse(heard[0]?.body ?? '')).toEqual({
      refresh_token: {
        rotation_type: 'rotating',
        expiration_type: 'expiring',
        policies: [{ audience: 'https://bank.example/', scope: ['transfer:funds'] }],
      },
    });
  });

  it('print the table that PostgreSQL needs', () => {
    const block = BLOCKS.find(({ page }) => page === 'packages/postgres/README.md')?.code ?? '';
    const sql = execFileSync('bash', ['-ec', block], {
      cwd: join(root, 'packages/postgres'),
      encoding: 'utf8',
    });
    expect(sql).toContain('CREATE TABLE');
  });
});
